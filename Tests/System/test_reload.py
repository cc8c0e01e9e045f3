"""`systemctl reload`, and secrets that systemd hands over."""
import pathlib

import pytest

from conftest import eventually
from services import SINKS, SOURCES, sources

needs_reload = pytest.mark.skipif(
    ".reloading" not in sources("kafka-connect"),
    reason="needs a worker that reloads on SIGHUP: nothing in Sources/kafka-connect tells systemd .reloading")
needs_credentials = pytest.mark.skipif(
    "CREDENTIALS_DIRECTORY" not in sources("ConnectConfig") + sources("kafka-connect") + sources("Systemd"),
    reason="needs the config provider `credential`: nothing in Sources reads CREDENTIALS_DIRECTORY")

VERIFIABLE = "org.apache.kafka.connect.tools.VerifiableSourceConnector"


def classes(service):
    return {each["class"] for each in service.get("/connector-plugins")}


@needs_reload
def test_a_plugin_that_was_dropped_in_can_be_used_after_a_reload_without_a_restart(service, topic, verifiable):
    service.start()
    before = service.pid
    assert VERIFIABLE not in classes(service)
    service.add_plugin(verifiable, "verifiable.so")
    service.machine.systemctl("reload", service.unit)
    eventually("the class is listed", lambda: VERIFIABLE in classes(service))
    service.put_connector("numbers", connector__class=VERIFIABLE, tasks__max=1, topic=topic, throughput=100, native__output="none")
    service.await_task("numbers", "RUNNING")
    assert service.pid == before and service.is_active()


@needs_reload
def test_a_reload_is_over_when_systemctl_returns(service, verifiable):
    service.start()
    for round in range(10):
        service.add_plugin(verifiable, f"verifiable-{round}.so")
        service.machine.systemctl("reload", service.unit)
        assert VERIFIABLE in classes(service), f"round {round}"
        service.machine.path(f"/usr/local/lib/kafka-connect/plugins/verifiable-{round}.so").unlink()
        service.machine.systemctl("reload", service.unit)
        assert VERIFIABLE not in classes(service), f"round {round}"
    assert service.get_property("NRestarts") == "0"


@needs_reload
def test_a_reload_waits_for_a_worker_that_is_busy(service):
    service.start()
    signal = ("kill", "--kill-whom=main", service.unit, "--signal")
    service.machine.systemctl(*signal, "STOP")
    service.machine.systemctl("reload", "--no-block", service.unit)
    eventually("the reload has begun", lambda: service.get_property("SubState") == "reload")
    # The command that sends the signal ends at once, were it not for the worker.
    with pytest.raises(AssertionError):
        eventually("the reload is over", lambda: service.get_property("SubState") == "running", seconds=1)
    service.machine.systemctl(*signal, "CONT")
    eventually("the reload is over", lambda: service.get_property("SubState") == "running")


@needs_reload
def test_connectors_d_is_read_again(service, topic):
    service.connector_file("first", connector__class="FileStreamSource", file=f"{SOURCES}/in.txt", topic=topic)
    service.start()
    service.connector_file("second", connector__class="FileStreamSource", file=f"{SOURCES}/in.txt", topic=topic)
    service.machine.path("/etc/kafka-connect/connectors.d/first.yaml").unlink()
    service.machine.systemctl("reload", service.unit)
    eventually("files are the truth", lambda: service.get("/connectors") == ["second"])


@needs_credentials
def test_a_connector_refers_to_a_credential_that_root_alone_can_read(service, topic):
    # The topic's name plays the secret: where it is not resolved, no record arrives.
    service.machine.write("/etc/kafka-connect/credentials/orders-password", f"{topic}\n", mode=0o600)
    service.use_example("credential")
    service.use_example("file-sink")
    service.configure(config__providers="credential")
    service.source_file.write_text("one\n")
    service.start()
    reference = "${credential:orders-password}"
    service.file_source("orders", f"{SOURCES}/in.txt", reference)
    service.file_sink("copy", f"{SINKS}/out.txt", topic)
    eventually("the record arrived", lambda: service.sink_file.exists() and service.sink_file.read_text() == "one\n")
    assert service.get("/connectors/orders")["config"]["topic"] == reference
    environment = pathlib.Path(f"/proc/{service.machine.outer_pid(service.pid)}/environ").read_bytes()
    assert b"CREDENTIALS_DIRECTORY=" in environment and topic.encode() not in environment
