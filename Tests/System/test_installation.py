"""The package put onto a clean machine of its own by the words of README, used, taken off and put on again, and purged.

The tests follow one another: each goes on with the machine as the one before left it.
"""
import pathlib
import re
import shutil
import subprocess

import pytest

from conftest import Writer, eventually, lines_of
from installation import PACKAGES, has_package, repository
from machines import FETCHED, Machine
from readme import blocks, command
from relay import Relay
from sequences import check_sequence
from services import CONFIG, SINKS, UNIT, Service

pytestmark = pytest.mark.skipif(not has_package(), reason="needs the package: make deb")


class Administrator:
    """Somebody who may use sudo, at a clean machine; says yes to whatever apt asks."""

    HOME = "/home/admin"

    def __init__(self, machine, folder):
        self.machine = machine
        self._mirror(folder)
        # Which a machine with an administrator has.
        machine.run("apt-get", "install", "--yes", "--no-install-recommends", "sudo", "curl", seconds=300)
        machine.run("useradd", "--create-home", "--shell=/bin/bash", "admin")
        machine.write("/etc/sudoers.d/admin", "admin ALL=(ALL) NOPASSWD: ALL\n", mode=0o440)

    def _mirror(self, mirror):
        """Debian's own packages come from what was fetched for the root, in the place of its mirror: `apt-get update` needs no network."""
        for package in (self.machine.root.path / "var/cache/apt/archives").glob("*.deb"):
            shutil.copy(package, mirror)
        with open(mirror / "Packages", "w") as index:
            subprocess.run(["apt-ftparchive", "packages", "."], cwd=mirror, check=True, stdout=index)
        subprocess.run(["cp", "-rT", mirror, self.machine.path("/srv/debian")], check=True)
        for file in ("/etc/apt/sources.list", *(f"/etc/apt/sources.list.d/{each.name}" for each in self.machine.path(
                "/etc/apt/sources.list.d").iterdir())):
            self.machine.path(file).unlink(missing_ok=True)
        self.machine.write("/etc/apt/sources.list", "deb [trusted=yes] file:/srv/debian ./\n")
        self.machine.run("apt-get", "update")

    def types(self, commands, **options):
        """Has a shell of this user run commands, and returns what they printed."""
        return self.machine.run(
            "setpriv", "--reuid=admin", "--regid=admin", "--init-groups", "env", "--chdir", self.HOME, f"HOME={self.HOME}", "bash", "-euc",
            commands, seconds=300, input="y\n" * 100, stdin=None, **options).stdout


@pytest.fixture(scope="module")
def clean_machine(root, broker, tmp_path_factory):
    # With ports of its own, so that those of README's words are free. Its brokers are where these words have them, too; and one is
    # where the broker says that it is.
    machine = Machine(root, tmp_path_factory.mktemp("clean") / "console.log", "--private-network")
    host, port = broker.servers.split(",")[0].rsplit(":", 1)
    relays = []
    try:
        machine.start()
        machine.write("/etc/hosts", "127.0.0.1 localhost kafka-1\n")
        for inner in {9092, int(port)}:
            relays.append(Relay(machine, inner, (host, int(port))))
        yield machine
    finally:
        for relay in relays:
            relay.end()
        machine.stop()


@pytest.fixture(scope="module")
def administrator(clean_machine, tmp_path_factory):
    return Administrator(clean_machine, tmp_path_factory.mktemp("mirror"))


@pytest.fixture(scope="module")
def followed(administrator, broker):
    """README's section about installing, followed word for word; what each block printed, and the service that it made."""
    laying, installing, starting = blocks("Install")
    # On the machine with the toolchain, and carried over to this one.
    source, target = re.fullmatch(r"make apt-repository && sudo cp -rT (\S+) (\S+)\n", laying).groups()
    assert source == ".build/apt-repository"
    subprocess.run(["cp", "-rT", repository(), administrator.machine.path(target)], check=True)
    printed = [administrator.types(commands) for commands in (installing, starting)]
    return Service(administrator.machine, broker), printed


def test_the_words_of_readme_lead_to_a_service_that_runs(followed, administrator):
    service, (_, started) = followed
    assert "Active: active (running)" in started and "Status: \"no connectors\"" in started
    assert "org.apache.kafka.connect.file.FileStreamSourceConnector" in started and "broken" not in started
    administrator.types("curl --silent --fail localhost:8083/health")
    assert service.machine.systemctl("is-enabled", UNIT).strip() == "enabled"
    assert "kafka-connect" == service.machine.run("stat", "--format=%U", f"/proc/{service.pid}").stdout.strip()


def test_the_walk_through_runs_from_the_installed_files_after_what_stands_before_it(followed, administrator):
    service, _ = followed
    printed = administrator.types("".join(blocks("The walk-through with any Kafka at hand")))
    assert '"name":"local-file-source"' in printed and '"name":"local-file-sink"' in printed, printed
    assert lines_of(administrator.machine.path(f"{administrator.HOME}/demo/test.sink.txt")) == ["hello-1", "hello-2", "hello-3"]
    assert service.is_active()


def test_removed_and_installed_again_it_goes_on_where_it_was(followed, administrator, broker, topic):
    service, _ = followed
    machine = service.machine
    machine.run("install", "-d", "/srv/files")
    machine.run("install", "-d", "-o", "kafka-connect", "-g", "kafka-connect", SINKS)
    service.configure_pair(topic)
    writer = Writer(service.source_file)
    machine.systemctl("restart", UNIT)
    eventually("lines flow", lambda: len(lines_of(service.sink_file)) > 100, seconds=60)
    edited = machine.path(CONFIG).read_text()
    machine.run("apt-get", "remove", "--yes", "kafka-connect", seconds=300)
    assert machine.systemctl("is-active", UNIT, check=False).strip() == "inactive"
    # What the administrator made outlives the program.
    assert machine.path(CONFIG).read_text() == edited
    assert machine.path("/var/lib/kafka-connect/connect.offsets").exists()
    assert not machine.path("/usr/bin/kafka-connect").exists()
    # README's other way: a package of its own, from the folder in which it was made.
    packages = machine.path(f"{administrator.HOME}/.build/deb")
    packages.mkdir(parents=True)
    for package in PACKAGES.glob("kafka-connect_*.deb"):
        shutil.copy(package, packages)
    administrator.types(command("Install", "sudo apt install "))
    assert machine.path(CONFIG).read_text() == edited
    assert machine.systemctl("is-enabled", UNIT).strip() == "enabled"
    assert service.get_property("ActiveState") == "inactive", "installed, not started"
    service.start()
    count = writer.finish()
    eventually("the last line arrived", lambda: lines_of(service.sink_file)[-1:] == [f"line-{count - 1}"], seconds=60)
    assert check_sequence(lines_of(service.sink_file), count) == 0


def files(machine):
    """Every file and folder that is the worker's by its name."""
    return machine.run(
        "find", "/etc", "/usr", "/var", "/run", "/opt", "-xdev", "-iname", "*kafka-connect*",
        # apt's own, and where it was told to look.
        *(part for folder in ("/usr/share/keyrings", "/var/cache/apt", "/var/lib/apt", "/var/log", "/etc/apt")
          for part in ("-not", "-path", f"{folder}/*"))).stdout.splitlines()


def test_purged_nothing_of_it_is_left_but_what_is_the_administrators(followed, administrator):
    service, _ = followed
    machine = administrator.machine
    assert machine.path("/var/lib/kafka-connect/connect.offsets").exists()
    drop_in, plugin = "/etc/systemd/system/kafka-connect.service.d/mine.conf", "/usr/local/lib/kafka-connect/plugins/mine.so"
    shutil.rmtree(machine.path(drop_in).parent, ignore_errors=True)
    machine.write(drop_in, "[Service]\n")
    machine.write(plugin, "")
    # Of the template one runs, and another one is enabled.
    north = Service(machine, service.broker, unit="kafka-connect@north.service", config="/etc/kafka-connect/north.yaml")
    north.configure(offset__storage__file__filename="/var/lib/kafka-connect/north/connect.offsets")
    north.start()
    machine.systemctl("enable", north.unit, "kafka-connect@south.service")
    processes = [pathlib.Path(f"/proc/{machine.outer_pid(worker.pid)}") for worker in (service, north)]
    administrator.types(command("Install", "sudo apt purge "))
    assert not any(process.exists() for process in processes)
    assert sorted(files(machine)) == [str(parent) for parent in (
        pathlib.Path(drop_in).parent, pathlib.Path(plugin).parent.parent)]
    assert machine.path(drop_in).exists() and machine.path(plugin).exists()
    assert machine.run("getent", "passwd", "kafka-connect").stdout.startswith("kafka-connect:")
    assert "kafka-connect" not in machine.systemctl("list-unit-files", "--no-pager", "--no-legend")
    assert machine.systemctl("list-units", "--all", "--no-legend", "--state=active,failed", "kafka-connect*") == ""
