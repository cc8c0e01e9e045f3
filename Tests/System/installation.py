"""How the worker comes onto a machine: by apt from a signed repository, as a user installs it."""
import functools
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

from machines import FETCHED
from workers import BUILT, TOP

# Made by `make deb`.
PACKAGES = pathlib.Path(os.environ.get("DEB_OUT") or TOP / ".build/deb")


def has_package():
    return any(PACKAGES.glob("kafka-connect_*.deb"))


@functools.cache
def _scratch():
    return tempfile.TemporaryDirectory(prefix="kafka-connect-apt-")


@functools.cache
def repository():
    """A signed repository of the packages, as `make apt-repository` lays it out."""
    return lay_out(PACKAGES, pathlib.Path(_scratch().name) / "repository")


def lay_out(packages, folder):
    """A repository of `packages`, signed with a key that is these tests' own."""
    subprocess.run(
        [TOP / "scripts/apt-repository", folder], check=True, stdout=subprocess.DEVNULL,
        env={**os.environ, "DEB_OUT": str(packages), "APT_KEY": f"{_scratch().name}/key"})
    return folder


def install(machine):
    """Installs the package; while there is none, the tree that packages are built from."""
    if has_package():
        install_package(machine)
    else:
        install_tree(machine)


# Our list alone: the others are as old as the root, and what they lead to lies fetched in apt's cache.
OURS = ["--option=Dir::Etc::sourcelist=sources.list.d/kafka-connect.list", "--option=Dir::Etc::sourceparts=-",
        "--option=APT::Get::List-Cleanup=0"]


def install_package(machine):
    offer(machine, repository())
    machine.run("apt-get", "install", "--yes", "--no-install-recommends", "kafka-connect", seconds=300)


def offer(machine, repository):
    """Has a machine's apt know a repository of ours, in the place of the one before."""
    place = machine.path("/srv/repository")
    shutil.rmtree(place, ignore_errors=True)
    subprocess.run(["cp", "-rT", repository, place], check=True)
    machine.write("/etc/apt/sources.list.d/kafka-connect.list", "deb [signed-by=/srv/repository/key.gpg] file:/srv/repository ./\n")
    machine.run("apt-get", "update", *OURS)


class Versions:
    """Two versions of the package in one repository: the one that was built, and a higher one of the same files."""

    def __init__(self, machine, folder):
        self.machine = machine
        package = next(PACKAGES.glob("kafka-connect_*.deb"))
        self.old = subprocess.run(
            ["dpkg-deb", "--field", package, "Version"], check=True, text=True, stdout=subprocess.PIPE).stdout.strip()
        self.new = self.old + "+next1"
        old, new = folder / "old", folder / "new"
        for packages in (old, new):
            packages.mkdir()
        shutil.copy(package, old)
        tree = folder / "tree"
        subprocess.run(["dpkg-deb", "--raw-extract", package, tree], check=True)
        control = tree / "DEBIAN/control"
        control.write_text(re.sub(r"(?m)^Version: .*$", f"Version: {self.new}", control.read_text()))
        subprocess.run(
            ["dpkg-deb", "--root-owner-group", "-Zgzip", "-z1", "--build", tree, new], check=True, stdout=subprocess.DEVNULL)
        # As two runs of `make apt-repository` do, the second one with a newer checkout.
        for packages in (old, new):
            lay_out(packages, folder / "repository")
        offer(machine, folder / "repository")

    @property
    def installed(self):
        return self.machine.run("dpkg-query", "--show", "--showformat=${Version}", "kafka-connect").stdout

    # Nobody can answer: standard input is empty. A question, about a configuration file say, fails these.

    def upgrade(self):
        """To the higher version, as `apt upgrade` does it."""
        self.machine.run("apt-get", "upgrade", "--yes", *OURS, seconds=300)
        assert self.installed == self.new

    def downgrade(self):
        self.machine.run("apt-get", "install", "--yes", "--allow-downgrades", f"kafka-connect={self.old}", seconds=300)
        assert self.installed == self.old


@functools.cache
def _tree():
    folder = tempfile.TemporaryDirectory(prefix="kafka-connect-tree-")
    # What is to be tested was built before.
    subprocess.run(
        ["make", "-s", "install", f"DESTDIR={folder.name}", "PREFIX=/usr", f"BIN={BUILT}"], cwd=TOP, check=True,
        stdout=subprocess.DEVNULL)
    return folder


def install_tree(machine):
    machine.run("apt-get", "install", "--yes", "--no-download", "--no-install-recommends", *FETCHED, seconds=300)
    subprocess.run(["cp", "-r", "--preserve=mode,links", f"{_tree().name}/usr", f"{machine.path('/')}/."], check=True)
    # As the package's maintainer scripts do.
    machine.run("systemd-sysusers", "--inline", 'u kafka-connect - "Kafka Connect" /var/lib/kafka-connect')
    for folder in ("/etc/kafka-connect/connectors.d", "/usr/local/lib/kafka-connect/plugins"):
        machine.run("install", "-d", folder)
    machine.run("cp", "/usr/share/doc/kafka-connect/examples/worker.yaml", "/etc/kafka-connect/worker.yaml")
    machine.systemctl("daemon-reload")
    machine.systemctl("enable", "kafka-connect")
