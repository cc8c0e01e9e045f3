"""What users and the world get wrong: a clear error on the connector concerned, the others unharmed."""
import os
import pathlib
import shutil
import subprocess

import pytest

from conftest import BUILT, PROGRAM, eventually, lines_of


@pytest.fixture
def healthy_pair(make_worker, topic, tmp_path):
    """A worker with a running file pair, and a check that it still flows."""
    source, sink = tmp_path / "good.in", tmp_path / "good.out"
    source.write_text("a\n")
    worker = make_worker(plugins=("file", "verifiable")).start()
    worker.file_source("good-src", source, topic)
    worker.file_sink("good-snk", sink, topic)
    eventually("the pair flows", lambda: lines_of(sink) == ["a"])

    def unharmed():
        with open(source, "a") as file:
            file.write("b\n")
        before = len(lines_of(sink))
        eventually("the healthy pair still flows", lambda: len(lines_of(sink)) > before)
        assert worker.task_state("good-src") == "RUNNING" and worker.task_state("good-snk") == "RUNNING"

    worker.unharmed = unharmed
    return worker


def refused(worker, config, status=400):
    answer, body = worker.request("PUT", "/connectors/bad/config", config, check=False)
    assert answer == status, body
    assert body["error_code"] == status
    return body["message"]


def test_a_class_that_nobody_knows_is_refused_with_those_that_are_near(healthy_pair):
    message = refused(healthy_pair, {"connector.class": "FileStreamSauce", "topic": "x"})
    assert "FileStreamSauce" in message and "FileStreamSource" in message
    healthy_pair.unharmed()


def test_a_missing_key_and_a_wrong_type_are_told_together(healthy_pair):
    message = refused(healthy_pair, {"connector.class": "FileStreamSource", "tasks.max": "many"})
    assert 'Missing required configuration "topic" which has no default value.' in message
    assert "Invalid value many for configuration tasks.max: Not a number of type INT" in message
    healthy_pair.unharmed()


def test_a_sink_whose_file_cannot_be_made_fails_with_the_path_and_the_reason(healthy_pair, topic):
    healthy_pair.file_sink("bad", "/proc/nowhere/out.txt", topic)
    healthy_pair.await_task("bad", "FAILED")
    trace = healthy_pair.get("/connectors/bad/tasks/0/status")["trace"]
    assert "/proc/nowhere/out.txt" in trace and "No such file" in trace
    log = healthy_pair.log.read_text().splitlines()
    assert len([line for line in log if "ERROR" in line and "/proc/nowhere/out.txt" in line]) == 1
    healthy_pair.unharmed()


def test_a_full_disk_fails_the_sink_and_loses_nothing(healthy_pair, topic, tmp_path):
    healthy_pair.file_sink("bad", "/dev/full", topic)
    healthy_pair.await_task("bad", "FAILED")
    assert "No space left" in healthy_pair.get("/connectors/bad/tasks/0/status")["trace"]
    # The same group goes on elsewhere: what could not be written was not committed.
    out = tmp_path / "after-full.txt"
    healthy_pair.file_sink("bad", out, topic)
    eventually("everything arrives", lambda: "a" in lines_of(out))
    healthy_pair.unharmed()


def test_a_record_too_large_fails_its_task_and_says_which_limit(healthy_pair, tmp_path):
    source = tmp_path / "large.txt"
    source.write_text("x" * 600_000 + "\n")
    healthy_pair.file_source("bad", source, "large-topic", producer__override__max__request__size=100_000)
    healthy_pair.await_task("bad", "FAILED")
    assert "max.request.size" in healthy_pair.get("/connectors/bad/tasks/0/status")["trace"]
    healthy_pair.unharmed()


def test_an_unreadable_source_file_is_waited_for(healthy_pair, tmp_path, topic):
    source = tmp_path / "later.txt"
    healthy_pair.file_source("late", source, topic)
    healthy_pair.await_task("late", "RUNNING")
    source.write_text("late line\n")
    eventually("the line arrives", lambda: "late line" in lines_of(tmp_path / "good.out"))


def test_a_connector_file_that_is_refused_stops_the_worker_with_3_after_all_problems_are_printed(make_worker, tmp_path):
    worker = make_worker()
    bad = tmp_path / "bad.yaml"
    bad.write_text("name: bad\nconnector.class: FileStreamSource\ntasks.max: zero\n")
    worker.start(bad, wait=False)
    assert worker.process.wait(30) == 3
    log = worker.tail(100)
    assert 'Missing required configuration "topic"' in log
    assert "Not a number of type INT" in log


def test_the_values_of_a_refused_connector_file_are_named_with_their_places(make_worker, tmp_path):
    worker = make_worker()
    bad = tmp_path / "bad.properties"
    bad.write_text("name=bad\nconnector.class=FileStreamSource\ntasks.max=1.5\ntopic=t\nbatch.size=many\n")
    worker.start(bad, wait=False)
    assert worker.process.wait(30) == 3
    log = worker.tail(100)
    assert f"{bad}:3:1: error: Invalid value 1.5 for configuration tasks.max" in log
    assert f"{bad}:5:1: error: Invalid value many for configuration batch.size" in log


def test_a_refused_file_of_the_folder_shows_the_places_of_its_values(make_worker, tmp_path):
    folder = tmp_path / "connectors.d"
    folder.mkdir()
    (folder / "bad.yaml").write_text("name: bad\nconnector.class: FileStreamSource\ntopic: t\ntasks.max: 1.5\n")
    (folder / "worse.yaml").write_text("name: worse\nconnector.class: FileStreamSauce\n")
    worker = make_worker()
    worker.mode = "run"
    worker.start()
    for name, place in (("bad", "4:1: error: Invalid value 1.5 for"), ("worse", "2:1: error: Invalid value FileStreamSauce for configuration connector.class")):
        trace = worker.get(f"/connectors/{name}/status")["connector"]["trace"]
        assert trace.startswith(f"{folder}/{name}.yaml:{place}"), trace


def test_a_mistyped_override_is_told_in_the_log(make_worker, tmp_path, topic):
    (tmp_path / "in.txt").write_text("a\n")
    worker = make_worker().start()
    worker.file_source("src", tmp_path / "in.txt", topic, producer__override__liger__ms=5)
    worker.await_task("src", "RUNNING")
    wanted = "unknown key producer.override.liger.ms; did you mean producer.override.linger.ms?"
    assert len([line for line in worker.log.read_text().splitlines() if " WARN " in line and wanted in line]) == 1


def test_a_worker_file_with_several_mistakes_names_each_with_its_line(tmp_path):
    worker = tmp_path / "worker.yaml"
    worker.write_text("bootstrap.servers: localhost:1\noffset.flush.interval.ms: soon\nkey.convertr: x\n")
    done = subprocess.run([PROGRAM, "standalone", worker], capture_output=True, text=True, timeout=20)
    assert done.returncode == 2
    text = done.stdout + done.stderr
    assert f"{worker}:2:" in text and "offset.flush.interval.ms" in text
    assert "value.converter" in text and "offset.storage.file.filename" in text
    assert "key.convertr" in text and "key.converter" in text


def test_usage_errors_end_with_1_and_daemon_is_refused_with_a_hint(tmp_path):
    assert subprocess.run([PROGRAM, "standalone"], capture_output=True, timeout=20).returncode == 1
    done = subprocess.run([PROGRAM, "standalone", "-daemon", "x"], capture_output=True, text=True, timeout=20)
    assert done.returncode == 1 and "systemctl" in done.stdout + done.stderr


def test_plugins_lists_what_can_be_used_and_why_the_rest_cannot(tmp_path):
    folder = tmp_path / "plugins"
    folder.mkdir(mode=0o755)
    shutil.copy(BUILT / "libkafka-connect-file.so", folder / "file.so")
    (folder / "text.so").write_text("not a library\n")
    shutil.copy(BUILT / "libkafka-connect-file.so", folder / "open.so")
    os.chmod(folder / "open.so", 0o666)
    exiting = tmp_path / "exiting.c"
    exiting.write_text("#include <stdlib.h>\n__attribute__((constructor)) static void leave(void) { exit(7); }\n")
    subprocess.run(["cc", "-shared", "-fPIC", exiting, "-o", folder / "exiting.so"], check=True)
    worker = tmp_path / "worker.properties"
    worker.write_text(f"plugin.path={folder}\n")
    done = subprocess.run([PROGRAM, "plugins", worker], capture_output=True, text=True, timeout=60)
    text = done.stdout + done.stderr
    assert "org.apache.kafka.connect.file.FileStreamSourceConnector" in text
    for broken, reason in [("text.so", "ELF"), ("open.so", "writ"), ("exiting.so", "exit")]:
        lines = [line for line in text.splitlines() if broken in line]
        assert lines and any(reason in line for line in lines), (broken, text)


VERIFIABLE = "org.apache.kafka.connect.tools.VerifiableSourceConnector"


def verifiable_source(worker, name, topic, faults, throughput=100):
    config = {
        "connector.class": VERIFIABLE, "tasks.max": "1", "topic": topic, "throughput": str(throughput),
        "native.faults": faults}
    return worker.request("PUT", f"/connectors/{name}/config", config, check=False)


def test_a_plugin_that_hangs_in_poll_is_abandoned_and_named_while_others_run_on(healthy_pair, topic):
    # Without a limit each poll brings a thousand records; with one, how many polls come empty depends on the broker's speed.
    verifiable_source(healthy_pair, "hanging", topic + "-hang", "poll:hang:3", throughput=-1)
    # Records of the second poll are out, so that the next one hangs.
    eventually("the source polls twice", lambda: f'"topic":"{topic}-hang"' in healthy_pair.tail(6000)
               and '"seqno":1999' in healthy_pair.tail(6000))
    healthy_pair.unharmed()
    assert healthy_pair.request("DELETE", "/connectors/hanging")[0] == 204
    eventually("the log names the call", lambda: "The call 'poll' of the task does not return" in healthy_pair.tail(400))
    healthy_pair.unharmed()


@pytest.mark.parametrize("call", ["start", "poll", "commit"])
def test_a_plugin_that_fails_in_a_call_shows_its_reason(healthy_pair, topic, call):
    verifiable_source(healthy_pair, "failing", topic + "-fail", f"{call}:fail")
    if call == "commit":
        # A commit that fails is told in the log and tried again; it never fails the task.
        eventually("the log tells", lambda: "as native.faults asks" in healthy_pair.tail(300))
        healthy_pair.await_task("failing", "RUNNING")
    else:
        healthy_pair.await_task("failing", "FAILED")
        assert "as native.faults asks" in healthy_pair.get("/connectors/failing/tasks/0/status")["trace"]
    healthy_pair.unharmed()


def test_a_connector_that_hangs_in_start_holds_up_nobody_else(healthy_pair, topic):
    import threading

    thread = threading.Thread(
        target=verifiable_source, args=(healthy_pair, "stuck", topic + "-stuck", "connector.start:hang"), daemon=True)
    thread.start()
    healthy_pair.unharmed()
    assert healthy_pair.request("GET", "/health")[0] == 200


def test_tasks_that_all_block_stop_neither_the_worker_nor_the_other_connectors(healthy_pair, topic):
    config = {
        "connector.class": VERIFIABLE, "tasks.max": "600", "topic": topic + "-block", "native.output": "none",
        "native.faults": "poll:hang"}
    healthy_pair.request("PUT", "/connectors/blocking/config", config)
    eventually("the log says so", lambda: "taken by calls that block" in healthy_pair.log.read_text(), 60)
    assert healthy_pair.log.read_text().count("taken by calls that block") == 1
    healthy_pair.unharmed()
    eventually("offsets are stored", lambda: healthy_pair.get("/connectors/good-src/offsets")["offsets"])
    message = refused(healthy_pair, {"connector.class": "FileStreamSource", "tasks.max": "many"})
    assert "Not a number" in message
    assert healthy_pair.request("DELETE", "/connectors/blocking")[0] == 204
    eventually("there are threads again", lambda: "enough threads" in healthy_pair.log.read_text(), 60)
    healthy_pair.unharmed()
