"""SIGHUP to a worker of a cluster: it concerns what that worker runs, and connectors.d is nothing to it."""
from cluster import work
from workers import eventually, lines_of, reload, watch


def test_a_reload_concerns_its_own_worker_alone(make_cluster, topic, tmp_path):
    cluster = make_cluster(plugins=("file",), settings={"config.providers": "credential"})
    workers, heard = [cluster.make(), cluster.make()], []
    for worker in workers:
        credentials = worker.folder / "credentials"
        credentials.mkdir()
        (credentials / "out").write_text(str(tmp_path / f"{worker.name}.out"))
        worker.environment["CREDENTIALS_DIRECTORY"] = str(credentials)
        (worker.folder / "connectors.d").mkdir()
        (worker.folder / "connectors.d/local.yaml").write_text(
            f"name: local\nconnector.class: FileStreamSource\nfile: {tmp_path / 'in'}\ntopic: {topic}\n")
        worker.mode = "run"
        heard.append(watch(worker))
        worker.start(wait=False)
    for worker in workers:
        eventually(f"{worker.name} is healthy", worker.is_healthy, seconds=60)
        assert f"{worker.folder}/connectors.d are not read" in worker.log.read_text()
    first, second = workers
    first.file_source("src", tmp_path / "in", topic)
    first.file_sink("snk", "${credential:out}", topic, tasks__max=2)
    placement = cluster.await_balanced(work(src=1, snk=2))
    mine = sum(name.startswith("snk") and at[1] == first.id for name, at in placement.items())
    assert mine > 0, placement

    def starts(worker):
        return worker.log.read_text().count("The task was started")

    before = starts(second)
    (first.folder / "credentials/out").write_text(str(tmp_path / "rotated.out"))
    log = reload(first, heard[0])
    assert "connectors restarted for other values of their references: snk" in log
    assert "local" not in log
    cluster.await_running(work(src=1, snk=2))
    assert starts(second) == before, "what runs elsewhere is not disturbed"
    assert "nothing changed" in reload(second, heard[1])
    assert set(first.get("/connectors")) == {"src", "snk"}
    eventually("STATUS counts", lambda: "on this worker; 2 connectors, 3 tasks in the cluster; reloaded at " in heard[0].status())
    (tmp_path / "in").write_text("a\n")
    eventually("the line arrived", lambda: any(
        lines_of(tmp_path / f"{name}.out") == ["a"] for name in ("rotated", "w2")), seconds=60)
    assert not lines_of(tmp_path / "w1.out")
