"""The Debian packages of this checkout: built once from the programs that are there (.build/release), then looked at from all
sides, and installed into a minimal Debian root.
"""
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

from workers import *  # noqa: E402,F401,F403
from workers import TOP  # noqa: E402


def run(*command, **more):
    """A command's output, both streams of it; fails with it where the command does."""
    done = subprocess.run(
        [str(part) for part in command], text=True, errors="replace", stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL, **more)
    assert done.returncode == 0, f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stdout[-6000:]}"
    return done.stdout


class Packages:
    """What `make deb` made."""

    def __init__(self, folder, trees):
        self.folder = folder
        self._trees = trees

    def file(self, name):
        found = list(self.folder.glob(f"{name}_*.deb"))
        assert len(found) == 1, f"{name}: {found}"
        return found[0]

    def field(self, name, field):
        return run("dpkg-deb", "--field", self.file(name), field).strip()

    def tree(self, *names):
        """The files of packages, unpacked into one folder."""
        tree = self._trees / "+".join(names)
        if not tree.exists():
            for name in names:
                run("dpkg-deb", "--extract", self.file(name), tree)
        return tree

    def listing(self, name):
        """Each file's mode, owner and size by its path, as they will be installed; folders end in a slash."""
        entries = {}
        for line in run("dpkg-deb", "--contents", self.file(name)).splitlines():
            mode, owner, size, _, _, path = line.split(None, 5)
            entries[path.split(" -> ")[0][1:]] = (mode, owner, int(size))
        return entries


@pytest.fixture(scope="session")
def packages(tmp_path_factory):
    folder = pathlib.Path(os.environ.get("DEB_OUT") or TOP / ".build/deb")
    if not os.environ.get("DEB_OUT"):
        run(TOP / "scripts/build-deb")
    return Packages(folder, tmp_path_factory.mktemp("trees"))


@pytest.fixture(scope="session")
def installed(packages):
    """Both packages unpacked, to run from."""
    return packages.tree("kafka-connect", "kafka-connect-dev")


@pytest.fixture(scope="session")
def repository(packages, tmp_path_factory):
    folder = tmp_path_factory.mktemp("apt") / "repository"
    run(TOP / "scripts/apt-repository", folder, env={
        **os.environ, "DEB_OUT": str(packages.folder), "APT_KEY": str(tmp_path_factory.mktemp("key"))})
    return folder


@pytest.fixture
def clean_root(packages):
    """Runs shell commands as root in a minimal Debian that sees the packages in /packages."""
    if os.geteuid() != 0:
        pytest.skip("needs root, for mounts and a root folder of its own")
    if not shutil.which("debootstrap"):
        pytest.skip("needs debootstrap: run scripts/dependencies package")

    def call(script, *binds):
        more = [part for bind in binds for part in ("--bind", *bind)]
        return run(TOP / "scripts/clean-root", "--bind", packages.folder, "/packages", *more, "sh", "-euc", script)

    return call
