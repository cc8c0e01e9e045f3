"""A source whose polls wait for their records, as those of most connectors do: what they brought goes on meanwhile."""
import statistics
import subprocess
import time

from conftest import eventually, lines_in

# linger.ms is 5, and the rest is what a busy machine may take.
ALLOWED_SECONDS = 0.1


def verifiable(worker, topic, **settings):
    worker.put_connector("steady", connector__class="VerifiableSource", tasks__max=1, topic=topic, **settings)
    worker.await_task("steady", "RUNNING")


def await_topic(broker, topic):
    eventually("the topic is there", lambda: broker.metadata().get((topic, 0), {"leader": -1})["leader"] >= 0)


def test_records_of_polls_that_take_a_second_arrive_within_linger(make_worker, broker, topic):
    worker = make_worker(plugins=("verifiable",)).start()
    verifiable(worker, topic, throughput=10, native__faults="poll:slow", native__faults__slow__ms=1000)
    await_topic(broker, topic)
    reader = subprocess.Popen(
        ["kcat", "-C", "-b", broker.servers, "-t", topic, "-p", "0", "-o", "end", "-u", "-q", "-f", "%T\n",
         "-X", "fetch.wait.max.ms=50"],
        text=True, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
    try:
        late = []
        for line in reader.stdout:
            late.append(time.time() - int(line) / 1000)
            if len(late) == 50:
                break
        print(f"50 records, on their way for {statistics.median(late) * 1000:.0f} ms (median), {max(late) * 1000:.0f} ms (longest)")
        assert len(late) == 50, "the reader ended"
        assert statistics.median(late) < ALLOWED_SECONDS, late
    finally:
        reader.kill()
        reader.wait()
    assert worker.terminate() == 0


def test_offsets_are_stored_while_a_poll_blocks_for_ever(make_worker, broker, topic, tmp_path):
    worker = make_worker(settings={"offset.flush.interval.ms": "200"}, plugins=("verifiable",)).start()
    verifiable(worker, topic, throughput=-1, native__faults="poll:block:2")
    await_topic(broker, topic)
    eventually("the first poll's records are in Kafka", lambda: len(lines_in(broker.servers, topic)) == 1000)
    offsets = tmp_path / "connect.offsets"
    eventually("and their offset is stored", lambda: offsets.exists() and b'"seqno":999' in offsets.read_bytes())
    worker.kill()
    worker.start()
    verifiable(worker, topic, throughput=-1, native__faults="poll:block:2")
    eventually("the next thousand follow", lambda: len(lines_in(broker.servers, topic)) >= 2000)
    assert lines_in(broker.servers, topic) == [str(number) for number in range(2000)]
    assert worker.terminate() == 0
