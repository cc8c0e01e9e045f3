"""A topic that is deleted under its connectors, as by an administrator or with all of a broker's data."""
import subprocess
import time

import pytest

from conftest import eventually, lines_of
from topics import make_topic, remove_topic


def produce(servers, topic, lines):
    subprocess.run(["kcat", "-P", "-b", servers, "-t", topic], input="".join(f"{line}\n" for line in lines), text=True, check=True)


def exists(broker, topic):
    return any(name == topic for name, _ in broker.metadata())


@pytest.mark.parametrize("rules", [{}, {"topic.creation.default.partitions": "3", "topic.creation.default.replication.factor": "1"}],
                         ids=["by_the_broker", "by_the_connectors_rules"])
def test_what_is_written_after_a_topic_was_deleted_flows_within_seconds(make_worker, broker, topic, tmp_path, rules):
    source, sink = tmp_path / "in.txt", tmp_path / "out.txt"
    source.write_text("before\n")
    # The sink must not be the one that has the topic made.
    worker = make_worker(settings={"consumer.allow.auto.create.topics": "false", "producer.metadata.max.age.ms": "500"}).start()
    worker.file_source("src", source, topic, **{key.replace(".", "__"): value for key, value in rules.items()})
    worker.file_sink("snk", sink, topic)
    eventually("the first line arrived", lambda: lines_of(sink) == ["before"])
    remove_topic(broker.servers, topic)
    # What nobody writes to stays deleted, however often the producer looks.
    for _ in range(30):
        assert not exists(broker, topic)
        time.sleep(0.1)
    with open(source, "a") as file:
        file.write("after\n")
    eventually("the line behind it arrived", lambda: lines_of(sink)[-1] == "after", seconds=20)
    assert worker.task_state("src") == worker.task_state("snk") == "RUNNING"
    assert len(broker.metadata(topic)) == (3 if rules else 1)


def test_a_sink_reads_all_of_a_topic_that_was_made_anew_behind_its_back(make_worker, broker, topic, tmp_path):
    sink = tmp_path / "out.txt"
    make_topic(broker.servers, topic)
    produce(broker.servers, topic, [f"old-{number}" for number in range(200)])
    worker = make_worker(settings={"consumer.allow.auto.create.topics": "false"}).start()
    worker.file_sink("snk", sink, topic)
    eventually("the old lines arrived", lambda: len(lines_of(sink)) == 200)
    # While it is paused the topic becomes another one, in which its position lies well within the range.
    worker.request("PUT", "/connectors/snk/pause")
    worker.await_task("snk", "PAUSED")
    remove_topic(broker.servers, topic)
    make_topic(broker.servers, topic)
    produce(broker.servers, topic, [f"new-{number}" for number in range(300)])
    worker.request("PUT", "/connectors/snk/resume")
    eventually("the last new line arrived", lambda: lines_of(sink)[-1] == "new-299", seconds=60)
    assert lines_of(sink)[200:] == [f"new-{number}" for number in range(300)]
