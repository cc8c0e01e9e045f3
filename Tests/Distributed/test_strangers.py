"""What others do to a cluster's topics: workers of another group, and records that make no sense."""
import time

from cluster import produce, work
from sequences import check_sequence
from test_sharing import Flow, Probe
from workers import Writer, eventually, lines_of

HUGE = b'{"properties": {"x": "' + b"y" * 900_000 + b'"}}'


def test_workers_of_another_group_on_the_same_topics_disturb_neither_group(make_cluster, tmp_path, topic):
    """A mistake, by which each group runs every connector; nothing may storm, and each goes on when the other leaves."""
    ours = make_cluster()
    first, second = ours.start(2)
    shared = {f"{kind}.storage.topic": f"{ours.group}-{name}"
              for kind, name in (("config", "configs"), ("offset", "offsets"), ("status", "status"))}
    (tmp_path / "theirs").mkdir()
    theirs = make_cluster(folder=tmp_path / "theirs", settings=shared)
    third, = theirs.start(1)
    expected = set()
    for number, worker in enumerate((first, third)):
        (tmp_path / f"in{number}").touch()
        worker.file_source(f"src{number}", tmp_path / f"in{number}", f"{topic}-{number}")
        expected |= work(**{f"src{number}": 1})
    everybody = [first, second, third]

    def all_run():
        return all(
            count_starts(group, name) >= 1 for group in ([first, second], [third]) for name in ("src0", "src1"))

    eventually("each group runs both", all_run)
    ours.await_running(expected, among=everybody)
    eventually("it is quiet", lambda: quiet([ours, theirs], ours), seconds=60, every=0)
    third.request("PUT", "/connectors/src0/pause")
    eventually("both groups pause", lambda: {each.task_state("src0") for each in everybody} == {"PAUSED"})
    second.request("PUT", "/connectors/src0/resume")
    ours.await_running(expected, among=everybody)
    assert third.terminate() == 0
    writer = Writer(tmp_path / "in0", 500)
    first.file_sink("snk", tmp_path / "out", f"{topic}-0")
    eventually("lines flow", lambda: len(lines_of(tmp_path / "out")) > 500)
    count = writer.finish()
    eventually("the last came", lambda: lines_of(tmp_path / "out")[-1:] == [f"line-{count - 1}"])
    check_sequence(lines_of(tmp_path / "out"), count)
    assert all(each.is_healthy() for each in (first, second))


def count_starts(workers, name):
    return sum(each.log.read_text().count(f"[{name}|task-0] The task was started") for each in workers)


def quiet(clusters, ours):
    """Whether nothing is written to the config and status topics, and no round begins, for three seconds."""

    def seen():
        return ([len(ours.dump(kind)) for kind in ("configs", "status")], [each.rounds() for each in clusters])
    before = seen()
    time.sleep(3)
    return before == seen()


# By topic: what is neither JSON nor what the worker would write, also under keys that are in use.
GARBAGE = {
    "configs": [
        (b"connector-src0", b"not json"), (b"connector-src0", b"[]"), (b"connector-src0", b'{"properties": "x"}'),
        (b"task-src0-0", b"\xff\xfe\x00"), (b"task-src0-0", b"{}"),
        (b"task-src0-", HUGE), (b"task-src0-1e3", b"{}"), (b"task-src0--1", b'{"properties": {}}'), (b"commit-src0", b'{"tasks": "one"}'),
        (b"commit-src0", b'{"tasks": 1.5}'), (b"commit-src0", b"{}"), (b"commit-src0", None), (b"target-state-src0", b'{"state": 7}'),
        (b"target-state-src0", b'{"state": "RUNNING"}'), (b"session-key", None), (b"session-key", b'{"key": "", "algorithm": 1}'),
        (b"session-key", b'{"key": "!!", "algorithm": "HmacSHA256", "creation-timestamp": 1}'), (b"restart-connector-src0", b"[]"),
        (b"unknown", HUGE), (b"x" * 30_000, b"{}"), (b"logger-cluster-a", b'{"level": 1}'), (b"tasks-fencing-src0", b"{}"),
        # Behind a prefix it would be a connector, as with Apache's workers: what is no UTF-8 is read with replacements.
        (b"\xffconnector-src0", b'{"properties": {}}'),
    ],
    "status": [
        (b"status-connector-src0", b"not json"), (b"status-connector-src0", b'{"state": "RUNNING"}'), (b"status-task-src0-0", b"[]"),
        (b"status-task-src0-0", b'{"state": "NONE", "worker_id": "x:1", "generation": 1e99}'), (b"status-task-src0-0", b"{" * 5000),
        (b"status-task-src0-999999999999", b'{"state": "RUNNING", "worker_id": "x:1", "generation": 1}'), (b"status-topic-:", b"{}"),
        (b"status-topic-a:connector-", b'{"topic": {}}'), (b"status-connector-", HUGE), (b"", b""), (b"\xff" * 100, None),
    ],
    "offsets": [
        (b"not json", b"{}"), (b'["src0"]', b"{}"), (b'["src0", {"filename": 7}]', b'{"position": "far"}'), (b'["src0", null]', b"{}"),
        (b'["src0", {}, 3]', b"{}"), (b'{"a": 1}', b"{}"), (b'["src0", {"x": "' + b"y" * 400_000 + b'"}]', b"[]"), (b"[" * 5000, b"1"),
        (b'["nobody", {}]', None), (b'[7, {}]', b"{}"),
    ],
}


def test_records_that_make_no_sense_change_nothing_while_three_workers_run(cluster, tmp_path, topic):
    workers = cluster.start(3)
    flow = Flow(Probe(cluster), tmp_path, topic, count=2)
    cluster.await_balanced(flow.expected)
    flow.await_lines(200)
    configs = workers[0].get("/connectors?expand=info")
    for what, entries in GARBAGE.items():
        for key, value in entries:
            produce(cluster.servers, f"{cluster.group}-{what}", key, value)
    flow.await_lines()
    cluster.await_balanced(flow.expected)
    for worker in workers:
        assert {name: at for name, at in worker.get("/connectors?expand=info").items() if name in configs} == configs
    # Another worker reads all of it from the beginning, and the leadership moves on to one that has it read live.
    late, = cluster.start(1)
    cluster.await_balanced(flow.expected)
    assert {name: at for name, at in late.get("/connectors?expand=info").items() if name in configs} == configs
    assert cluster.leader().terminate() == 0
    cluster.await_balanced(flow.expected)
    flow.await_lines()
    # Requests between workers are signed again, whoever asks: one that adds a task goes from its owner to the leader.
    through = cluster.followers()[0]
    through.put_connector("ver", connector__class="VerifiableSource", tasks__max=2, topic=f"{topic}-v", throughput=10,
                          native__output="none")
    cluster.await_balanced(flow.expected | work(ver=2))
    assert flow.finish() == 0
