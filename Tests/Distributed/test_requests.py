"""REST on any worker of a cluster: what only the leader or the owner can answer is handed on."""
import json
import subprocess
import time
from urllib.parse import quote

import pytest

from cluster import work
from workers import eventually, lines_of


@pytest.fixture
def three(cluster):
    cluster.start(min(3, cluster.most))
    return cluster


def follower_without(cluster, name):
    """A worker that neither leads nor runs this connector or its task, else any that does not lead."""
    placement = cluster.placement()
    busy = {at[1] for each, at in placement.items() if each == name or each.startswith(f"{name}-")}
    followers = cluster.followers()
    return next((each for each in followers if each.id not in busy), followers[0])


def starts(cluster, what):
    """How often something was started, on all workers together."""
    return sum(each.log.read_text().count(what) for each in cluster.workers)


def test_pause_resume_stop_restart_and_delete_may_be_asked_of_any_worker(three, tmp_path, topic):
    source, sink = tmp_path / "in", tmp_path / "out"
    source.write_text("one\n")
    leader, (first, second) = three.leader(), three.followers()
    first.file_source("src", source, topic)
    eventually("the line is in the topic", lambda: topic in second.get("/connectors/src/topics")["src"]["topics"])
    second.file_sink("snk", sink, topic)
    expected = work(src=1, snk=1)
    three.await_running(expected)
    eventually("the line came", lambda: lines_of(sink) == ["one"])
    asked = follower_without(three, "src")

    assert asked.request("PUT", "/connectors/src/pause")[0] == 202
    for worker in three.workers:
        worker.await_task("src", "PAUSED")
        eventually("the connector is PAUSED", lambda w=worker: w.state("src") == "PAUSED")
    with open(source, "a") as file:
        file.write("two\n")
    assert asked.request("PUT", "/connectors/src/resume")[0] == 202
    three.await_running(expected)
    eventually("the second line came", lambda: lines_of(sink) == ["one", "two"])

    before = starts(three, "[src|task-0] The task was started")
    assert asked.request("POST", "/connectors/src/tasks/0/restart")[0] == 204
    eventually("the task was started again", lambda: starts(three, "[src|task-0] The task was started") == before + 1)
    connectors = starts(three, "[src|worker] Starting file source")
    assert asked.request("POST", "/connectors/src/restart")[0] == 204
    eventually("the connector was started again",
               lambda: starts(three, "[src|worker] Starting file source") == connectors + 1)
    three.await_running(expected)
    assert starts(three, "[src|task-0] The task was started") == before + 1

    status, body = asked.request("POST", "/connectors/src/restart?includeTasks=true")
    assert status == 202 and body["connector"]["state"] == "RESTARTING" and body["tasks"][0]["state"] == "RESTARTING", body
    eventually("both were started again", lambda: starts(three, "[src|task-0] The task was started") == before + 2
               and starts(three, "[src|worker] Starting file source") == connectors + 2)
    three.await_running(expected)
    status, body = asked.request("POST", "/connectors/src/restart?includeTasks=true&onlyFailed=true")
    assert status == 202 and body["connector"]["state"] == "RUNNING" and body["tasks"][0]["state"] == "RUNNING", body

    status, _ = asked.request("PUT", "/connectors/src/stop")
    assert status == 204
    eventually("no task is left", lambda: [each.get("/connectors/src/tasks") for each in three.workers] == [[]] * len(three.workers))
    eventually("all say STOPPED", lambda: {each.state("src") for each in three.workers} == {"STOPPED"})
    assert asked.request("PUT", "/connectors/src/resume")[0] == 202
    three.await_running(expected)

    assert asked.request("DELETE", "/connectors/src")[0] == 204
    for worker in three.workers:
        eventually("it is gone", lambda w=worker: w.request("GET", "/connectors/src/status", check=False)[0] == 404)
        eventually("only one is listed", lambda w=worker: w.get("/connectors") == ["snk"])
    eventually("its statuses are removed", lambda: not {
        each["key"] for each in newest(three.dump("status")) if "src" in each["key"] and each["payload"] is not None})
    three.await_running(work(snk=1))
    assert leader is three.leader()


def newest(dump):
    """The last record of each key."""
    return list({each["key"]: each for each in dump}.values())


def test_only_what_failed_is_restarted(three, tmp_path, topic):
    folder = tmp_path / "missing"
    first, second = three.followers()
    topic_lines = tmp_path / "in"
    topic_lines.write_text("one\n")
    first.file_source("src", topic_lines, topic)
    eventually("the line is in the topic", lambda: topic in second.get("/connectors/src/topics")["src"]["topics"])
    first.file_sink("bad", folder / "out", topic)
    for worker in three.workers:
        worker.await_task("bad", "FAILED")
        assert worker.get("/connectors/bad/tasks/0/status")["trace"]
    folder.mkdir()
    connectors = starts(three, "[bad|worker] Starting file sink")
    status, body = second.request("POST", "/connectors/bad/restart?includeTasks=true&onlyFailed=true")
    assert status == 202 and body["connector"]["state"] == "RUNNING" and body["tasks"][0]["state"] == "RESTARTING", body
    three.await_running(work(src=1, bad=1))
    eventually("the line came", lambda: lines_of(folder / "out") == ["one"])
    assert starts(three, "[bad|worker] Starting file sink") == connectors


def test_configurations_are_changed_on_any_worker(three, tmp_path, topic):
    paths = [tmp_path / "a", tmp_path / "b"]
    paths[0].write_text("a-0\n")
    paths[1].write_text("b-0\nb-1\n")
    first, second = three.followers()
    first.file_source("src", paths[0], topic)
    eventually("the first line came", lambda: payloads(three.servers, topic) == ["a-0"])
    status, body = second.request("PATCH", "/connectors/src/config", {"file": str(paths[1]), "header.converter": None})
    assert status == 200 and body["config"]["file"] == str(paths[1])
    for worker in three.workers:
        eventually("the new file is known", lambda w=worker: w.get("/connectors/src/config")["file"] == str(paths[1]))
    eventually("lines of the second file came", lambda: payloads(three.servers, topic) == ["a-0", "b-0", "b-1"])
    before = starts(three, "[src|task-0] The task was started")
    status, body = second.request("PUT", "/connectors/src/config", second.get("/connectors/src/config"))
    assert status == 200
    # Behind its record the tasks are committed again, lest compaction leaves the commit in front of it; and they run on.
    eventually("the tasks are committed behind it", lambda: [
        each["key"] for each in three.dump("configs") if each["key"].endswith(("-src", "-src-0"))
    ][-3:] == ["connector-src", "task-src-0", "commit-src"])
    status, body = first.request("PATCH", "/connectors/none/config", {"a": "b"}, check=False)
    assert status == 404, body
    status, body = second.request("PUT", "/connectors/src/config", {"connector.class": "FileStreamSource"}, check=False)
    assert status == 400 and "topic" in body["message"]
    # More tasks than before, fewer than before.
    second.put_connector(
        "ver", connector__class="VerifiableSource", tasks__max=3, topic=f"{topic}-n", throughput=10, native__output="none")
    three.await_balanced(work(src=1, ver=3))
    first.put_connector(
        "ver", connector__class="VerifiableSource", tasks__max=1, topic=f"{topic}-n", throughput=10, native__output="none")
    three.await_running(work(src=1, ver=1))
    assert starts(three, "[src|task-0] The task was started") == before


def payloads(servers, topic):
    done = subprocess.run(
        ["kcat", "-C", "-b", servers, "-t", topic, "-o", "beginning", "-e", "-q"], text=True, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL)
    return done.stdout.split("\n")[:-1]


def test_offsets_are_read_changed_and_reset_on_any_worker(three, tmp_path, topic):
    path = tmp_path / "in"
    path.write_text("one\ntwo\nthree\n")
    first, second = three.followers()
    first.file_source("src", path, topic)

    def offsets(worker):
        return worker.get("/connectors/src/offsets")["offsets"]

    at = {"partition": {"filename": str(path)}, "offset": {"position": 14}}
    for worker in three.workers:
        eventually("the offset is stored", lambda w=worker: offsets(w) == [at])
    change = {"offsets": [{"partition": {"filename": str(path)}, "offset": {"position": 4}}]}
    status, body = second.request("PATCH", "/connectors/src/offsets", change, check=False)
    assert status == 400 and "STOPPED" in body["message"], body
    assert second.request("PUT", "/connectors/src/stop")[0] == 204
    eventually("it is stopped", lambda: {each.state("src") for each in three.workers} == {"STOPPED"})
    eventually("no task is left", lambda: not second.get("/connectors/src/tasks"))
    status, body = eventually(
        "offsets may be changed",
        lambda: accepted(second.request("PATCH", "/connectors/src/offsets", change, check=False)))
    assert "success" in body["message"]
    for worker in three.workers:
        eventually("the change is seen", lambda w=worker: offsets(w) == change["offsets"])
    first.request("PUT", "/connectors/src/resume")
    eventually("two lines came again", lambda: payloads(three.servers, topic) == ["one", "two", "three", "two", "three"])
    assert first.request("PUT", "/connectors/src/stop")[0] == 204
    eventually("offsets may be reset",
               lambda: accepted(first.request("DELETE", "/connectors/src/offsets", check=False)))
    for worker in three.workers:
        eventually("there are none", lambda w=worker: offsets(w) == [])
    # A sink's offsets are its group's.
    second.file_sink("snk", tmp_path / "out", topic)
    second.await_task("snk", "RUNNING")
    eventually("lines came", lambda: len(lines_of(tmp_path / "out")) == 5)
    assert second.request("PUT", "/connectors/snk/stop")[0] == 204
    back = {"offsets": [{"partition": {"kafka_topic": topic, "kafka_partition": 0}, "offset": {"kafka_offset": 3}}]}
    eventually("offsets may be changed", lambda: accepted(first.request("PATCH", "/connectors/snk/offsets", back, check=False)))
    # A partition that does not exist is not waited for.
    missing = {"offsets": [{"partition": {"kafka_topic": topic, "kafka_partition": 99}, "offset": {"kafka_offset": 3}}]}
    began = time.monotonic()
    status, body = first.request("PATCH", "/connectors/snk/offsets", missing, check=False)
    assert status == 500 and f"{topic}-99" in body["message"] and time.monotonic() < began + 20, body
    second.request("PUT", "/connectors/snk/resume")
    eventually("two lines came again", lambda: len(lines_of(tmp_path / "out")) == 7)


def accepted(answer):
    """The answer, unless it says that tasks or the group are still there."""
    return answer if answer[0] == 200 else None


def test_topics_of_a_connector_are_known_and_forgotten_everywhere(three, tmp_path, topic):
    path = tmp_path / "in"
    path.write_text("one\n")
    first, second = three.followers()
    first.file_source("src", path, topic)
    for worker in three.workers:
        eventually("the topic is known", lambda w=worker: w.get("/connectors/src/topics") == {"src": {"topics": [topic]}})
    second.request("PUT", "/connectors/src/topics/reset")
    for worker in three.workers:
        eventually("it is forgotten", lambda w=worker: w.get("/connectors/src/topics") == {"src": {"topics": []}})


def test_mistakes_are_answered_the_same_by_every_worker(three, tmp_path, topic):
    (tmp_path / "in").write_text("")
    config = {"connector.class": "FileStreamSource", "file": str(tmp_path / "in"), "topic": topic}
    three.followers()[0].request("POST", "/connectors", {"name": "src", "config": config})
    three.await_running(work(src=1))
    asked = [
        ("POST", "/connectors", {"name": "src", "config": config}, 409),
        ("DELETE", "/connectors/none", None, 404),
        ("PUT", "/connectors/none/pause", None, 404),
        ("PUT", "/connectors/none/resume", None, 404),
        ("PUT", "/connectors/none/stop", None, 404),
        ("POST", "/connectors/none/restart", None, 404),
        ("POST", "/connectors/none/restart?includeTasks=true", None, 404),
        ("POST", "/connectors/none/tasks/0/restart", None, 404),
        ("POST", "/connectors/src/tasks/7/restart", None, 404),
        ("GET", "/connectors/none/status", None, 404),
        ("GET", "/connectors/none/offsets", None, 404),
        ("POST", "/connectors/src/tasks", [], 400),
        ("POST", "/connectors", {"name": "x", "config": {"connector.class": "Nothing"}}, 400),
    ]
    answers = {}
    for worker in three.workers:
        for method, path, body, expected in asked:
            status, answer = worker.request(method, path, body, check=False)
            assert status == expected, (worker.name, method, path, status, answer)
            assert answer["error_code"] == expected and answer["message"], answer
            answers.setdefault((method, path, json.dumps(body)), set()).add(
                answer["message"].split("Folders searched")[0])
    different = {each: said for each, said in answers.items() if len(said) > 1}
    assert not different


def test_names_that_unicode_takes_for_the_same_are_two_connectors(three, tmp_path, topic):
    names = ["caf\u00e9", "cafe\u0301"]
    for number, name in enumerate(names):
        (tmp_path / f"in{number}").write_text(f"{number}\n")
        config = {"connector.class": "FileStreamSource", "tasks.max": "1", "file": str(tmp_path / f"in{number}"),
                  "topic": f"{topic}-{number}"}
        worker = three.workers[number % len(three.workers)]
        assert worker.request("PUT", f"/connectors/{quote(name)}/config", config)[0] == 201
    everything = {each for name in names for each in (name, f"{name}-0")}
    three.await_running(everything)
    for worker in three.workers:
        assert sorted(worker.get("/connectors")) == sorted(names)
        for number, name in enumerate(names):
            assert worker.get(f"/connectors/{quote(name)}")["config"]["file"] == str(tmp_path / f"in{number}")
    for number in range(2):
        eventually("its line is in its topic", lambda n=number: payloads(three.servers, f"{topic}-{n}") == [str(n)])
    status, body = three.workers[0].request(
        "PUT", f"/connectors/{quote(names[0])}/config", {"name": names[1], "connector.class": "FileStreamSource"}, check=False)
    assert status == 400 and "doesn't match" in body["message"], body
    assert three.workers[0].request("DELETE", f"/connectors/{quote(names[0])}")[0] == 204
    for worker in three.workers:
        eventually("one is gone", lambda w=worker: w.get("/connectors") == names[1:])
    three.await_running({names[1], f"{names[1]}-0"})
    status, body = three.workers[0].request("PUT", f"/connectors/{quote(names[0])}/pause", check=False)
    assert status == 404, body
