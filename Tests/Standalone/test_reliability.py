"""Nothing lost, order kept: the worker killed and stopped, the broker killed, paused and absent (scenarios ST-1, ST-3, ST-5)."""
import os
import random
import time

import pytest

from conftest import Broker, Notifications, Writer, check_sequence, eventually, lines_of

KILLS = int(os.environ.get("KILLS", "6"))


def pair(worker, source, sink, topic):
    worker.file_source("pair-src", source, topic)
    worker.file_sink("pair-snk", sink, topic)


def connector_files(worker, source, sink, topic):
    return [
        worker.connector_file("pair-src", connector__class="FileStreamSource", file=source, topic=topic),
        worker.connector_file("pair-snk", connector__class="FileStreamSink", file=sink, topics=topic),
    ]


def test_killed_again_and_again_nothing_is_lost_and_order_is_kept(make_worker, broker, topic, tmp_path):
    source, sink = tmp_path / "in.txt", tmp_path / "out.txt"
    writer = Writer(source)
    settings = {"consumer.session.timeout.ms": "6000"}
    if broker.kind == "noida":
        # noida-db lets no dead member go: others wait for it for max.poll.interval.ms, and then for ever, because it names the
        # dead one their leader (Java's consumer hangs as well). A static member takes over from the one before it.
        settings |= {"consumer.group.id": topic, "consumer.group.instance.id": "pair-snk"}
        # Nothing waits for a session to end here, so commits must be as quick for kills to come between them.
        settings |= {"offset.flush.interval.ms": "50"}
    worker = make_worker(settings=settings)
    files = connector_files(worker, source, sink, topic)
    rng = random.Random(7)
    for _ in range(KILLS):
        before = len(lines_of(sink))
        worker.start(*files)
        # Most kills hit a flowing pipeline, some hit start-up.
        if rng.random() < 0.8:
            eventually("lines flow", lambda: len(lines_of(sink)) > before, seconds=60)
        time.sleep(rng.uniform(0, 0.3))
        worker.kill()
    count = writer.finish()
    worker.start(*files)
    last = f"line-{count - 1}"
    eventually("the last line arrived", lambda: lines_of(sink)[-1:] == [last], seconds=90)
    duplicates = check_sequence(lines_of(sink), count)
    print(f"{KILLS} kills, {count} lines, {duplicates} duplicates")
    assert worker.terminate() == 0


def test_a_stop_by_sigterm_commits_everything_so_that_no_line_comes_twice(make_worker, topic, tmp_path):
    source, sink = tmp_path / "in.txt", tmp_path / "out.txt"
    writer = Writer(source)
    worker = make_worker()
    files = connector_files(worker, source, sink, topic)
    for _ in range(3):
        before = len(lines_of(sink))
        worker.start(*files)
        eventually("lines flow", lambda: len(lines_of(sink)) > before + 100, seconds=60)
        began = time.monotonic()
        assert worker.terminate() == 0
        assert time.monotonic() - began < 10
    count = writer.finish()
    worker.start(*files)
    eventually("the last line arrived", lambda: lines_of(sink)[-1:] == [f"line-{count - 1}"], seconds=60)
    assert check_sequence(lines_of(sink), count) == 0


def test_a_broker_that_is_killed_and_paused_stops_the_flow_for_a_while_only(make_worker, own_broker, topic, tmp_path):
    source, sink = tmp_path / "in.txt", tmp_path / "out.txt"
    writer = Writer(source, per_second=2000)
    worker = make_worker(servers=own_broker.servers)
    worker.start(*connector_files(worker, source, sink, topic))
    eventually("lines flow", lambda: len(lines_of(sink)) > 100, seconds=60)

    def flows_again():
        before = len(lines_of(sink))
        eventually("lines flow again", lambda: len(lines_of(sink)) > before + 2000, seconds=90)

    own_broker.fault("pause")
    cpu = worker.cpu_seconds()
    time.sleep(3)
    # A worker that spins while its broker hangs would burn seconds here.
    assert worker.cpu_seconds() - cpu < 1.0
    own_broker.fault("resume")
    flows_again()
    if own_broker.kind == "apache":
        # noida-db does not promise that acknowledged records survive its SIGKILL.
        own_broker.fault("kill")
        time.sleep(1)
        own_broker.fault("restart")
        flows_again()
    assert worker.task_state("pair-src") == "RUNNING" and worker.task_state("pair-snk") == "RUNNING"
    count = writer.finish()
    eventually("the last line arrived", lambda: lines_of(sink)[-1:] == [f"line-{count - 1}"], seconds=90)
    duplicates = check_sequence(lines_of(sink), count)
    print(f"{count} lines, {duplicates} duplicates")


def test_without_a_broker_the_worker_waits_says_so_and_is_ready_within_a_second_of_its_coming(make_worker, tmp_path, topic):
    broker = Broker(tmp_path / "late-broker")
    if not broker.can_fail:
        pytest.skip("the broker was given from outside and cannot come late")
    seconds = float(os.environ.get("ABSENT_SECONDS", "4"))
    source = tmp_path / "in.txt"
    source.write_text("one\n")
    worker = make_worker(servers=f"127.0.0.1:{broker.port}")
    notifications = Notifications(tmp_path / "notify")
    worker.environment["NOTIFY_SOCKET"] = str(notifications.path)
    worker.environment["WATCHDOG_USEC"] = "2000000"
    worker.start(worker.connector_file("pair-src", connector__class="FileStreamSource", file=source, topic=topic), wait=False)
    eventually("STATUS names the broker", lambda: notifications.has(f"127.0.0.1:{broker.port}"), seconds=10)
    status, health = eventually(
        "health answers", lambda: worker.request("GET", "/health", check=False), seconds=10)
    assert status == 503 and health["status"] == "starting" and str(broker.port) in health["message"]
    assert worker.request("GET", "/connectors", check=False)[0] == 503
    deadline = time.monotonic() + seconds
    eventually("the wait is over", lambda: time.monotonic() > deadline, seconds=seconds + 5)
    assert worker.process.poll() is None and not notifications.has("READY=1")
    assert worker.cpu_seconds() < 1.0
    broker.start()
    try:
        came = time.monotonic()
        eventually("READY", lambda: notifications.has("READY=1"), seconds=20)
        # The broker answers a moment before its script says so.
        assert notifications.when("READY=1") - came < 1.0
        worker.await_task("pair-src", "RUNNING")
        eventually("WATCHDOG", lambda: notifications.has("WATCHDOG=1"), seconds=10)
        assert worker.terminate() == 0
        assert notifications.has("STOPPING=1")
    finally:
        broker.stop()
