"""kafka-connect-fakebroker: the file pair runs on it as on a Kafka, and goes on through every kind of fault that it provokes."""
import shutil
import socket
import subprocess

import pytest

from conftest import BUILT, Worker, Writer, eventually, lines_of
from fake_broker import FakeBroker
from sequences import check_sequence

# Short, so that what a fault breaks is tried again within the test.
SETTINGS = {
    "producer.request.timeout.ms": "2000", "producer.metadata.max.age.ms": "300", "consumer.metadata.max.age.ms": "300",
    "consumer.heartbeat.interval.ms": "200", "consumer.session.timeout.ms": "6000", "consumer.request.timeout.ms": "4000",
    "consumer.auto.commit.interval.ms": "200", "offset.flush.interval.ms": "200",
}


@pytest.fixture
def fake(tmp_path):
    """Makes fake brokers that end with the test."""
    made = []

    def make(*faults, options=()):
        made.append(FakeBroker(tmp_path, *faults, options=options))
        return made[-1]

    yield make
    for broker in made:
        broker.stop()


@pytest.fixture
def pair(tmp_path):
    """Runs a worker with the file pair on a broker; source, sink and worker."""
    workers = []

    def start(servers, **settings):
        source, sink = tmp_path / "in.txt", tmp_path / "out.txt"
        source.touch()
        worker = Worker(tmp_path, servers, settings={**SETTINGS, **settings})
        workers.append(worker)
        worker.start(
            worker.connector_file("src", connector__class="FileStreamSource", file=source, topic="lines"),
            worker.connector_file("snk", connector__class="FileStreamSink", file=sink, topics="lines"))
        return worker, source, sink

    yield start
    for worker in workers:
        if worker.process.poll() is None:
            worker.terminate()


def test_the_file_pair_runs_on_it_and_goes_on_after_a_restart_of_the_worker(fake, pair, tmp_path):
    broker = fake()
    worker, source, sink = pair(broker.address)
    with open(source, "a") as file:
        file.write("".join(f"line-{number}\n" for number in range(5000)))
    eventually("the last line arrived", lambda: lines_of(sink)[-1:] == ["line-4999"])
    assert worker.terminate() == 0
    worker, source, sink = pair(broker.address)
    with open(source, "a") as file:
        file.write("".join(f"line-{number}\n" for number in range(5000, 6000)))
    eventually("the last line arrived", lambda: lines_of(sink)[-1:] == ["line-5999"])
    assert check_sequence(lines_of(sink), 6000) == 0
    assert worker.terminate() == 0
    assert broker.stop() == 0


@pytest.mark.parametrize("fault, times", [
    ("Produce:error=NOT_LEADER_OR_FOLLOWER,after=5,count=3", 3),
    ("Produce:lose,after=5,every=5,count=3", 3),
    ("Produce:cut,after=5,every=3,count=3", 3),
    ("Produce:hang,after=10,count=1", 1),
    ("Fetch:delay=1s,after=10,count=2", 2),
    ("Fetch:garbage,after=10,every=5,count=6", 6),
    ("Fetch:error=NOT_LEADER_OR_FOLLOWER,after=10,count=3", 3),
    ("Metadata:garbage,after=2,count=6", 6),
    ("Heartbeat:cut,after=3,count=2", 2),
    ("Heartbeat:error=UNKNOWN_MEMBER_ID,after=3,count=1", 1),
    ("OffsetCommit:error=COORDINATOR_LOAD_IN_PROGRESS,count=3", 3),
    ("FindCoordinator:error=COORDINATOR_NOT_AVAILABLE,count=3", 3),
    ("InitProducerId:lose,count=2", 2),
    ("ApiVersions:cut,count=3", 3),
    ("*:delay=20ms,every=3,count=30", 30),
])
def test_the_flow_goes_on_through_faults_and_nothing_is_lost(fault, times, fake, pair):
    # A leader that moves has the metadata asked for again.
    broker = fake(fault, "Produce:error=NOT_LEADER_OR_FOLLOWER,after=20,count=1")
    worker, source, sink = pair(broker.address)
    writer = Writer(source, per_second=1000)
    eventually(f"{fault} happened {times} times", lambda: broker.happened(fault) == times, seconds=60)
    before = len(lines_of(sink))
    eventually("lines flow after the fault", lambda: len(lines_of(sink)) > before + 500, seconds=60)
    count = writer.finish()
    eventually("the last line arrived", lambda: lines_of(sink)[-1:] == [f"line-{count - 1}"], seconds=60)
    # A fault that costs the sink its membership has it go back once to what it committed, seconds before at the most.
    check_sequence(lines_of(sink), count, most_runs=times + 1, most_repeated=(times + 1) * 8000)
    assert worker.task_state("src") == "RUNNING" and worker.task_state("snk") == "RUNNING"
    assert broker.happened(fault) == times


@pytest.mark.parametrize("key, value", [("acks", "1"), ("enable.idempotence", "false")])
def test_the_order_is_kept_without_idempotence(key, value, fake, pair):
    broker = fake("Produce:error=NOT_LEADER_OR_FOLLOWER,after=6,count=1")
    # Small batches, so that several would be under way.
    worker, source, sink = pair(broker.address, **{f"producer.{key}": value, "producer.batch.size": "2000"})
    with open(source, "a") as file:
        file.write("".join(f"line-{number}\n" for number in range(100_000)))
    eventually("the last line arrived", lambda: lines_of(sink)[-1:] == ["line-99999"], seconds=60)
    assert lines_of(sink) == [f"line-{number}" for number in range(100_000)]
    assert "switch idempotence off" in worker.log.read_text()


def test_batches_grow_where_the_broker_answers_slowly(fake, pair):
    slow = "Produce:delay=300ms"
    broker = fake(slow)
    worker, source, sink = pair(broker.address, **{"producer.max.in.flight.requests.per.connection": "1"})
    writer = Writer(source, per_second=1000)
    eventually("lines were written for a while", lambda: writer.written >= 4000)
    count = writer.finish()
    eventually("the last line arrived", lambda: lines_of(sink)[-1:] == [f"line-{count - 1}"], seconds=60)
    assert check_sequence(lines_of(sink), count) == 0
    # In batches of what comes within linger.ms it would take as many requests as lines were written at once: one for each twenty.
    assert broker.happened(slow) < count / 100
    assert worker.task_state("src") == "RUNNING"


def test_old_records_go_when_a_partition_is_full_and_the_worker_copes(fake, pair):
    broker = fake(options=("--retention", "64KiB"))
    worker, source, sink = pair(broker.address)
    writer = Writer(source, per_second=4000)
    eventually("records were dropped", lambda: broker.says("Oldest records dropped"))
    count = writer.finish()
    eventually("the last line arrived", lambda: lines_of(sink)[-1:] == [f"line-{count - 1}"], seconds=60)
    check_sequence(lines_of(sink), count)


def test_garbage_from_a_client_closes_its_connection_and_nothing_else(fake, pair):
    broker = fake()
    host, port = broker.address.rsplit(":", 1)
    for junk in (b"GET / HTTP/1.1\r\n\r\n", b"\xff" * 64, b"\0\0\0\x0c" + b"\xee" * 12, b"\x16\x03\x01\x02\0\x01\0\x01\xfc"):
        with socket.create_connection((host, int(port)), timeout=20) as client:
            client.sendall(junk)
            assert client.recv(1) == b""
    assert broker.says("Connection closed: ")
    _, source, sink = pair(broker.address)
    source.write_text("still-0\n")
    eventually("the line arrived", lambda: lines_of(sink) == ["still-0"])


@pytest.mark.parametrize("words, hint", [
    (["--fault", "Prodce:cut"], "It has: ApiVersions"), (["--fault", "Produce:error=NOT_LEADER"], "NOT_LEADER_OR_FOLLOWER"),
    (["--port", "x"], "a number from 0 to 65535"), (["--retention", "lots"], "64MiB"), (["--address", "0.0.0.0"], "clients"),
    (["--falt", "x"], "Did you mean '--fault'?")])
def test_a_wrong_command_line_is_refused_with_the_way_out(words, hint):
    done = subprocess.run([BUILT / "kafka-connect-fakebroker", *words], text=True, stderr=subprocess.PIPE, timeout=20)
    assert done.returncode == 1 and hint in done.stderr, done.stderr


def test_an_address_in_use_is_told(fake):
    port = fake().address.rsplit(":", 1)[1]
    done = subprocess.run(
        [BUILT / "kafka-connect-fakebroker", "--port", port], text=True, stderr=subprocess.PIPE, timeout=20)
    assert done.returncode == 2 and f":{port} cannot be listened on" in done.stderr


@pytest.mark.skipif(not shutil.which("kcat"), reason="needs kcat")
def test_a_client_of_another_make_produces_and_consumes(fake):
    broker = fake(options=("--partitions", "2"))
    lines = [f"line-{number}" for number in range(1000)]
    kcat = ["kcat", "-b", broker.address, "-q"]
    subprocess.run(
        [*kcat, "-P", "-t", "lines", "-p", "1", "-X", "enable.idempotence=true"], input="\n".join(lines) + "\n", text=True,
        check=True, timeout=30)
    done = subprocess.run(
        [*kcat, "-C", "-t", "lines", "-p", "1", "-o", "beginning", "-e"], text=True, stdout=subprocess.PIPE, check=True, timeout=30)
    assert done.stdout.split() == lines
    done = subprocess.run(
        [*kcat, "-G", "readers", "-c", "1000", "-X", "auto.offset.reset=earliest", "lines"], text=True, stdout=subprocess.PIPE,
        check=True, timeout=60)
    assert done.stdout.split() == lines
