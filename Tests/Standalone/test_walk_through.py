"""The classic walk-through: a file into a topic and into a second file, by YAML and by Apache's .properties files alike."""
import pytest

from conftest import eventually, lines_of


def yaml_text(settings):
    """Settings as YAML: dotted keys, and a nested map beside a dotted key of the same family."""
    settings = dict(settings)
    name = settings.pop("offset.storage.file.filename")
    text = "".join(f"{key}: {value}\n" for key, value in settings.items())
    return text + f"offset:\n  storage:\n    file: {{filename: {name}}}\n"


@pytest.mark.parametrize("style", ["yaml", "properties"])
def test_lines_of_a_file_reach_a_second_file_and_rest_shows_both_connectors(make_worker, topic, style, tmp_path):
    worker = make_worker()
    source = tmp_path / "test.txt"
    source.write_text("hello-1\nhello-2\nhello-3\n")
    if style == "yaml":
        connector = tmp_path / "connect-file-source.yaml"
        connector.write_text(
            f"name: local-file-source\nconnector.class: FileStreamSource\ntasks.max: 1\nfile: {source}\ntopic: {topic}\n")
        worker.file = tmp_path / "worker.yaml"
        worker.file_text = yaml_text(worker.settings)
    else:
        connector = worker.connector_file(
            "local-file-source", connector__class="FileStreamSource", tasks__max=1, file=source, topic=topic)
    worker.start(connector)
    info = worker.get("/connectors/local-file-source")
    assert info["type"] == "source" and info["tasks"] == [{"connector": "local-file-source", "task": 0}]
    assert info["config"]["topic"] == topic
    sink = tmp_path / "test.sink.txt"
    created = worker.file_sink("local-file-sink", sink, topic)
    assert created["name"] == "local-file-sink" and created["type"] == "sink"
    eventually("three lines arrived", lambda: lines_of(sink) == ["hello-1", "hello-2", "hello-3"])
    with open(source, "a") as file:
        file.write("hello-4\n")
    eventually("the fourth line arrived", lambda: lines_of(sink)[3:] == ["hello-4"])
    for name in ("local-file-source", "local-file-sink"):
        status = worker.get(f"/connectors/{name}/status")
        assert status["connector"]["state"] == "RUNNING"
        assert [task["state"] for task in status["tasks"]] == ["RUNNING"]
        assert status["connector"]["worker_id"] == f"127.0.0.1:{worker.port}"
    assert worker.terminate() == 0
