"""Nothing lost, order kept: the worker killed and stopped, the broker killed, paused and absent (scenarios ST-1, ST-3, ST-5)."""
import os
import random
import time

import pytest

from conftest import Broker, Notifications, Writer, end_of, eventually, lines_in, lines_of
from offsets import committed_at_last, stored_line
from sequences import check_path, check_sequence, number_of

KILLS = int(os.environ.get("KILLS", "6"))
# How often offsets are flushed where the worker is killed, and how much later the flush may be done on a busy machine.
FLUSH_SECONDS, FLUSH_MARGIN_SECONDS = 0.1, 1.0


def pair(worker, source, sink, topic):
    worker.file_source("pair-src", source, topic)
    worker.file_sink("pair-snk", sink, topic)


def connector_files(worker, source, sink, topic):
    return [
        worker.connector_file("pair-src", connector__class="FileStreamSource", file=source, topic=topic),
        worker.connector_file("pair-snk", connector__class="FileStreamSink", file=sink, topics=topic),
    ]


def newest(sink):
    """The number of the last line that arrived; -1 while there is none."""
    return next((number_of(line) for line in reversed(end_of(sink))), -1)


def test_killed_again_and_again_nothing_is_lost_and_what_comes_again_is_what_came_since_the_last_flush(
        make_worker, broker, topic, tmp_path):
    source, sink, offsets_file = tmp_path / "in.txt", tmp_path / "out.txt", tmp_path / "connect.offsets"
    writer = Writer(source)
    settings = {"consumer.session.timeout.ms": "6000", "offset.flush.interval.ms": str(int(FLUSH_SECONDS * 1000))}
    group = "connect-pair-snk"
    if broker.kind == "noida":
        # noida-db lets no dead member go: others wait for it for max.poll.interval.ms, and then for ever, because it names the
        # dead one their leader (Java's consumer hangs as well). A static member takes over from the one before it.
        group = topic
        settings |= {"consumer.group.id": group, "consumer.group.instance.id": "pair-snk"}
    worker = make_worker(settings=settings)
    files = connector_files(worker, source, sink, topic)
    rng = random.Random(7)
    # Where each side stood when it was killed: the one's next line, the other's next offset; and lines that neither may repeat.
    stored, commits, flushed = [], [], []
    for number in range(KILLS):
        before, written = newest(sink), writer.written
        worker.start(*files)
        # Most kills hit a flowing pipeline, some of them right at its start, before the first flush; some hit start-up.
        kind = ("flushed", "flowing", "any")[number] if number < 3 else rng.choice(("flushed", "flushed", "flowing", "flowing", "any"))
        if kind == "flushed":
            eventually("a line of this time arrived", lambda: newest(sink) > written, seconds=60)
            line = newest(sink)
            time.sleep(FLUSH_SECONDS + FLUSH_MARGIN_SECONDS)
            flushed.append((number, line))
        elif kind == "flowing":
            eventually("lines flow", lambda: newest(sink) > before, seconds=60)
        time.sleep(rng.uniform(0, 0.3))
        worker.kill()
        stored.append(stored_line(offsets_file, source, "pair-src"))
        commits.append(committed_at_last(broker.servers, group, topic))
    count = writer.finish()
    worker.start(*files)
    eventually("the last line arrived", lambda: newest(sink) == count - 1, seconds=90)
    in_topic = lines_in(broker.servers, topic)
    eventually("what comes again has come", lambda: committed_at_last(broker.servers, group, topic) == len(in_topic), seconds=90)
    written_twice = check_path(in_topic, [f"line-{number}" for number in range(count)], stored)
    given_twice = check_path(lines_of(sink), in_topic, commits)
    for kill, line in flushed:
        assert stored[kill] > line, f"kill {kill}: the source's position is older than its flush interval"
        assert number_of(in_topic[commits[kill] - 1]) >= line, f"kill {kill}: the sink's commit is older than its flush interval"
    print(f"{KILLS} kills, {len(flushed)} of them after a flush, {count} lines, {written_twice} came twice to the topic, "
          f"{given_twice} more to the sink")
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
    rate = 2000
    writer = Writer(source, per_second=rate)
    worker = make_worker(servers=own_broker.servers)
    worker.start(*connector_files(worker, source, sink, topic))
    eventually("lines flow", lambda: len(lines_of(sink)) > 100, seconds=60)

    def flows_again():
        before = len(lines_of(sink))
        eventually("lines flow again", lambda: len(lines_of(sink)) > before + 2000, seconds=90)

    faults, began = 1, time.monotonic()
    own_broker.fault("pause")
    cpu = worker.cpu_seconds()
    time.sleep(3)
    # A worker that spins while its broker hangs would burn seconds here.
    assert worker.cpu_seconds() - cpu < 1.0
    own_broker.fault("resume")
    flows_again()
    if own_broker.kind == "apache":
        # noida-db does not promise that acknowledged records survive its SIGKILL.
        faults += 1
        own_broker.fault("kill")
        time.sleep(1)
        own_broker.fault("restart")
        flows_again()
    seconds = time.monotonic() - began
    assert worker.task_state("pair-src") == "RUNNING" and worker.task_state("pair-snk") == "RUNNING"
    count = writer.finish()
    eventually("the last line arrived", lambda: lines_of(sink)[-1:] == [f"line-{count - 1}"], seconds=90)
    # The producer outlived it all, and repeats nothing. A consumer whose group lost it goes back to its last commit.
    assert lines_in(own_broker.servers, topic) == [f"line-{number}" for number in range(count)]
    duplicates = check_sequence(lines_of(sink), count, most_runs=faults, most_repeated=int(faults * rate * (0.5 + seconds)))
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
