"""Fixtures of the tests of distributed mode: those of Tests/support/workers.py, and clusters that end with the test."""
import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from cluster import Cluster  # noqa: E402
from workers import *  # noqa: E402,F401,F403


@pytest.fixture
def make_cluster(tmp_path, request):
    """Makes clusters whose workers end with the test."""
    made = []

    def make(broker=None, folder=None, **options):
        broker = broker or request.getfixturevalue("broker")
        cluster = Cluster(folder or tmp_path, broker.servers, **options)
        if broker.kind == "noida":
            # A JoinGroup that waits for its round to end is never answered when the leader asks for the next round meanwhile.
            cluster.most, cluster.why = 1, "noida-db loses members of a group of several workers: set KAFKA_HOME"
        made.append(cluster)
        return cluster

    yield make
    for cluster in made:
        cluster.end()


@pytest.fixture
def cluster(make_cluster):
    return make_cluster()


@pytest.fixture(scope="session")
def three_started(tmp_path_factory):
    brokers = Broker(  # noqa: F405
        tmp_path_factory.mktemp("brokers") / "data", count=3, settings={
            # As an operator sets it; and a broker that was killed is replaced sooner than after 9 s.
            "min.insync.replicas": 2, "broker.session.timeout.ms": 3000, "broker.heartbeat.interval.ms": 500})
    if brokers.kind != "apache":
        pytest.skip("three brokers need KAFKA_HOME")
    brokers.start()
    yield brokers
    brokers.stop()


@pytest.fixture
def three_brokers(three_started):
    """Three brokers that the test may kill and pause; they are whole at its begin."""
    three_started.await_whole()
    yield three_started


@pytest.fixture
def java_home():
    """Where Apache's worker is, or a skip."""
    home = os.environ.get("KAFKA_HOME")
    if not home or not os.access(f"{home}/bin/java-connect", os.X_OK):
        pytest.skip("KAFKA_HOME names no folder with Apache's Connect worker (bin/java-connect)")
    return home
