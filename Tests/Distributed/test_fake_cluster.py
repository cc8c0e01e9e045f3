"""Three workers on kafka-connect-fakebroker: a worker is killed, the group's coordinator fails on request, nothing is lost."""
import pytest

from cluster import FLUSH_SECONDS, SESSION_SECONDS, work
from fake_broker import FakeBroker
from sequences import check_sequences, runs_of
from workers import Writer, eventually, lines_of

HEARTBEAT = "Heartbeat:cut,after=10,count=2"
JOIN = "JoinGroup:error=NOT_COORDINATOR,after=4,count=2"

RATE = 1000


@pytest.fixture
def fake(tmp_path):
    broker = FakeBroker(tmp_path, HEARTBEAT, JOIN)
    yield broker
    broker.stop()


def test_workers_of_a_cluster_share_their_work_on_it_and_outlive_faults(fake, make_cluster, tmp_path):
    cluster = make_cluster(broker=fake, plugins=("file",))
    first, *_ = cluster.start(3)
    source, sink = tmp_path / "in.txt", tmp_path / "out.txt"
    writer = Writer(source, per_second=RATE)
    first.file_source("src", source, "lines")
    eventually("the topic exists", lambda: first.get("/connectors/src/topics")["src"]["topics"] == ["lines"])
    first.file_sink("snk", sink, "lines")
    expected = work(src=1, snk=1)
    placement = cluster.await_running(expected)
    eventually("lines flow", lambda: len(lines_of(sink)) > 1000)
    victim = next(each for each in cluster.workers if each.id == placement["src-0"][1])
    victim.kill()
    cluster.await_running(expected)
    eventually("the faults happened", lambda: fake.happened(HEARTBEAT) == 2 and fake.happened(JOIN) == 2)
    before = len(lines_of(sink))
    eventually("lines flow again", lambda: len(lines_of(sink)) > before + 1000, seconds=60)
    count = writer.finish()
    eventually("the last line arrived", lambda: lines_of(sink)[-1:] == [f"line-{count - 1}"], seconds=60)
    # The kill; and members that are cut off or sent away lose no more than a session.
    check_sequences(lines_of(sink), {"line": count}, runs_of(3), int(3 * 2 * RATE * (FLUSH_SECONDS + SESSION_SECONDS)))
