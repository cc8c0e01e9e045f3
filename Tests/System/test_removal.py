"""The package taken off again, on a machine of its own."""
import pytest

from conftest import eventually
from installation import has_package, install
from machines import Machine
from services import Service


@pytest.fixture
def own_machine(root, tmp_path):
    machine = Machine(root, tmp_path / "console.log")
    try:
        install(machine.start())
        yield machine
    finally:
        machine.stop()


def files(machine):
    """Every file and folder that is the worker's by its name."""
    return machine.run(
        "find", "/etc", "/usr", "/var", "/run", "/opt", "/srv", "-xdev", "-iname", "*kafka-connect*",
        # apt's own, and where it was told to look.
        *(part for folder in ("/srv/repository", "/var/cache/apt", "/var/lib/apt", "/var/log", "/etc/apt")
          for part in ("-not", "-path", f"{folder}/*"))).stdout.splitlines()


@pytest.mark.skipif(not has_package(), reason="needs the package: make apt-repository")
def test_purged_nothing_of_it_is_left(own_machine, broker, topic):
    service = Service(own_machine, broker)
    service.configure()
    service.start()
    own_machine.path("/srv/in.txt").write_text("one\n")
    service.file_source("source", "/srv/in.txt", topic)
    eventually("there is state", lambda: own_machine.path("/var/lib/kafka-connect/connect.offsets").exists())
    own_machine.run("apt-get", "remove", "--yes", "kafka-connect", seconds=300)
    assert own_machine.systemctl("is-active", service.unit, check=False).strip() == "inactive"
    # What the administrator made outlives the program.
    assert own_machine.path("/etc/kafka-connect/worker.yaml").exists()
    assert own_machine.path("/var/lib/kafka-connect/connect.offsets").exists()
    own_machine.run("apt-get", "purge", "--yes", "kafka-connect", seconds=300)
    assert files(own_machine) == []
    assert "kafka-connect" not in own_machine.systemctl("list-unit-files", "--no-pager", "--no-legend")
