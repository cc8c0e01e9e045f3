"""The service as an administrator meets it: started, asked for its state, read in the journal, refused for its configuration."""
import errno
import pathlib
import re
import time

import pytest

from conftest import eventually
from services import SOURCES, Service


def test_it_is_active_once_rest_serves_and_tells_its_state(service, topic):
    service.configure_pair(topic)
    service.source_file.write_text("one\n")
    service.start()
    # Type=notify: when systemctl returns, the worker is ready, and nothing has to be waited for.
    assert service.machine.systemctl("is-active", service.unit).strip() == "active"
    assert service.get("/")["version"]
    eventually("STATUS counts what runs", lambda: "2 connectors, 2 of 2 tasks running" in service.get_property("StatusText"))
    assert service.get_property("StatusText") in service.machine.systemctl("status", "--no-pager", service.unit)
    eventually("the line arrived", lambda: service.sink_file.exists() and service.sink_file.read_text() == "one\n")
    assert "kafka-connect" == service.machine.run("stat", "--format=%U", f"/proc/{service.pid}").stdout.strip()
    assert service.get_property("WatchdogUSec") == "30s"
    state = service.machine.run("stat", "--format=%U %G %a", "/var/lib/kafka-connect").stdout.strip()
    assert state == "kafka-connect kafka-connect 700"
    service.put_connector("pair-src", connector__class="FileStreamSource", file="/root/forbidden", topic=topic)
    eventually("STATUS counts what failed", lambda: "1 failed" in service.get_property("StatusText"))


def test_without_a_broker_it_is_activating_and_says_what_it_waits_for(service):
    service.configure(bootstrap__servers="127.0.0.1:1")
    service.machine.systemctl("start", "--no-block", service.unit)
    eventually("STATUS names the broker", lambda: "127.0.0.1:1" in service.get_property("StatusText"))
    assert service.get_property("ActiveState") == "activating" and service.get_property("TimeoutStartUSec") == "infinity"
    assert service.request("GET", "/health", check=False)[0] == 503
    service.stop()
    assert service.get_property("Result") == "success"


def test_the_journal_finds_one_connector_by_its_field(service, topic):
    service.start()
    # Under ProtectHome, not there: the task fails.
    service.file_source("orders", "/root/forbidden", topic)
    service.file_source("others", f"{SOURCES}/none.txt", topic)
    eventually("the failure stands in the journal", lambda: service.journal("CONNECTOR=orders", "PRIORITY=3"))
    for entry in service.journal("CONNECTOR=orders"):
        assert entry["CONNECTOR"] == "orders" and entry["SYSLOG_IDENTIFIER"] == "kafka-connect" and entry["LOGGER"]
        assert entry["_SYSTEMD_UNIT"] == service.unit and entry["PRIORITY"] in "01234567"
    failure = service.journal("CONNECTOR=orders", "PRIORITY=3")[-1]
    assert "/root/forbidden" in failure["MESSAGE"] and failure["TASK"] == "orders-0"
    every = service.journal(f"_PID={service.pid}")
    assert len(every) > len(service.journal("CONNECTOR=orders")) > 0
    # The journal has its own times and levels.
    for entry in every:
        assert not re.match(r"\[?\d{4}-\d\d-\d\d|(INFO|WARN|ERROR)\b", str(entry["MESSAGE"]))


def test_errors_that_are_alike_in_everything_are_counted(service, topic):
    service.start()
    service.file_source("repeating", "/root/forbidden", topic)
    for _ in range(10):
        service.await_task("repeating", "FAILED")
        service.request("POST", "/connectors/repeating/tasks/0/restart")

    service.await_task("repeating", "FAILED")
    # What was only counted is told once a minute, and at the end.
    service.stop()
    told = service.journal("CONNECTOR=repeating", "PRIORITY=3")
    first = [entry for entry in told if "/root/forbidden" in entry["MESSAGE"] and "REPEATED" not in entry]
    counts = [entry for entry in told if "REPEATED" in entry]
    assert len(first) == 5 and [entry["MESSAGE"] for entry in counts] == [counts[0]["MESSAGE"]]
    assert re.search(rf"/root/forbidden.* \(repeated {counts[0]['REPEATED']} times in \d+ s\)", counts[0]["MESSAGE"])


def test_a_refused_configuration_is_named_and_not_tried_for_ever(service):
    service.configure(offset__flush__interval__ms="often")
    service.drop_in("quick", "[Service]\nRestartSec=1ms\n")
    assert service.machine.run("systemctl", "start", service.unit, check=False).returncode != 0
    eventually("systemd gives up", lambda: service.get_property("ActiveState") == "failed", seconds=60, every=0.2)
    assert service.get_property("NRestarts") == "20" and "Start request repeated too quickly" in service.tail()
    assert service.get_property("ExecMainStatus") == "2" and "status=2/INVALIDARGUMENT" in service.tail()
    assert any(re.search(r"worker\.yaml:\d+:.*offset\.flush\.interval\.ms", entry["MESSAGE"]) for entry in service.journal("PRIORITY=3"))
    service.configure()
    service.machine.systemctl("reset-failed", service.unit)
    service.start()
    assert service.is_active()


def test_a_stop_may_take_as_long_as_the_tasks_were_promised(service, topic, verifiable):
    service.add_plugin(verifiable, "verifiable.so")
    service.configure(task__shutdown__graceful__timeout__ms=6000)
    service.drop_in("short", "[Service]\nTimeoutStopSec=2\n")
    service.start()
    service.put_connector(
        "hanging", connector__class="org.apache.kafka.connect.tools.VerifiableSourceConnector", topic=topic, tasks__max=1,
        throughput=-1, native__faults="poll:hang")
    service.await_task("hanging", "RUNNING")
    began = time.monotonic()
    service.stop()
    assert time.monotonic() - began > 3, "nothing had to be waited for"
    assert service.get_property("Result") == "success" and service.get_property("ExecMainStatus") == "0"


def error_of(action):
    try:
        action()
    except OSError as error:
        return error.errno
    return None


def test_two_workers_of_the_template_stand_beside_each_other(service, broker, topic):
    service.source_file.write_text("one\n")
    service.connector_file("default", connector__class="FileStreamSource", file=f"{SOURCES}/in.txt", topic=topic)
    service.connector_file(
        "own", folder="north.connectors.d", connector__class="FileStreamSource", file=f"{SOURCES}/in.txt", topic=topic)
    workers = []
    for name in ("north", "south"):
        worker = Service(service.machine, broker, unit=f"kafka-connect@{name}.service", config=f"/etc/kafka-connect/{name}.yaml")
        worker.configure(offset__storage__file__filename=f"/var/lib/kafka-connect/{name}/connect.offsets")
        workers.append(worker.start())
    north, south = workers
    # Of connectors.d each has its own, or none.
    assert north.get("/connectors") == ["own"] and south.get("/connectors") == []
    south.file_source("other", f"{SOURCES}/in.txt", topic)
    for name in ("north", "south"):
        offsets = service.machine.path(f"/var/lib/kafka-connect/{name}/connect.offsets")
        eventually(f"{name} has offsets of its own", lambda: offsets.exists() and offsets.stat().st_size > 0)
    # Neither may write what is the other's.
    seen_by_north = f"/proc/{service.machine.outer_pid(north.pid)}/root/var/lib/kafka-connect"
    for name, outcome in (("north", None), ("south", errno.EROFS)):
        assert error_of(lambda: pathlib.Path(f"{seen_by_north}/{name}/probe").touch()) == outcome
    for worker in workers:
        worker.stop()
        assert worker.get_property("Result") == "success"


@pytest.mark.parametrize("unit", ["kafka-connect.service", "kafka-connect@north.service", "kafka-connect.socket"])
def test_systemd_finds_nothing_wrong_with_the_installed_units(service, unit):
    for example in service.machine.path("/usr/share/doc/kafka-connect/examples/systemd").glob("*.conf"):
        service.use_example(example.stem)
    found = service.machine.run("systemd-analyze", "verify", "--man=no", unit)
    assert found.stdout == ""
    service.reset()
    if not unit.endswith(".socket"):
        score = service.machine.run("systemd-analyze", "security", "--threshold=12", unit).stdout.strip().splitlines()[-1]
        print(score)
        assert re.search(r"level for \S+: (0\.\d|1\.[012]) ", score)


def test_a_cluster_is_told_an_address_of_this_machine(service, topic):
    """The worker learns it by netlink, which the sandbox therefore leaves open."""
    service.configure(
        group__id=topic, listeners=f"http://:{service.port}",
        **{f"{kind}__storage__{key}": value for kind in ("config", "offset", "status")
           for key, value in (("topic", f"{topic}-{kind}"), ("replication__factor", 1))})
    service.start()
    service.file_source("source", f"{SOURCES}/in.txt", topic)
    service.await_task("source", "RUNNING")
    worker = service.get("/connectors/source/status")["connector"]["worker_id"]
    addresses = service.machine.run("cat", "/proc/net/fib_trie").stdout
    assert worker.endswith(f":{service.port}") and worker.rsplit(":", 1)[0] in addresses
    assert not worker.startswith("127.")
