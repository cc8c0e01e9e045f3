"""The leader is killed while a configuration is being written: the config topic stays consistent, and all tasks run."""
import http.client
import json
import os
import random
import threading
import time
import urllib.error

from cluster import is_task, work
from test_sharing import Probe
from workers import eventually

KILLS = int(os.environ.get("KILLS", "3"))


def config_of(topic, version):
    return {"connector.class": "VerifiableSource", "tasks.max": str(1 + version % 3), "topic": topic, "throughput": "50",
            "native.output": "none", "test.version": str(version)}


def consistent(dump, name):
    """The connector's newest configuration and tasks as a reader of the topic has them; each commit must be whole."""
    config, pending, tasks = None, {}, None
    for each in dump:
        key, value = each["key"], json.loads(each["payload"]) if each["payload"] else None
        if key == f"connector-{name}":
            config = value and value["properties"]
        elif key.startswith(f"task-{name}-"):
            pending[int(key.rsplit("-", 1)[1])] = value["properties"]
        elif key == f"commit-{name}":
            assert set(range(value["tasks"])) <= set(pending), f"a commit of {value['tasks']} tasks of which {set(pending)} came before"
            tasks = {number: pending[number] for number in range(value["tasks"])}
            pending = {}
    return config, tasks


def test_the_leader_is_killed_at_any_moment_of_a_change_and_all_tasks_run_with_the_old_or_the_new_configuration(
        cluster, tmp_path, topic):
    workers = cluster.start(3)
    rng = random.Random(11)
    version = 0
    workers[0].request("PUT", "/connectors/ver/config", config_of(topic, version))
    cluster.await_running(work(ver=1))
    outcomes = []
    for _ in range(KILLS):
        leader = cluster.leader()
        asked = rng.choice([leader, leader, cluster.followers()[0]])
        version += 1
        answer = []

        def put():
            try:
                answer.append(asked.request("PUT", "/connectors/ver/config", config_of(topic, version), check=False)[0])
            except (OSError, urllib.error.URLError, http.client.HTTPException) as error:
                answer.append(type(error).__name__)

        request = threading.Thread(target=put)
        request.start()
        time.sleep(rng.uniform(0, 0.03))
        leader.kill()
        began = time.monotonic()
        request.join(100)
        assert answer, "the request was answered or broken off"

        def settled():
            """The version that all workers tell of and that all tasks have, once all of them run."""
            told = {each.get("/connectors/ver/config")["test.version"] for each in cluster.alive()}
            if len(told) != 1:
                raise ValueError(f"told: {told}")
            now = int(told.pop())
            tasks = cluster.alive()[0].get("/connectors/ver/tasks")
            if {task["config"]["test.version"] for task in tasks} != {str(now)} or len(tasks) != 1 + now % 3:
                raise ValueError(f"tasks of version {now}: {tasks}")
            owners = {each.id for each in cluster.alive()}
            placement = cluster.placement()
            if set(placement) != work(ver=len(tasks)) or any(
                    state != "RUNNING" or at not in owners for state, at in placement.values()):
                raise ValueError(f"not all run: {placement}, alive: {owners}")
            return (now,)

        now, = eventually("all tasks run with one configuration", settled, seconds=40)
        outcomes.append((answer[0], "new" if now == version else "old", round(time.monotonic() - began, 1)))
        assert now in (version, version - 1), outcomes
        assert answer[0] != 200 or now == version, f"what was confirmed is lost: {outcomes}"
        config, tasks = consistent(cluster.dump("configs"), "ver")
        assert config["test.version"] == str(now)
        assert [each["test.version"] for _, each in sorted(tasks.items())] == [str(now)] * (1 + now % 3)
        version = now
        leader.start()
        cluster.await_balanced(work(ver=1 + now % 3))
        for worker in workers:
            placement = cluster.placement(worker)
            assert sum(map(is_task, placement)) == 1 + now % 3, placement
    print(f"{KILLS} kills, each with its answer, what is there, and after how many seconds all ran: {outcomes}")
    Probe(cluster).request("DELETE", "/connectors/ver")
    eventually("nothing is left", lambda: all(each.get("/connectors") == [] for each in workers))
