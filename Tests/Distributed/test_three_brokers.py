"""Three brokers, three replicas: workers and brokers go and come one at a time, and all of them at once."""
import os
import time

from cluster import work
from numbers_flow import Numbers
from test_sharing import Flow, Probe
from workers import eventually, lines_of

REPLICATED = {f"{kind}.storage.replication.factor": "3" for kind in ("config", "offset", "status")}
BOUNCES = int(os.environ.get("BOUNCES", "1"))
OUTAGE_SECONDS = float(os.environ.get("OUTAGE_SECONDS", "10"))


def test_workers_and_brokers_are_bounced_one_at_a_time_and_every_number_arrives(make_cluster, three_brokers, tmp_path, topic):
    cluster = make_cluster(three_brokers, settings=REPLICATED)
    workers = cluster.start(3)
    flow = Flow(Probe(cluster), tmp_path, topic, count=2)
    numbers = Numbers(Probe(cluster), cluster.servers, tmp_path, topic, tasks=3)
    expected = flow.expected | numbers.expected
    cluster.await_running(expected)
    replicas = {len(at["replicas"]) for (name, _), at in three_brokers.metadata().items() if name.startswith(cluster.group)}
    assert replicas == {3}, replicas
    for worker in workers:
        flow.await_lines(200)
        began = time.monotonic()
        assert worker.terminate() == 0
        cluster.await_running(expected)
        worker.start()
        cluster.await_balanced(expected)
        print(f"{worker.name} was restarted: balanced after {time.monotonic() - began:.2f} s")
    flow.await_lines(200)
    assert flow.so_far() == 0, "workers that stop in order repeat nothing"

    for node in [node for _ in range(BOUNCES) for node in range(3)]:
        began = time.monotonic()
        three_brokers.fault("kill", node)
        flow.await_lines()
        without = time.monotonic() - began
        three_brokers.await_whole()
        flow.await_lines()
        cluster.await_running(expected)
        print(f"broker {node} was killed: lines flow after {without:.2f} s, all is whole after {time.monotonic() - began:.2f} s")
    faults = 3 * BOUNCES
    print(f"{flow.so_far(faults)} duplicates over brokers that were killed")

    victim = cluster.leader()
    victim.kill()
    cluster.await_running(expected)
    victim.start()
    cluster.await_balanced(expected)
    flow.await_lines(200)
    assert all(each.process.poll() is None and each.is_healthy() for each in workers)
    numbers.finish(Probe(cluster), faults=faults + 1)
    flow.finish(faults=faults + 1)


def test_when_all_brokers_are_away_for_a_while_nothing_is_lost_and_nothing_spins(make_cluster, three_brokers, tmp_path, topic):
    cluster = make_cluster(three_brokers, settings=REPLICATED)
    workers = cluster.start(3)
    flow = Flow(Probe(cluster), tmp_path, topic, count=2, per_second=500)
    cluster.await_running(flow.expected)
    flow.await_lines()
    names = [name for name in sorted(flow.expected) if "-" not in name]
    configs = {name: workers[0].get(f"/connectors/{name}/config") for name in names}
    rounds = {name: count for name, (count, _) in cluster.rounds().items()}
    memory = {worker.name: worker.memory() for worker in workers}
    for node in range(3):
        three_brokers.fault("kill", node)
    away = time.monotonic()
    cpu = {worker.name: worker.cpu_seconds() for worker in workers}
    for worker in workers:
        eventually(f"{worker.name} says that it is not well", lambda w=worker: w.request("GET", "/health", check=False)[0] == 500,
                   seconds=30)
    eventually("the brokers were away", lambda: time.monotonic() > away + OUTAGE_SECONDS, seconds=OUTAGE_SECONDS + 5, every=0.2)
    share = {worker.name: (worker.cpu_seconds() - cpu[worker.name]) / (time.monotonic() - away) for worker in workers}
    grown = {worker.name: worker.memory() - memory[worker.name] for worker in workers}
    print(f"while they are away: {', '.join(f'{100 * each:.1f} %' for each in share.values())} of a core, "
          f"grown by {', '.join(f'{each} kB' for each in grown.values())}")
    assert max(share.values()) < 0.05, share
    assert max(grown.values()) < 40_000, grown
    for worker in workers:
        # What needs no broker is answered.
        assert set(worker.get("/connectors")) == set(names)
    back = time.monotonic()
    three_brokers.await_whole()
    cluster.await_running(flow.expected, seconds=90)
    gone = time.monotonic() - away
    print(f"all RUNNING {time.monotonic() - back:.2f} s after the brokers were started")
    for worker in workers:
        eventually(f"{worker.name} is healthy", worker.is_healthy)
    flow.await_lines()
    more = {name: count - rounds[name] for name, (count, _) in cluster.rounds().items()}
    print(f"{more} rounds since they went")
    assert max(more.values()) <= 5, more
    for worker in workers:
        for name in names:
            assert worker.get(f"/connectors/{name}/config") == configs[name]
    assert workers[0].get("/connectors/src0/offsets")["offsets"], "offsets are there"
    print(f"{flow.finish(faults=1, away=gone)} duplicates over the absence of all brokers")
    for worker in workers:
        assert worker.terminate() == 0
