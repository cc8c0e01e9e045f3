"""Faults: a worker that hangs, a broker that goes, garbage in the internal topics, topics that cannot be used."""
import datetime
import re
import shutil
import signal
import time

import pytest

from cluster import SESSION_SECONDS, Cluster, produce, work
from test_sharing import Flow, Probe
from topics import make_topic, remove_topic
from workers import BUILT, eventually, lines_of


def test_a_worker_that_hangs_for_two_sessions_loses_its_work_and_writes_nothing_when_it_wakes(cluster, tmp_path, topic):
    cluster.start(3)
    flow = Flow(Probe(cluster), tmp_path, topic)
    placement = cluster.await_running(flow.expected)
    flow.await_lines()
    victim = next(each for each in cluster.followers()
                  if any(at[1] == each.id and name.startswith("src") and name.endswith("-0") for name, at in placement.items()))
    held = {name for name, at in placement.items() if at[1] == victim.id}
    others = [each for each in cluster.workers if each is not victim]
    began = time.monotonic()
    victim.process.send_signal(signal.SIGSTOP)
    cluster.await_running(flow.expected, among=others, through=others[0])
    elsewhere = time.monotonic() - began
    flow.await_lines()
    eventually("two sessions have passed", lambda: time.monotonic() > began + 2 * SESSION_SECONDS, every=0.2)
    size = victim.log.stat().st_size
    woke = time.monotonic()
    wall = time.time()
    victim.process.send_signal(signal.SIGCONT)
    eventually("it has noticed", lambda: "The group is settled" in victim.log.read_text()[size:], every=0.005)
    noticed = time.monotonic() - woke
    cluster.await_balanced(flow.expected)
    flow.await_lines()
    duplicates = flow.finish(faults=1)
    ended = [stamp(line) - wall for line in victim.log.read_text()[size:].splitlines() if "UNASSIGNED" in line]
    assert len(ended) >= len(held), f"of {held} only {len(ended)} ended on {victim.name} after it woke"
    print(f"SIGSTOP of {len(held)}: elsewhere after {elsewhere:.2f} s; after SIGCONT a member again after {noticed:.2f} s, "
          f"its old instances ended {max(ended):.3f} s after SIGCONT (overlap), {duplicates} duplicates")
    assert max(ended) < 3
    # What was written since the offsets that the others began with; not what it had read and not sent, nor what has come since.
    assert duplicates < 5000


def test_what_was_handed_to_a_leader_that_hangs_is_answered_once_another_leads(cluster, tmp_path, topic):
    cluster.start(3)
    (tmp_path / "in").touch()
    leader, asked = cluster.leader(), cluster.followers()[0]
    asked.file_source("src", tmp_path / "in", topic)
    cluster.await_running(work(src=1))
    leader.process.send_signal(signal.SIGSTOP)
    began = time.monotonic()
    status, body = asked.request("PUT", "/connectors/src/stop", check=False)
    took = time.monotonic() - began
    print(f"answered {took:.2f} s after the leader began to hang: {status} {body}")
    assert status == 500 and "may have been carried out" in body["message"], (status, body)
    assert took < 4 * SESSION_SECONDS
    # And the new leader does what is asked next.
    eventually("it is stopped", lambda: asked.request("PUT", "/connectors/src/stop", check=False)[0] == 204)
    leader.process.send_signal(signal.SIGCONT)
    eventually("all know it", lambda: {each.state("src") for each in cluster.workers} == {"STOPPED"})


@pytest.mark.parametrize("what", ["configs", "offsets", "status"])
def test_an_internal_topic_that_is_made_anew_is_told_with_what_to_do_and_work_goes_on(cluster, java_home, tmp_path, topic, what):
    worker, = cluster.start(1)
    (tmp_path / "in").write_text("one\n")
    worker.file_source("src", tmp_path / "in", topic)
    cluster.await_running(work(src=1))
    eventually("the offset is stored", lambda: worker.get("/connectors/src/offsets")["offsets"])
    name = f"{cluster.group}-{what}"
    key = {"configs": "config", "offsets": "offset", "status": "status"}[what]
    before = {path: worker.get(path) for path in ("/connectors/src", "/connectors/src/offsets")}
    remove_topic(cluster.servers, name)
    make_topic(cluster.servers, name, partitions={"configs": 1, "offsets": 25, "status": 5}[what], cleanup__policy="compact")
    # The next question about the topic finds it: a status, an offset or a configuration that is written.
    with open(tmp_path / "in", "a") as file:
        file.write("two\n")
    worker.file_source("other", tmp_path / "other", f"{topic}-o")
    line = eventually("it is told", lambda: next(
        (line for line in worker.log.read_text().splitlines() if f"Topic {name} ({key}.storage.topic) was deleted and made anew" in line), None),
        seconds=60)
    assert "ERROR" in line and {"configs": "PUT each", "offsets": "PATCH them", "status": "includeTasks=true"}[what] in line, line
    cluster.await_running(work(src=1, other=1))
    assert worker.get("/connectors/src") == before["/connectors/src"]
    if what == "offsets":
        eventually("the next offset is stored", lambda: worker.get("/connectors/src/offsets") != before["/connectors/src/offsets"])
        eventually("it is in the new topic", lambda: cluster.dump("offsets"))
    if what == "configs":
        # As the message says.
        worker.file_source("src", tmp_path / "in", topic)
        eventually("the connector is in the new topic with its task", lambda: {
            "connector-src", "task-src-0", "commit-src"} <= {each["key"] for each in cluster.dump("configs")})
    assert worker.terminate() == 0


def stamp(line):
    """Seconds since 1970 of a log line."""
    return datetime.datetime.fromisoformat(line.split(" ", 1)[0].replace("Z", "+00:00")).timestamp()


@pytest.mark.parametrize("how", ["as_it_wakes", "while_brokers_hang"])
def test_a_worker_whose_session_has_run_out_ends_in_time(make_cluster, own_broker, tmp_path, topic, how):
    cluster = make_cluster(own_broker)
    cluster.start(2)
    flow = Flow(Probe(cluster), tmp_path, topic, count=2)
    cluster.await_running(flow.expected)
    flow.await_lines()
    victim = cluster.workers[-1]
    wake = False
    try:
        if how == "as_it_wakes":
            others = [each for each in cluster.workers if each is not victim]
            victim.process.send_signal(signal.SIGSTOP)
            wake = True
            cluster.await_running(flow.expected, among=others, through=others[0])
        else:
            # Its tasks have records that nobody has acknowledged, and offsets that nobody stores.
            own_broker.fault("pause")
            eventually("it has noticed", lambda: "all work stops here" in victim.log.read_text(), seconds=60)
        began = time.monotonic()
        victim.process.send_signal(signal.SIGTERM)
        if wake:
            victim.process.send_signal(signal.SIGCONT)
        assert victim.process.wait(30) == 0
        took = time.monotonic() - began
    finally:
        if how == "while_brokers_hang":
            own_broker.fault("resume")
    print(f"ended {took:.2f} s after SIGTERM")
    # What tasks and connectors may take, the last answers of Kafka, and the goodbye to the group.
    assert took < 15
    others = cluster.alive()
    cluster.await_running(flow.expected, among=others, through=others[0])
    flow.await_lines()
    print(f"{flow.finish(faults=1, away=time.monotonic() - began)} duplicates")


def test_when_the_broker_is_killed_and_comes_back_all_work_comes_back(make_cluster, own_broker, tmp_path, topic):
    cluster = make_cluster(own_broker)
    cluster.start(3)
    flow = Flow(Probe(cluster), tmp_path, topic, count=2)
    cluster.await_running(flow.expected)
    flow.await_lines()
    killed = time.monotonic()
    own_broker.fault("kill")
    eventually("all have noticed", lambda: all(
        "all work stops here" in each.log.read_text() or not runs_something(each) for each in cluster.workers))
    own_broker.fault("restart")
    began = time.monotonic()
    flow.await_lines()
    cluster.await_running(flow.expected)
    print(f"all RUNNING {time.monotonic() - began:.2f} s after the broker came back")
    for worker in cluster.workers:
        eventually(f"{worker.name} is healthy", worker.is_healthy)
    flow.await_lines()
    print(f"{flow.finish(faults=1, away=time.monotonic() - killed)} duplicates over a broker's SIGKILL")
    for worker in cluster.workers:
        assert worker.terminate() == 0


def runs_something(worker):
    settled = re.findall(r"The group is settled .*connectors=(\d+) tasks=(\d+)", worker.log.read_text())
    return settled and settled[-1] != ("0", "0")


GARBAGE = [
    (b"", b"not json"), (b"\xff\xfe", b"{}"), (b"connector-", b"{}"), (b"connector-x", b"[]"), (b"connector-y", b'{"properties": 7}'),
    (b"task-x-notanumber", b'{"properties": {}}'), (b"task-x-99999999999", b'{"properties": {}}'), (b"commit-x", b'{"tasks": -5}'),
    (b"commit-nobody", b'{"tasks": 2147483647}'), (b"target-state-x", b'{"state": "DANCING"}'), (b"session-key", b'{"key": 1}'),
    (b"restart-connector-x", b'{"include-tasks": "?"}'), (b"status-task-x-", b"{}"), (b"status-connector-", b'{"state":"RUNNING"}'),
    (b"status-connector-z", b'{"state": "SINGING", "generation": "x"}'), (b"status-topic-x:connector-y", b"7"),
    (b'["snk", 7]', b"{}"), (b'["nobody", {"a": 1}]', b"\x80\x80"), (b"[" * 2000, b"]" * 2000), (b'[]', None), (b"unknown", b"\x00" * 50),
]


def test_garbage_in_the_internal_topics_is_passed_over_before_and_after_a_restart(cluster, tmp_path, topic):
    first, = cluster.start(1)
    path, sink = tmp_path / "in", tmp_path / "out"
    path.write_text("one\n")
    first.file_source("src", path, topic)
    cluster.await_running(work(src=1))
    for kind in ("configs", "offsets", "status"):
        for key, value in GARBAGE:
            produce(cluster.servers, f"{cluster.group}-{kind}", key, value)
    eventually("the line is in the topic", lambda: topic in first.get("/connectors/src/topics")["src"]["topics"])
    first.file_sink("snk", sink, topic)
    expected = work(src=1, snk=1)
    eventually("the line came", lambda: lines_of(sink) == ["one"])
    assert is_expected(first, expected)
    # The worker that joins reads the garbage from the beginning.
    second, = cluster.start(1)
    eventually("the same is seen there", lambda: is_expected(second, expected))
    assert first.terminate() == 0
    eventually("the work runs there", lambda: all(
        at == ("RUNNING", second.id) for name, at in cluster.placement(second).items() if name in expected))
    with open(path, "a") as file:
        file.write("two\n")
    eventually("the second line came", lambda: lines_of(sink) == ["one", "two"])
    assert second.process.poll() is None and second.is_healthy()


def test_thousands_of_tasks_that_fail_hold_up_neither_the_worker_nor_its_end(cluster, topic):
    worker, = cluster.start(1)
    began = time.monotonic()
    worker.put_connector(
        "many", connector__class="VerifiableSource", tasks__max=5000, topic=topic, native__output="none",
        native__faults="start:fail")

    def failed():
        status, body = worker.request("GET", "/connectors/many/status", check=False)
        return status == 200 and sum(1 for each in body["tasks"] if each["state"] == "FAILED") == 5000

    eventually("all have failed", failed, seconds=60, every=0.5)
    print(f"5000 tasks failed within {time.monotonic() - began:.1f} s, {worker.cpu_seconds():.1f} s of CPU")
    assert worker.cpu_seconds() < 5
    assert worker.terminate() == 0


def test_a_task_on_a_worker_without_its_class_fails_and_says_what_is_missing_where(make_cluster, topic):
    cluster = make_cluster(plugins=("file",))
    knowing, lacking = cluster.make(), cluster.make()
    shutil.copy(BUILT / "libkafka-connect-verifiable.so", knowing.folder / "plugins" / "kafka-connect-verifiable.so")
    for worker in (knowing, lacking):
        worker.start()
    knowing.put_connector(
        "ver", connector__class="VerifiableSource", tasks__max=4, topic=topic, throughput=10, native__output="none")

    def failed():
        status, body = lacking.request("GET", "/connectors/ver/status", check=False)
        tasks = body["tasks"] if status == 200 else []
        return len(tasks) == 4 and [each for each in tasks if each["state"] == "FAILED"]

    for task in eventually("tasks on the worker without the class have failed", failed):
        assert task["worker_id"] == lacking.id and "VerifiableSource" in task["trace"] and str(lacking.folder) in task["trace"], task
    # Put there, it is found by a restart of the worker.
    shutil.copy(BUILT / "libkafka-connect-verifiable.so", lacking.folder / "plugins" / "kafka-connect-verifiable.so")
    assert lacking.terminate() == 0
    lacking.start()
    cluster.await_balanced(work(ver=4))


def is_expected(worker, expected):
    found = {name for name, at in Cluster.placement(None, worker).items() if at[0] == "RUNNING"}
    return expected <= found


@pytest.mark.parametrize("kind, key", [("configs", "config.storage.topic"), ("status", "status.storage.topic"), ("offsets", "offset.storage.topic")])
def test_a_topic_that_is_not_compacted_ends_the_worker_with_a_clear_error(cluster, kind, key):
    make_topic(cluster.servers, f"{cluster.group}-{kind}", cleanup__policy="delete")
    worker = cluster.make()
    worker.start(wait=False)
    assert worker.process.wait(30) == 1
    said = worker.log.read_text()
    assert f"{cluster.group}-{kind}" in said and key in said and "cleanup.policy=compact" in said, said


def test_a_config_topic_of_several_partitions_ends_the_worker_with_a_clear_error(cluster):
    make_topic(cluster.servers, f"{cluster.group}-configs", partitions=2, cleanup__policy="compact")
    worker = cluster.make()
    worker.start(wait=False)
    assert worker.process.wait(30) == 1
    assert "exactly one partition" in worker.log.read_text()
