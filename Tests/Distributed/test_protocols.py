"""connect.protocol: groups of eager and of compatible workers, changes from one to the other, and Apache's worker among them."""
import os

import pytest

from cluster import work
from test_mixed import apache_version, leader_of, members  # noqa: F401
from test_sharing import Flow, Probe
from workers import eventually

# What a group elects by what its members are set to.
ELECTED = {"eager": "default", "compatible": "compatible", "sessioned": "sessioned"}

# Who leads is asked both ways once; MIXED_ALL=1 for all combinations.
MIXED = [("eager", True), ("compatible", False)] + ([("eager", False), ("compatible", True)] if os.environ.get("MIXED_ALL") else [])


def elected(cluster):
    """The protocol of each worker's last round."""
    return {protocol for worker in cluster.alive() for protocol in [cluster.rounds().get(worker.name, (0, None))[1]] if protocol}


@pytest.mark.parametrize("protocol", ["eager", "compatible"])
def test_a_group_grows_and_shrinks_by_its_protocol_with_nothing_lost_and_nothing_twice(make_cluster, tmp_path, topic, protocol):
    cluster = make_cluster(settings={"connect.protocol": protocol})
    cluster.start(1)
    flow = Flow(Probe(cluster), tmp_path, topic, count=3)
    cluster.await_running(flow.expected)
    flow.await_lines(200)
    cluster.start(2)
    cluster.await_balanced(flow.expected)
    assert elected(cluster) == {ELECTED[protocol]}
    flow.await_lines(200)
    for worker, follower in zip(cluster.workers, reversed(cluster.workers)):
        # A change that any worker takes, under way while the group may be at work on a round.
        worker.request("PUT", "/connectors/src0/pause")
        eventually("it is paused", lambda w=follower: w.task_state("src0") == "PAUSED")
        follower.request("PUT", "/connectors/src0/resume")
        cluster.await_running(flow.expected)
    for victim in (cluster.followers()[0], cluster.leader()):
        assert victim.terminate() == 0
        cluster.await_balanced(flow.expected)
        flow.await_lines(200)
    assert elected(cluster) == {ELECTED[protocol]}
    assert flow.finish() == 0


def test_workers_are_changed_from_eager_to_sessioned_and_back_one_at_a_time(make_cluster, tmp_path, topic):
    cluster = make_cluster(settings={"connect.protocol": "eager"})
    workers = cluster.start(3)
    flow = Flow(Probe(cluster), tmp_path, topic, count=3)
    cluster.await_balanced(flow.expected)

    def restart(worker, protocol):
        assert worker.terminate() == 0
        cluster.await_running(flow.expected)
        worker.settings["connect.protocol"] = protocol
        worker.start()
        cluster.await_balanced(flow.expected)
        flow.await_lines(200)

    for number, worker in enumerate(workers):
        assert elected(cluster) == {"default"}
        restart(worker, "sessioned")
    eventually("all use what all understand", lambda: elected(cluster) == {"sessioned"})
    eventually("requests between workers are signed", lambda: any(
        each["key"] == "session-key" for each in cluster.dump("configs")))
    assert flow.so_far() == 0, "nothing comes twice on the way up"

    # One by one down to compatible, and one further to eager: members hold what they had while the group deals anew.
    restart(workers[0], "compatible")
    assert elected(cluster) == {"compatible"}
    before = flow.so_far(faults=1)
    restart(workers[1], "eager")
    assert elected(cluster) == {"default"}
    again = flow.so_far(faults=2)
    print(f"{before} duplicates in a group that was sessioned and is compatible, {again - before} where one worker became eager")
    cluster.workers[2].file_source("late", tmp_path / "in0", f"{topic}-late")
    cluster.await_balanced(flow.expected | work(late=1))
    flow.await_lines(200)
    flow.finish(faults=2)


@pytest.mark.parametrize("protocol, java_first", MIXED, ids=lambda value: {True: "java_leads", False: "ours_leads"}.get(value, value))
def test_a_java_worker_of_an_older_protocol_and_ours_are_one_group(make_cluster, tmp_path, topic, apache_version, protocol, java_first):  # noqa: F811
    # Ours offers more than Java's: what both understand is used.
    cluster = make_cluster(settings={"connect.protocol": "sessioned"})
    if java_first:
        java = cluster.java(**{"connect.protocol": protocol}).start()
        native, = cluster.start(1)
    else:
        native, = cluster.start(1)
        java = cluster.java(**{"connect.protocol": protocol}).start()
    eventually("both are members", lambda: members(native) == 2)
    assert elected(cluster) == {ELECTED[protocol]}
    assert leader_of(native) == (java.port if java_first else native.port)
    expected = set()
    for number, worker in enumerate((java, native, java, native)):
        (tmp_path / f"in{number}").write_text(f"s{number}-0\n")
        worker.file_source(f"src{number}", tmp_path / f"in{number}", f"{topic}-{number}")
        expected |= work(**{f"src{number}": 1})
    cluster.await_balanced(expected)
    cluster.await_running(expected, through=java)
    for asked in (java, native):
        assert asked.request("PUT", "/connectors/src1/pause")[0] == 202
        eventually("it is paused", lambda: cluster.placement(native)["src1-0"][0] == "PAUSED")
        assert asked.request("PUT", "/connectors/src1/resume")[0] == 202
        cluster.await_running(expected)
    leaving, staying = (java, native) if java_first else (native, java)
    leaving.terminate()
    cluster.await_running(expected, among=[staying], through=staying)
