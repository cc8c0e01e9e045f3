"""A worker that one broker is out of reach for, while all others have it: the group's coordinator, or the config topic's leader."""
import json
import re
import subprocess
import time
import uuid

import pytest

from cluster import SESSION_SECONDS, work
from proxies import Proxies
from test_faults import stamp
from test_sharing import Flow, Probe
from test_three_brokers import REPLICATED
from topics import make_topic
from workers import eventually


@pytest.fixture
def proxies(three_brokers):
    proxies = Proxies(three_brokers.servers)
    yield proxies
    proxies.end()


def coordinator_of(brokers, group):
    """The broker that coordinates a group: the leader of its partition of the offsets topic."""
    if not brokers.metadata("__consumer_offsets"):
        # The first group there is has the topic made.
        subprocess.run(["timeout", "20", "kcat", "-b", brokers.servers, "-G", "nobody", "-e", "-q", "none"],
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    leaders = {number: at["leader"] for (_, number), at in brokers.metadata("__consumer_offsets").items()}
    # Java's hash of a string.
    code = 0
    for letter in group:
        code = (31 * code + ord(letter)) & 0xFFFFFFFF
    return leaders[(code if code < 1 << 31 else (1 << 32) - code) % len(leaders)]


def ends(worker, since):
    """When each task ended on a worker: {"src0-0": seconds after `since`}."""
    found = {}
    for line in worker.log.read_text().splitlines():
        name = re.search(r"\[(\S+)\|task-(\d+)\] The task is UNASSIGNED", line)
        if name and stamp(line) > since:
            found[f"{name[1]}-{name[2]}"] = stamp(line) - since
    return found


def begins(workers, since):
    """When each task first ran on one of these workers."""
    found = {}
    for line in sorted(line for worker in workers for line in worker.log.read_text().splitlines() if "The task is RUNNING" in line):
        name = re.search(r"\[(\S+)\|task-(\d+)\]", line)
        if stamp(line) > since:
            found.setdefault(f"{name[1]}-{name[2]}", stamp(line) - since)
    return found


def test_a_worker_that_cannot_reach_the_coordinator_stops_before_others_start_and_comes_back(
        make_cluster, three_brokers, proxies, tmp_path, topic):
    group = "g-" + uuid.uuid4().hex[:8]
    coordinator = coordinator_of(three_brokers, group)
    # What the tasks write to stays in reach all the time.
    make_topic(three_brokers.servers, topic, replicas=[(coordinator + 1) % 3, (coordinator + 2) % 3, coordinator])
    # Their last offsets do not: no task may wait for them until others run it.
    make_topic(three_brokers.servers, f"{group}-offsets", replicas=[coordinator, (coordinator + 1) % 3, (coordinator + 2) % 3],
               cleanup__policy="compact")
    # More patience with last commits than the session lasts.
    cluster = make_cluster(three_brokers, group=group, settings={
        **REPLICATED, "task.shutdown.graceful.timeout.ms": "20000", "offset.flush.timeout.ms": "20000"})
    staying = cluster.start(2)
    victim = cluster.make(bootstrap__servers=proxies.servers)
    victim.start()
    flow = Flow(Probe(cluster), tmp_path, topic, count=4, per_second=500, shared=True)
    cluster.await_balanced(flow.expected)
    flow.await_lines(200)
    for how in ("cut", "stall"):
        held = {name for name, at in cluster.await_balanced(flow.expected).items() if at[1] == victim.id}
        tasks = {name for name in held if re.fullmatch(r".*-\d+", name)}
        assert tasks
        wall = time.time()
        getattr(proxies, how)(coordinator)
        status, body = eventually(
            "it says that it is not well", lambda: not_well(victim), seconds=10)
        assert status == 500 and body["status"] == "unhealthy" and "waiting for the group's coordinator" in body["message"], body
        cluster.await_running(flow.expected, among=staying, through=staying[0])
        assert all(each.is_healthy() for each in staying)
        flow.await_lines(200)
        ended, began = ends(victim, wall), begins(staying, wall)
        overlaps = {name: ended[name] - began[name] for name in tasks}
        print(f"{how}: {len(tasks)} tasks ended {min(ended[name] for name in tasks):.2f}–{max(ended[name] for name in tasks):.2f} s "
              f"after it, ran elsewhere {min(began[name] for name in tasks):.2f} s after it, overlap at most {max(overlaps.values()):.2f} s")
        assert max(ended[name] for name in tasks) < SESSION_SECONDS and max(overlaps.values()) < 0, (ended, began)
        assert not_well(victim)
        proxies.heal(coordinator)
        healed = time.monotonic()
        cluster.await_balanced(flow.expected)
        assert victim.is_healthy()
        print(f"{how}: a member with its share {time.monotonic() - healed:.2f} s after it was healed")
        flow.await_lines(200)
    print(f"{flow.finish(faults=2)} duplicates")


def not_well(worker):
    status, body = worker.request("GET", "/health", check=False)
    return (status, body) if status != 200 else None


@pytest.mark.parametrize("leads", [False, True], ids=["a_follower", "the_leader"])
def test_a_worker_that_cannot_read_the_config_topic_leaves_the_group_and_comes_back(
        make_cluster, three_brokers, proxies, tmp_path, topic, leads):
    group = next(each for each in iter(lambda: "g-" + uuid.uuid4().hex[:8], None) if coordinator_of(three_brokers, each) != 1)
    make_topic(three_brokers.servers, f"{group}-configs", replicas=[1, 2, 0], cleanup__policy="compact")
    # What the tasks write to stays in reach: a request that the network holds back until its worker was given up arrives behind
    # what the next one wrote, and no worker can call it back.
    for number in range(2):
        make_topic(three_brokers.servers, f"{topic}-{number}", replicas=[2, 0, 1])
    cluster = make_cluster(three_brokers, group=group, settings={**REPLICATED, "worker.sync.timeout.ms": "2000"})
    staying = [] if leads else cluster.start(2)
    victim = cluster.make(bootstrap__servers=proxies.servers)
    victim.start()
    staying = staying or cluster.start(2)
    assert (cluster.leader() is victim) == leads
    flow = Flow(Probe(cluster), tmp_path, topic, count=2)
    cluster.await_balanced(flow.expected)
    flow.await_lines(200)
    proxies.stall(1)
    if leads:
        # Any worker writes target states; the next round has a leader that is behind its members.
        for wish in ("pause", "resume"):
            staying[0].request("PUT", f"/connectors/src0/{wish}")
        assert staying[1].terminate() == 0
        staying[1].start(wait=False)
        eventually("another worker leads", lambda: cluster.leader() is not victim, seconds=30)
        eventually("it runs again", staying[1].is_healthy)
        cluster.await_running(flow.expected, among=staying, through=staying[0])
    # The log of those that lead goes on; the one that is cut off stays behind it.
    (tmp_path / "late").write_text("one\n")
    staying[0].file_source("late", tmp_path / "late", f"{topic}-late")
    expected = flow.expected | work(late=1)
    status, body = eventually("it says that it is not well", lambda: not_well(victim), seconds=20)
    assert "config topic" in body["message"], body
    cluster.await_running(expected, among=staying, through=staying[0])
    assert "late" not in victim.get("/connectors") and "late" in staying[1].get("/connectors")
    rounds = cluster.rounds()
    proxies.heal(1)
    cluster.await_balanced(expected)
    eventually("it is well", victim.is_healthy)
    eventually("it knows the connector", lambda: "late" in victim.get("/connectors"))
    more = {name: count - rounds[name][0] for name, (count, _) in cluster.rounds().items()}
    print(f"rounds after it was healed: {more}; {json.dumps(body['message'])}")
    flow.await_lines(200)
    print(f"{flow.finish(faults=2)} duplicates")
