"""Fixtures of the tests of distributed mode: those of Tests/support/workers.py, and clusters that end with the test."""
import os
import pathlib
import subprocess
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

    def make(broker=None, **options):
        broker = broker or request.getfixturevalue("broker")
        if broker.kind == "noida":
            pytest.skip("noida-db at times loses members of groups of the type connect: set KAFKA_HOME")
        cluster = Cluster(tmp_path, broker.servers, **options)
        made.append(cluster)
        return cluster

    yield make
    for cluster in made:
        cluster.end()


@pytest.fixture
def cluster(make_cluster):
    return make_cluster()


@pytest.fixture
def java_home():
    """Where Apache's worker is, or a skip."""
    home = os.environ.get("KAFKA_HOME")
    if not home or not os.access(f"{home}/bin/java-connect", os.X_OK):
        pytest.skip("KAFKA_HOME names no folder with Apache's Connect worker (bin/java-connect)")
    return home


def make_topic(servers, topic, partitions=1, **settings):
    """Creates a topic with Apache's tool."""
    extra = [part for key, value in settings.items() for part in ("--config", f"{key.replace('__', '.')}={value}")]
    subprocess.run(
        [f"{os.environ['KAFKA_HOME']}/bin/kafka-topics.sh", "--bootstrap-server", servers, "--create", "--topic", topic,
         "--partitions", str(partitions), *extra], check=True, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
