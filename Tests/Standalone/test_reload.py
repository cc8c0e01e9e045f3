"""SIGHUP, as `systemctl reload` sends it: what may change without a restart does, and nothing else is disturbed."""
import os
import shutil
import signal

import pytest

from conftest import BUILT, Broker, eventually, lines_of, reload, watch


class Folder:
    """connectors.d of a worker that is run as the unit runs it."""

    def __init__(self, worker, tmp_path, topic):
        self.worker, self.tmp_path, self.topic = worker, tmp_path, topic
        self.path = worker.folder / "connectors.d"
        self.path.mkdir()
        worker.mode = "run"

    def source(self, name, file=None, **settings):
        """A file source in a file of its own; what it reads is there already."""
        file = file or self.tmp_path / f"{name}.in"
        file.touch()
        lines = [f"name: {name}", "connector.class: FileStreamSource", f"file: {file}", f"topic: {self.topic}-{name}"]
        lines += [f"{key.replace('__', '.')}: {value}" for key, value in settings.items()]
        path = self.path / f"{name}.yaml"
        path.write_text("\n".join(lines) + "\n")
        return path

    def states(self):
        return {name: each["status"]["connector"]["state"]
                for name, each in self.worker.get("/connectors?expand=status").items()}


@pytest.fixture
def folder(make_worker, tmp_path, topic):
    return Folder(make_worker(), tmp_path, topic)


def test_a_plugin_that_was_dropped_into_the_folder_can_be_used_and_a_broken_one_is_told(make_worker, topic, tmp_path):
    worker = make_worker(plugins=())
    notifications = watch(worker)
    worker.start()
    config = {"connector.class": "FileStreamSource", "file": str(tmp_path / "in"), "topic": topic}
    assert worker.request("PUT", "/connectors/src/config", config, check=False)[0] == 400
    plugins = worker.folder / "plugins"
    shutil.copy(BUILT / "libkafka-connect-file.so", plugins / "file.so")
    (plugins / "text.so").write_text("not a library\n")
    log = reload(worker, notifications)
    assert "plugin classes added: org.apache.kafka.connect.file.FileStreamSinkConnector" in log
    assert "A plugin cannot be used" in log and "text.so: " in log
    assert "2 plugin classes added, 1 plugin library broken" in notifications.status()
    names = [each["class"] for each in worker.get("/connector-plugins")]
    assert "org.apache.kafka.connect.file.FileStreamSourceConnector" in names
    (tmp_path / "in").write_text("a\n")
    worker.request("PUT", "/connectors/src/config", config)
    worker.file_sink("snk", tmp_path / "out", topic)
    eventually("the line arrived", lambda: lines_of(tmp_path / "out") == ["a"])
    # A library that is known to be broken is not told again.
    assert "nothing changed" in reload(worker, notifications)
    os.remove(plugins / "file.so")
    assert "plugin classes gone: " in reload(worker, notifications)
    assert worker.task_state("src") == "RUNNING", "what runs keeps its library"
    assert worker.request("PUT", "/connectors/new/config", config, check=False)[0] == 400


def test_a_reload_without_a_change_disturbs_nothing(folder):
    folder.source("a")
    notifications = watch(folder.worker)
    worker = folder.worker.start()
    worker.await_task("a", "RUNNING")
    log = reload(worker, notifications)
    assert "nothing changed" in log and "The task" not in log and "WARN" not in log and "ERROR" not in log
    seen = [line for _, line in notifications.seen if not line.startswith("STATUS")]
    at = seen.index("RELOADING=1")
    assert seen[at + 1].startswith("MONOTONIC_USEC=") and "READY=1" in seen[at + 2:]
    eventually("STATUS tells", lambda: "; reloaded at " in notifications.status())
    assert notifications.status().endswith(": nothing changed")
    assert notifications.status().startswith("1 connector, 1 of 1 task running; ")


def test_levels_of_the_log_change_with_the_file_and_stay_where_it_does_not(folder):
    worker = folder.worker
    worker.settings["native.log.levels.connect.worker"] = "WARN"
    notifications = watch(worker)
    worker.start()

    def level(name):
        return worker.get(f"/admin/loggers/{name}")["level"]

    def write(**changes):
        worker.settings |= changes
        worker.file.write_text("".join(f"{key}={value}\n" for key, value in worker.settings.items() if value))
        return reload(worker, notifications)

    worker.request("PUT", "/admin/loggers/connect.herder", {"level": "ERROR"})
    log = write(**{"native.log.level": "DEBUG", "native.log.levels.connect.reload": "TRACE"})
    assert "log levels of connect.reload (TRACE), root (DEBUG)" in log
    assert [level(name) for name in ("root", "connect.reload", "connect.worker", "connect.herder")] == [
        "DEBUG", "TRACE", "WARN", "ERROR"]
    log = write(**{"native.log.level": None, "native.log.levels.connect.worker": None})
    assert "log levels of connect.worker (inherited), root (INFO)" in log
    assert [level(name) for name in ("root", "connect.reload", "connect.worker", "connect.herder")] == [
        "INFO", "TRACE", "INFO", "ERROR"]


def test_the_root_of_the_loggers_is_the_root_in_any_case(folder):
    worker = folder.worker
    worker.settings |= {"native.log.level": "INFO", "native.log.levels.ROOT": "WARN"}
    notifications = watch(worker)
    worker.start()

    def write(**changes):
        worker.settings |= changes
        worker.file.write_text("".join(f"{key}={value}\n" for key, value in worker.settings.items() if value))
        reload(worker, notifications)
        return worker.get("/admin/loggers/root")["level"]

    assert worker.get("/admin/loggers/root")["level"] == "WARN"
    assert write(**{"native.log.level": "DEBUG"}) == "WARN"
    assert write(**{"native.log.levels.ROOT": "ERROR"}) == "ERROR"
    assert write(**{"native.log.levels.ROOT": None}) == "DEBUG"


def test_a_connector_that_hangs_holds_a_reload_up_for_some_seconds_only_and_is_named(folder, tmp_path):
    worker = folder.worker
    shutil.copy(BUILT / "libkafka-connect-verifiable.so", worker.folder / "plugins/verifiable.so")
    folder.source("good")
    notifications = watch(worker)
    worker.start()
    folder.source("other")
    (folder.path / "stuck.yaml").write_text(
        f"name: stuck\nconnector.class: VerifiableSource\ntopic: {folder.topic}\nnative.output: none\n"
        "native.faults: connector.start:hang\n")
    log = reload(worker, notifications, seconds=20)
    warnings = [line for line in log.splitlines() if " WARN " in line and "The reload is not through after 10000 ms" in line]
    assert len(warnings) == 1 and "still busy: the connector stuck" in warnings[0] and "[stuck|worker]" in warnings[0], log
    eventually("STATUS tells", lambda: notifications.status().endswith("still busy: the connector stuck"))
    assert folder.states()["other"] == "RUNNING" and folder.states()["good"] == "RUNNING"
    # What it is stuck in holds up no other reload, and goes with its file.
    folder.source("good", batch__size=7)
    assert "connectors changed: good" in reload(worker, notifications)
    (folder.path / "stuck.yaml").unlink()
    assert "connectors removed: stuck" in reload(worker, notifications, seconds=20)
    eventually("the first reload ends", lambda: "connectors added: other; 1 failure" in worker.log.read_text())
    assert folder.states() == {"good": "RUNNING", "other": "RUNNING"}


def test_a_library_that_was_replaced_by_another_of_its_version_is_told(folder, tmp_path):
    worker = folder.worker
    folder.source("a")
    notifications = watch(worker)
    worker.start()
    worker.await_task("a", "RUNNING")
    library = next((worker.folder / "plugins").glob("*.so"))
    shutil.copy(library, tmp_path / "new.so")
    os.replace(tmp_path / "new.so", library)
    log = reload(worker, notifications)
    assert f"plugin libraries replaced by others of the same version: {library}" in log
    assert "Their library was replaced; each of these connectors keeps the one that it was started with" in log
    assert "until a restart of it with its tasks: a (connect.reload)" in log
    assert "written over" not in log and "with their old library until a restart a" in notifications.status()
    assert worker.task_state("a") == "RUNNING"
    worker.request("POST", "/connectors/a/restart?includeTasks=true")
    assert "nothing changed" in reload(worker, notifications)


def test_files_of_connectors_are_added_changed_and_removed_and_clients_keep_theirs(folder, tmp_path):
    worker = folder.worker
    folder.source("a")
    folder.source("b")
    notifications = watch(worker)
    worker.start()
    worker.file_source("by-rest", tmp_path / "r.in", folder.topic)
    assert folder.states() == {"a": "RUNNING", "b": "RUNNING", "by-rest": "RUNNING"}
    sink = tmp_path / "out"
    worker.file_sink("snk", sink, f"{folder.topic}-c,{folder.topic}-new", consumer__override__metadata__max__age__ms=500)
    (folder.path / "b.yaml").unlink()
    (tmp_path / "c.in").write_text("c\n")
    (tmp_path / "new.in").write_text("new\n")
    folder.source("c")
    # The same connector from another file into another topic.
    text = folder.source("a", tmp_path / "new.in").read_text().replace(f"{folder.topic}-a", f"{folder.topic}-new")
    (folder.path / "a.yaml").write_text(text)
    log = reload(worker, notifications)
    assert "connectors added: c; connectors changed: a; connectors removed: b" in log
    assert folder.states() == {"a": "RUNNING", "by-rest": "RUNNING", "c": "RUNNING", "snk": "RUNNING"}
    eventually("both flow", lambda: sorted(lines_of(sink)) == ["c", "new"], seconds=60)
    assert "1 connector added, 1 connector changed, 1 connector removed" in notifications.status()
    # What a client did to a file's connector lasts until the files are read again.
    worker.request("DELETE", "/connectors/c")
    worker.file_source("a", tmp_path / "other.in", folder.topic)
    log = reload(worker, notifications)
    assert "connectors added: c; connectors changed: a" in log
    assert worker.get("/connectors/a/config")["file"] == str(tmp_path / "new.in")


def test_a_broken_file_harms_its_own_connector_alone(folder):
    worker = folder.worker
    folder.source("good")
    path = folder.source("bad")
    (folder.path / "never.yaml").write_text("name: never\nconnector.class: Nobody\n")
    notifications = watch(worker)
    worker.start()
    assert folder.states() == {"bad": "RUNNING", "good": "RUNNING", "never": "FAILED"}
    topic = worker.get("/connectors/bad/config")["topic"]
    for text in ("name: bad\n  file: [\n", "name: bad\nconnector.class: FileStreamSource\ntasks.max: zero\ntopic: x\n"):
        path.write_text(text)
        folder.source("good", batch__size=len(text))
        log = reload(worker, notifications)
        errors = [line for line in log.splitlines() if " ERROR " in line]
        assert any(str(path) in line and "[bad|worker]" in line for line in errors), log
        assert any(str(folder.path / "never.yaml") in line and "Nobody" in line for line in errors), log
        assert "connectors changed: good" in log
        assert folder.states() == {"bad": "RUNNING", "good": "RUNNING", "never": "FAILED"}
        assert worker.get("/connectors/bad/config")["topic"] == topic
        assert worker.task_state("bad") == "RUNNING"
    folder.source("bad", batch__size=7)
    folder.source("never")
    log = reload(worker, notifications)
    assert "connectors changed: bad, never" in log
    assert folder.states() == {"bad": "RUNNING", "good": "RUNNING", "never": "RUNNING"}


def test_two_files_with_one_connector_are_told(folder):
    first, second = folder.source("a"), folder.path / "z.yaml"
    second.write_text(first.read_text().replace(".in", ".other"))
    worker = folder.worker.start()
    assert f"{second}: error: the connector a stands in {first} too, which counts" in worker.log.read_text()
    assert worker.get("/connectors/a/config")["file"].endswith("a.in")


def test_at_the_start_a_good_file_wins_over_a_broken_one_of_the_same_connector(folder):
    good = folder.source("x")
    broken = folder.path / "a.json"
    broken.write_text('{"name": "x", "config": {"connector.class": "FileStreamSource"}, "initial_state": "NO"}')
    worker = folder.worker.start()
    assert folder.states() == {"x": "RUNNING"}
    told = [line for line in worker.log.read_text().splitlines() if " ERROR " in line]
    assert len(told) == 1 and f"{broken}:" in told[0] and f"the connector x stands in {good} too, which counts" in told[0], told


def test_a_folder_that_cannot_be_read_costs_no_connector(folder):
    folder.source("a")
    notifications = watch(folder.worker)
    worker = folder.worker.start()
    folder.path.rename(folder.path.with_name("away"))
    log = reload(worker, notifications)
    assert "ERROR" in log and str(folder.path) in log and "its connectors stay as they are" in log
    assert folder.states() == {"a": "RUNNING"}
    folder.path.mkdir()
    assert "connectors removed: a" in reload(worker, notifications)
    assert folder.states() == {}


def test_a_worker_file_that_is_broken_leaves_everything_as_it_was(folder):
    worker = folder.worker
    folder.source("a")
    notifications = watch(worker)
    worker.start()
    good = worker.file.read_text()
    folder.source("b")
    shutil.copy(BUILT / "libkafka-connect-verifiable.so", worker.folder / "plugins/verifiable.so")
    worker.file.write_text(good + "native.log.level=LOUD\noffset.flush.interval.ms=soon\n")
    log = reload(worker, notifications)
    number = good.count("\n") + 1
    assert f"{worker.file}:{number}:1: error: " in log and "native.log.level" in log
    assert "The reload was refused" in log and "everything stays as it was" in log
    assert "; reload refused at " in notifications.status() and f"{worker.file}:" in notifications.status()
    assert folder.states() == {"a": "RUNNING"}
    assert not [each for each in worker.get("/connector-plugins") if "Verifiable" in each["class"]]
    worker.file.unlink()
    assert "cannot be read" in reload(worker, notifications)
    worker.file.write_text(good)
    log = reload(worker, notifications)
    assert "connectors added: b" in log and "Verifiable" in log
    assert folder.states() == {"a": "RUNNING", "b": "RUNNING"}


def test_keys_that_need_a_restart_are_named_without_their_values(folder):
    worker = folder.worker
    worker.settings["rest.advertised.host.name"] = "first-host"
    worker.settings["config.providers"] = "credential"
    worker.settings["client.id"] = "${credential:id}"
    credentials = worker.folder / "credentials"
    credentials.mkdir()
    (credentials / "id").write_text("old-secret-id\n")
    worker.environment["CREDENTIALS_DIRECTORY"] = str(credentials)
    notifications = watch(worker)
    worker.start()
    (credentials / "id").write_text("new-secret-id\n")
    worker.file.write_text(worker.file.read_text().replace("first-host", "second-host"))
    for _ in range(2):
        log = reload(worker, notifications)
        assert "in force only after a restart: client.id, rest.advertised.host.name" in log
    assert "restart needed for client.id, rest.advertised.host.name" in notifications.status()
    assert "secret-id" not in worker.log.read_text() and "second-host" not in worker.log.read_text()
    assert not any("secret-id" in line for _, line in notifications.seen)


def test_connectors_get_what_their_references_stand_for_by_now(folder, tmp_path):
    worker = folder.worker
    credentials = worker.folder / "credentials"
    credentials.mkdir()
    first, second = tmp_path / "first.out", tmp_path / "second.out"
    (credentials / "out").write_text(f"{first}\n")
    worker.settings["config.providers"] = "credential"
    worker.environment["CREDENTIALS_DIRECTORY"] = str(credentials)
    folder.source("src")
    (tmp_path / "src.in").write_text("one\n")
    notifications = watch(worker)
    worker.start()
    for name, more in (("snk", {}), ("none", {"config.action.reload": "none"})):
        worker.request("PUT", f"/connectors/{name}/config", {
            "connector.class": "FileStreamSink", "topics": f"{folder.topic}-src", "file": "${credential:out}", **more})
    eventually("both wrote the line", lambda: lines_of(first) == ["one", "one"])
    (credentials / "out").write_text(f"{second}\n")
    log = reload(worker, notifications)
    assert "connectors restarted for other values of their references: snk" in log
    with open(tmp_path / "src.in", "a") as file:
        file.write("two\n")
    eventually("it writes elsewhere", lambda: lines_of(second) == ["two"])
    eventually("the other one goes on", lambda: lines_of(first) == ["one", "one", "two"])
    (credentials / "out").unlink()
    log = reload(worker, notifications)
    assert "There is no credential out" in log and "[snk|worker]" in log
    assert worker.task_state("snk") == "RUNNING"
    assert str(second) not in worker.log.read_text()


def test_a_reload_during_the_start_follows_it(make_worker, tmp_path):
    broker = Broker(tmp_path / "late-broker")
    if not broker.can_fail:
        pytest.skip("the broker was given from outside and cannot come late")
    worker = make_worker(servers=f"127.0.0.1:{broker.port}")
    notifications = watch(worker)
    worker.start(wait=False)
    eventually("it waits for the broker", lambda: "Starting" in notifications.status())
    for _ in range(3):
        worker.process.send_signal(signal.SIGHUP)
    eventually("it was heard", lambda: "A reload was asked for" in worker.log.read_text())
    assert not notifications.has("RELOADING=1") and not notifications.has("READY=1")
    broker.start()
    try:
        eventually("the reload is over", lambda: notifications.count("READY=1") == 2, seconds=60)
        lines = [line for _, line in notifications.seen if line in ("READY=1", "RELOADING=1")]
        assert lines == ["READY=1", "RELOADING=1", "READY=1"]
        assert worker.terminate() == 0
    finally:
        broker.stop()


def test_reloads_at_once_and_during_the_end_leave_no_state_behind(folder):
    for number in range(20):
        folder.source(f"c{number}")
    notifications = watch(folder.worker)
    worker = folder.worker.start()
    for number in range(30):
        folder.source(f"c{number % 20}", batch__size=number + 1)
        worker.process.send_signal(signal.SIGHUP)
    eventually("all is in force", lambda: all(
        worker.get(f"/connectors/c{number}/config").get("batch.size") == str(number + 21 if number < 10 else number + 1)
        for number in range(20)))

    def order():
        return [line for _, line in notifications.poll() if line in ("READY=1", "RELOADING=1", "STOPPING=1")]

    eventually("the last reload is over", lambda: order()[-1] == "READY=1")
    assert order() == ["READY=1"] + ["RELOADING=1", "READY=1"] * ((len(order()) - 1) // 2)
    folder.source("late")
    worker.process.send_signal(signal.SIGHUP)
    worker.process.send_signal(signal.SIGTERM)
    worker.process.send_signal(signal.SIGHUP)
    assert worker.process.wait(20) == 0
    assert "READY=1" not in order()[order().index("STOPPING=1"):]
