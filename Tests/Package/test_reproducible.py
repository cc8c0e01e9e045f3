"""Packaged again under other circumstances, the packages are the same bytes. (`make reproducible` compiles again as well.)"""
import os
import subprocess
import tempfile

import pytest

from conftest import run
from workers import TOP


@pytest.fixture
def elsewhere(tmp_path):
    """A folder whose files are found in another order than those of a disk, where the machine has one."""
    if not os.access("/dev/shm", os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        yield folder


def compare(first, second):
    return subprocess.run([TOP / "scripts/compare-packages", first, second], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def test_packages_are_the_same_under_another_umask_language_time_zone_and_order_of_files(packages, elsewhere):
    circumstances = {
        "DEB_OUT": f"{elsewhere}/another", "DEB_BUILD": "binary", "TZ": "Asia/Kathmandu", "LC_ALL": "C",
        "HOME": "/nonexistent", "PATH": f"/usr/local/games:{os.environ['PATH']}"}
    run(TOP / "scripts/build-deb", env={**os.environ, **circumstances}, umask=0o027)
    compared = compare(packages.folder, circumstances["DEB_OUT"])
    assert (compared.returncode, compared.stdout) == (0, "")


def test_what_differs_is_named(tmp_path):
    for name, mode, text in (("first", 0o644, "one\n"), ("second", 0o600, "two\n")):
        tree = tmp_path / name / "tree"
        (tree / "DEBIAN").mkdir(parents=True)
        (tree / "DEBIAN/control").write_text(
            "Package: small\nVersion: 1\nArchitecture: all\nMaintainer: none <none@example.invalid>\nDescription: none\n")
        for file in ("same", "text", "mode"):
            (tree / file).write_text(text if file == "text" else "same\n")
            (tree / file).chmod(mode if file == "mode" else 0o644)
        run("dpkg-deb", "--root-owner-group", "--build", tree, tmp_path / name / "small.deb", env={**os.environ, "SOURCE_DATE_EPOCH": "1"})
    compared = compare(tmp_path / "first", tmp_path / "second")
    assert compared.returncode == 1
    lines = compared.stdout.splitlines()
    assert lines[0] == "small.deb differs:"
    assert {line.split()[-1] for line in lines[1:]} == {"./text", "./mode"}
    assert compare(tmp_path / "first", tmp_path / "first").stdout == ""
