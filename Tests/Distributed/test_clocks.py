"""Clocks that are wrong, and that jump: sessions, signed requests and keys must not depend on them."""
import glob

import pytest

from cluster import is_alive
from test_sharing import Flow, Probe

# Brokers refuse records that are more than an hour ahead of them (message.timestamp.after.max.ms).
AHEAD, BEHIND = 3000, -3 * 24 * 3600


def shift(worker, folder, seconds):
    """Has the worker's wall clock go wrong by so much, from its start on or at once; its monotonic clock goes on as it is."""
    file = folder / f"{worker.name}.clock"
    file.write_text(f"{seconds:+d}")
    libraries = glob.glob("/usr/lib/*/faketime/libfaketime.so.1")
    if not libraries:
        pytest.skip("faketime is not installed")
    worker.environment |= {
        "LD_PRELOAD": libraries[0], "FAKETIME_TIMESTAMP_FILE": str(file), "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }


def test_workers_whose_clocks_are_days_apart_and_jump_share_work_and_hand_requests_on(cluster, tmp_path, topic):
    workers = [cluster.make() for _ in range(3)]
    for worker, seconds in zip(workers, (0, AHEAD, BEHIND)):
        shift(worker, tmp_path, seconds)
        worker.start()
    flow = Flow(Probe(cluster), tmp_path, topic, count=2)
    cluster.await_running(flow.expected)
    assert len({minute(worker) for worker in workers}) == 3, "the clocks are not apart"
    flow.await_lines()
    for number, (worker, seconds) in enumerate(zip(workers, (BEHIND, 0, AHEAD))):
        shift(worker, tmp_path, seconds)
        flow.await_lines()
        # Through whoever leads, signed by whoever hands it on.
        for each in workers:
            each.put_connector(f"late{number}", connector__class="FileStreamSource", file=tmp_path / "in0", topic=f"{topic}-late")
        workers[0].request("DELETE", f"/connectors/late{number}")
    cluster.await_running(flow.expected)
    assert flow.finish() == 0
    for worker in workers:
        assert is_alive(worker)
        assert "membership in the group was lost" not in worker.log.read_text()


def minute(worker):
    """When the newest line of its log was written, by its clock."""
    return worker.log.read_text().splitlines()[-1][:16]
