"""How the worker comes onto a machine: by apt from a signed repository, as a user installs it."""
import functools
import os
import pathlib
import subprocess
import tempfile

from machines import FETCHED
from workers import BUILT, TOP

# Laid out by `make apt-repository`.
REPOSITORY = pathlib.Path(os.environ.get("APT_REPOSITORY") or TOP / ".build/apt-repository")


def has_package():
    return REPOSITORY.is_dir()


def install(machine):
    """Installs the package; while there is none, the tree that packages are built from."""
    if has_package():
        install_package(machine)
    else:
        install_tree(machine)


def install_package(machine):
    repository = machine.path("/srv/repository")
    subprocess.run(["cp", "-a", f"{REPOSITORY}/.", repository], check=True)
    machine.write("/etc/apt/sources.list.d/kafka-connect.list", "deb [signed-by=/srv/repository/key.gpg] file:/srv/repository ./\n")
    # This list alone: the others are as old as the root, and what they lead to lies fetched in apt's cache.
    machine.run(
        "apt-get", "update", "--option=Dir::Etc::sourcelist=sources.list.d/kafka-connect.list", "--option=Dir::Etc::sourceparts=-",
        "--option=APT::Get::List-Cleanup=0")
    machine.run("apt-get", "install", "--yes", "--no-install-recommends", "kafka-connect", seconds=300)


@functools.cache
def _tree():
    folder = tempfile.TemporaryDirectory(prefix="kafka-connect-tree-")
    # What is to be tested was built before.
    subprocess.run(
        ["make", "-s", "-o", "build", "install", f"DESTDIR={folder.name}", "PREFIX=/usr", f"BIN={BUILT}"], cwd=TOP, check=True,
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
