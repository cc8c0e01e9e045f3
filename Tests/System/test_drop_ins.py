"""The examples of drop-ins give what they say: without one its connector is refused, with it the connector works."""
import shutil

import pytest

from conftest import eventually
from services import EXAMPLES, SINKS, SOURCES

VERIFIABLE = "org.apache.kafka.connect.tools.VerifiableSourceConnector"


def test_a_file_sink_writes_into_its_folder(service, topic):
    service.source_file.write_text("one\n")
    service.start()
    service.file_source("source", f"{SOURCES}/in.txt", topic)
    service.file_sink("sink", f"{SINKS}/out.txt", topic)
    service.await_task("sink", "FAILED")
    assert "Read-only file system" in service.get("/connectors/sink/tasks/0/status")["trace"]
    service.use_example("file-sink")
    service.machine.systemctl("restart", service.unit)
    service.file_source("source", f"{SOURCES}/in.txt", topic)
    service.file_sink("sink", f"{SINKS}/out.txt", topic)
    eventually("the line arrived", lambda: service.sink_file.exists() and service.sink_file.read_text() == "one\n")


def test_a_file_source_reads_what_is_its_groups(service, topic):
    service.source_file.write_text("one\n")
    service.machine.run("chgrp", "adm", f"{SOURCES}/in.txt")
    service.machine.run("chmod", "640", f"{SOURCES}/in.txt")
    service.start()
    service.file_source("source", f"{SOURCES}/in.txt", topic)
    service.await_task("source", "FAILED")
    assert "Permission denied" in service.get("/connectors/source/tasks/0/status")["trace"]
    service.use_example("file-source")
    service.machine.systemctl("restart", service.unit)
    service.file_source("source", f"{SOURCES}/in.txt", topic)
    service.await_task("source", "RUNNING")


def test_plugins_are_loaded_from_another_folder(service, verifiable):
    folder = service.machine.path("/opt/connectors/plugins")
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(verifiable, folder / "verifiable.so")
    service.configure(plugin__path="/opt/connectors/plugins")

    def classes():
        return {each["class"] for each in service.get("/connector-plugins")}

    service.start()
    assert VERIFIABLE not in classes()
    assert any("failed to map segment from shared object" in str(entry["MESSAGE"]) for entry in service.journal("PRIORITY=4"))
    service.use_example("plugin-folder")
    service.machine.systemctl("restart", service.unit)
    assert VERIFIABLE in classes()


def test_the_broker_on_this_machine_is_reached_under_the_list_of_addresses(service):
    service.use_example("ip-allow-list")
    service.start()
    assert service.is_healthy()


@pytest.mark.parametrize("example, named, folder", [
    ("file-sink", SINKS, SINKS), ("file-source", "/var/log", SOURCES), ("plugin-folder", "/opt/connectors/plugins", "/opt/connectors/plugins")])
def test_a_file_system_for_its_folder_is_mounted_first(service, example, named, folder):
    machine = service.machine
    text = machine.path(f"{EXAMPLES}/{example}.conf").read_text()
    assert named in text
    service.drop_in(example, text.replace(named, folder))
    unit = machine.run("systemd-escape", "--path", "--suffix=mount", folder).stdout.strip()
    machine.write(f"/etc/systemd/system/{unit}", f"[Mount]\nWhat=tmpfs\nType=tmpfs\nWhere={folder}\n")
    machine.systemctl("daemon-reload")
    try:
        service.start()
        assert machine.property(unit, "ActiveState") == "active"
    finally:
        service.stop()
        machine.systemctl("stop", unit)
        machine.path(f"/etc/systemd/system/{unit}").unlink()
