"""The signed repository: apt takes packages from it with its key, and nothing without or changed."""
import os
import re
import subprocess

import pytest

from conftest import run
from workers import TOP


def apt_get(folder, repository, key, *arguments):
    """apt-get with this repository alone, and state and caches of its own."""
    for part in ("state/lists/partial", "cache/archives/partial", "parts", "trusted"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    (folder / "status").touch()
    (folder / "sources.list").write_text(f"deb [signed-by={key}] file:{repository} ./\n")
    options = {
        "Dir::State": folder / "state", "Dir::State::status": folder / "status", "Dir::Cache": folder / "cache",
        "Dir::Etc::sourcelist": folder / "sources.list", "Dir::Etc::sourceparts": folder / "parts",
        "Dir::Etc::trusted": folder / "none", "Dir::Etc::trustedparts": folder / "trusted", "APT::Sandbox::User": "root",
        "Debug::NoLocking": "true",
    }
    return subprocess.run(
        ["apt-get", *(f"--option={name}={value}" for name, value in options.items()), *arguments], text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, cwd=folder)


def test_apt_takes_the_packages_with_the_key(packages, repository, tmp_path):
    updated = apt_get(tmp_path, repository, repository / "key.gpg", "update")
    assert updated.returncode == 0 and not re.search("^[EW]:", updated.stdout, re.M), updated.stdout
    fetched = apt_get(tmp_path, repository, repository / "key.gpg", "download", "kafka-connect", "kafka-connect-dev")
    assert fetched.returncode == 0, fetched.stdout
    for name in ("kafka-connect", "kafka-connect-dev"):
        assert list(tmp_path.glob(f"{name}_*.deb"))[0].read_bytes() == packages.file(name).read_bytes()


def test_apt_refuses_what_another_key_signed(repository, tmp_path):
    other = "/usr/share/keyrings/debian-archive-keyring.gpg"
    assert "NO_PUBKEY" in apt_get(tmp_path, repository, other, "update").stdout


def test_apt_refuses_what_was_changed(repository, tmp_path):
    changed = tmp_path / "changed"
    run("cp", "-a", repository, changed)
    release = changed / "InRelease"
    release.write_text(release.read_text().replace("Suite: stable", "Suite: st4ble"))
    assert "BADSIG" in apt_get(tmp_path, changed, repository / "key.gpg", "update").stdout


def test_both_ways_of_signing_are_there(repository):
    run("gpgv", "--keyring", repository / "key.gpg", repository / "InRelease")
    run("gpgv", "--keyring", repository / "key.gpg", repository / "Release.gpg", repository / "Release")


@pytest.mark.parametrize("variable, folder", [
    ("HOME", ".local/state/kafka-connect/apt-key"), ("XDG_STATE_HOME", "kafka-connect/apt-key"), ("APT_KEY", "")])
def test_the_key_outlives_what_was_built_and_signs_the_next_repository_too(packages, tmp_path, variable, folder):
    others = {name: value for name, value in os.environ.items() if name not in ("APT_KEY", "XDG_STATE_HOME")}
    environment = {**others, "DEB_OUT": str(packages.folder), variable: str(tmp_path / "kept")}
    made = run(TOP / "scripts/apt-repository", tmp_path / "first", env=environment)
    assert str(tmp_path / "kept" / folder) in made
    assert (tmp_path / "kept" / folder).stat().st_mode & 0o777 == 0o700
    assert "made a key" not in run(TOP / "scripts/apt-repository", tmp_path / "second", env=environment)
    run("gpgv", "--keyring", tmp_path / "first/key.gpg", tmp_path / "second/InRelease")


def test_former_versions_stay_so_that_there_is_a_way_back(tmp_path):
    repository = tmp_path / "repository"
    environment = {**os.environ, "APT_KEY": str(tmp_path / "key")}
    for version in ("1.0-1", "1.0-2", "1.1-1"):
        built, tree = tmp_path / version, tmp_path / f"tree-{version}"
        (tree / "DEBIAN").mkdir(parents=True)
        built.mkdir()
        (tree / "DEBIAN/control").write_text(
            f"Package: kafka-connect\nVersion: {version}\nArchitecture: all\nMaintainer: nobody <nobody@invalid>\nDescription: empty\n")
        run("dpkg-deb", "--root-owner-group", "--build", tree, built)
        run(TOP / "scripts/apt-repository", repository, env={**environment, "DEB_OUT": str(built)})
    # One that is made again is there once.
    run(TOP / "scripts/apt-repository", repository, env={**environment, "DEB_OUT": str(built)})
    assert re.findall("(?m)^Version: (.*)$", (repository / "Packages").read_text()) == ["1.0-1", "1.0-2", "1.1-1"]
    listed = re.findall(r"(?m)^ [0-9a-f]{64} +\d+ (\S+)$", (repository / "Release").read_text())
    assert sorted(listed) == ["Packages", "Packages.gz"]
    updated = apt_get(tmp_path, repository, repository / "key.gpg", "update")
    assert updated.returncode == 0 and not re.search("^[EW]:", updated.stdout, re.M), updated.stdout
    for wanted, version in (("kafka-connect", "1.1-1"), ("kafka-connect=1.0-1", "1.0-1")):
        fetched = apt_get(tmp_path, repository, repository / "key.gpg", "download", wanted)
        assert fetched.returncode == 0 and (tmp_path / f"kafka-connect_{version}_all.deb").exists(), fetched.stdout
