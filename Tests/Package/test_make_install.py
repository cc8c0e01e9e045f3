"""`make install`, as somebody without the package uses it."""
import pathlib
import subprocess

from conftest import run
from workers import BUILT, TOP


def install(folder, **variables):
    # Of the paths that sudo leaves; a Swift toolchain is in none of them.
    values = [f"{name}={value}" for name, value in {"DESTDIR": folder, "PREFIX": "/usr", **variables}.items()]
    return ["env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "make", "-s", "-C", TOP, "install", *values]


def test_what_was_built_is_installed_without_a_toolchain(tmp_path):
    run(*install(tmp_path, BIN=BUILT, DEV=1))
    assert run(tmp_path / "usr/bin/kafka-connect", "version").startswith("kafka-connect ")
    folder = tmp_path / "usr/share/doc/kafka-connect"
    # The link of README that is not Debian's.
    assert "(CHANGELOG.md)" in (folder / "README.md").read_text() and (folder / "CHANGELOG.md").exists()


def test_nothing_is_installed_where_nothing_was_built(tmp_path):
    (tmp_path / "empty").mkdir()
    done = subprocess.run(
        [str(part) for part in install(tmp_path / "tree", BIN=tmp_path / "empty")], text=True, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT)
    assert done.returncode != 0 and "run make build first" in done.stdout
    assert not pathlib.Path(tmp_path / "tree").exists()
