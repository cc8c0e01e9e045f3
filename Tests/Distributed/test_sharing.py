"""Work is shared: scale out, a worker killed, stopped, replaced; nothing lost, order kept, nothing twice where stops are clean."""
import json
import time

from cluster import FLUSH_SECONDS, SESSION_SECONDS, work
from numbers_flow import Numbers
from sequences import check_order, check_sequences, runs_of
from workers import Writer, end_of, eventually, lines_of

SOURCES = 4
# How much older than its interval says the last flush may be when a task ends, on a busy machine.
FLUSH_MARGIN_SECONDS = 2


def sources(worker, tmp_path, topic, count=SOURCES, shared=False):
    """Connectors that each read a file that nobody writes to yet, into a topic each or into one."""
    for number in range(count):
        (tmp_path / f"in{number}").touch()
        worker.file_source(f"src{number}", tmp_path / f"in{number}", topic if shared else f"{topic}-{number}")
    return work(**{f"src{number}": 1 for number in range(count)})


class Flow:
    """Numbered lines of several files through as many topics, or one, into one file, while workers come and go."""

    def __init__(self, worker, tmp_path, topic, count=SOURCES, per_second=1000, shared=False):
        self.writers = [Writer(tmp_path / f"in{number}", per_second, f"s{number}") for number in range(count)]
        self.sink, self.per_second = tmp_path / "out", per_second
        self.expected = sources(worker, tmp_path, topic, count, shared)
        # A topic that is not there when the consumer starts would be found a metadata refresh later.
        eventually("the topics exist", lambda: set(worker.placement_names()) >= self.expected)
        topics = [topic if shared else f"{topic}-{number}" for number in range(count)]
        for number, each in enumerate(topics):
            eventually("lines are in the topic", lambda n=number, t=each: worker.has_topic(f"src{n}", t))
        worker.file_sink("snk", self.sink, ",".join(sorted(set(topics))), tasks__max=2, consumer__override__metadata__max__age__ms=1000)
        self.expected |= work(snk=2)

    def await_lines(self, more=500):
        """So many more lines of each source arrive."""
        before = [self.newest(number) for number in range(len(self.writers))]
        for number, newest in enumerate(before):
            eventually(f"lines of s{number} flow", lambda n=number, at=newest: self.newest(n) >= at + more, seconds=90)

    def newest(self, number):
        prefix = f"s{number}-"
        return next((int(line[len(prefix):]) for line in reversed(end_of(self.sink)) if line.startswith(prefix)), -1)

    def bounds(self, faults, away):
        """What may come again of each source after so many faults, each of which kept lines from flowing for so many seconds.

        A fault ends the source's task or the sink's once, or both. Each goes back to its last flush.
        """
        repeated = 2 * faults * self.per_second * (FLUSH_SECONDS + FLUSH_MARGIN_SECONDS + away)
        return {"most_runs": runs_of(faults), "most_repeated": int(repeated)}

    def so_far(self, faults=0, away=0):
        """Checks what has arrived by now; returns the number of duplicates."""
        return check_order(lines_of(self.sink), **self.bounds(faults, away))[1]

    def finish(self, seconds=90, faults=0, away=0):
        """Ends the writing and waits for the last lines; returns the number of duplicates."""
        counts = {f"s{number}": writer.finish() for number, writer in enumerate(self.writers)}
        lasts = [count - 1 for count in counts.values()]
        eventually(
            "the last lines arrived", lambda: [self.newest(number) for number in range(len(lasts))] == lasts, seconds)
        duplicates = check_sequences(lines_of(self.sink), counts, **self.bounds(faults, away))
        print(f"{sum(counts.values())} lines, {duplicates} duplicates")
        return duplicates


def test_workers_that_join_take_over_their_share_and_what_stays_keeps_running(cluster, tmp_path, topic):
    first, = cluster.start(1)
    expected = sources(first, tmp_path, topic, 6)
    cluster.await_running(expected)
    began = time.monotonic()
    second, third = cluster.start(2)
    placement = cluster.await_balanced(expected)
    print(f"1 → 3 workers: balanced after {time.monotonic() - began:.2f} s")
    # What did not move was not stopped: its start stands once in the log.
    for name in (name for name, at in placement.items() if name.endswith("-0") and at[1] == first.id):
        assert first.log.read_text().count(f"[{name[:-2]}|task-0] The task is RUNNING") == 1, name
    # Each worker says the same.
    for worker in (second, third):
        cluster.await_running(expected, through=worker)
        assert cluster.placement(worker) == placement


def test_a_connector_may_be_created_on_any_worker(cluster, tmp_path, topic):
    cluster.start(3)
    leader = cluster.leader()
    for number, worker in enumerate(cluster.workers):
        path = tmp_path / f"in{number}"
        path.write_text("one\n")
        config = {"connector.class": "FileStreamSource", "file": str(path), "topic": f"{topic}-{number}"}
        if number == 0:
            status, body = worker.request("POST", "/connectors", {"name": "c0", "config": config})
        else:
            status, body = worker.request("PUT", f"/connectors/c{number}/config", config)
        assert status == 201 and body["name"] == f"c{number}", (worker is leader, body)
        # Read your own write, at the leader and on the worker that was asked.
        for each in (leader, worker):
            eventually("the connector is known", lambda w=each, n=number: f"c{n}" in w.get("/connectors"))
    cluster.await_balanced(work(c0=1, c1=1, c2=1))


def test_what_a_killed_worker_ran_runs_elsewhere_when_its_session_is_over(cluster, tmp_path, topic):
    cluster.start(3)
    flow = Flow(Probe(cluster), tmp_path, topic)
    placement = cluster.await_balanced(flow.expected)
    flow.await_lines()
    victim = cluster.leader()
    lost = {name for name, at in placement.items() if at[1] == victim.id}
    assert lost
    began = time.monotonic()
    victim.kill()
    cluster.await_balanced(flow.expected)
    seconds = time.monotonic() - began
    print(f"SIGKILL of the leader with {len(lost)} of {len(placement)}: all RUNNING after {seconds:.2f} s, "
          f"session {SESSION_SECONDS} s")
    assert seconds < SESSION_SECONDS + 4
    flow.await_lines()
    flow.finish(faults=1)


def test_what_a_worker_ran_that_stops_is_unassigned_and_then_runs_elsewhere_with_nothing_twice(cluster, tmp_path, topic):
    cluster.start(3)
    flow = Flow(Probe(cluster), tmp_path, topic)
    for victim in (cluster.followers()[0], cluster.leader()):
        placement = cluster.await_running(flow.expected)
        flow.await_lines()
        moved = {name for name, at in placement.items() if at[1] == victim.id}
        began = time.monotonic()
        assert victim.terminate() == 0
        stopped = time.monotonic()
        cluster.await_running(flow.expected)
        now = time.monotonic()
        print(f"SIGTERM with {len(moved)} of {len(placement)}: gone after {stopped - began:.2f} s, all RUNNING after "
              f"{now - began:.2f} s")
        seen = states(cluster)
        for name in moved:
            assert ("UNASSIGNED", victim.id) in seen[name], (name, seen[name])
            unassigned = max(index for index, each in enumerate(seen[name]) if each == ("UNASSIGNED", victim.id))
            assert any(state == "RUNNING" and at != victim.id for state, at in seen[name][unassigned:]), seen[name]
    flow.await_lines()
    assert flow.finish() == 0


def test_a_rolling_restart_loses_nothing_and_repeats_nothing(cluster, tmp_path, topic):
    workers = cluster.start(3)
    flow = Flow(Probe(cluster), tmp_path, topic, count=2)
    numbers = Numbers(Probe(cluster), cluster.servers, tmp_path, topic)
    expected = flow.expected | numbers.expected
    for worker in workers:
        cluster.await_running(expected)
        flow.await_lines(200)
        began = time.monotonic()
        assert worker.terminate() == 0
        cluster.await_running(expected)
        elsewhere = time.monotonic() - began
        worker.start()
        cluster.await_balanced(expected)
        print(f"{worker.name}: elsewhere after {elsewhere:.2f} s, back and balanced {time.monotonic() - began:.2f} s")
    flow.await_lines(200)
    assert numbers.finish(workers[1]) == (0, 0)
    assert flow.finish() == 0


def states(cluster):
    """Every state of connectors and tasks that the status topic holds, in order."""
    found = {}
    for record in cluster.dump("status"):
        kind, _, name = record["key"].partition("-")
        name = name.removeprefix("connector-").removeprefix("task-")
        if kind == "status" and record["payload"]:
            value = json.loads(record["payload"])
            if "state" in value and "topic" not in value:
                found.setdefault(name, []).append((value["state"], value["worker_id"]))
    return found


class Probe:
    """Asks whichever worker of a cluster is alive."""

    def __init__(self, cluster):
        self.cluster = cluster

    def __getattr__(self, name):
        return getattr(self.cluster.alive()[0], name)

    def placement_names(self):
        return self.cluster.placement()

    def has_topic(self, connector, topic):
        return topic in self.get(f"/connectors/{connector}/topics")[connector]["topics"]
