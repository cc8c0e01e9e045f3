"""Topics, with Apache's own tool."""
import os
import pathlib
import subprocess

import pytest

from workers import eventually


def tool(servers):
    """The command that makes and deletes topics; skips a test where Apache's tools were not given."""
    path = pathlib.Path(os.environ.get("KAFKA_HOME", ""), "bin/kafka-topics.sh")
    if not os.environ.get("KAFKA_HOME") or not path.exists():
        pytest.skip("KAFKA_HOME with bin/kafka-topics.sh is needed to create a topic")
    return [path, "--bootstrap-server", servers]


def make_topic(servers, topic, partitions=1, replicas=None, **settings):
    """Creates a topic.

    replicas: of one partition, the brokers that hold it, the first of them leading.
    """
    extra = [part for key, value in settings.items() for part in ("--config", f"{key.replace('__', '.')}={value}")]
    placed = ["--replica-assignment", ":".join(map(str, replicas))] if replicas else ["--partitions", str(partitions)]
    subprocess.run([*tool(servers), "--create", "--topic", topic, *placed, *extra], check=True,
                   stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)


def remove_topic(servers, topic):
    """Deletes a topic, and waits until it is gone."""
    subprocess.run([*tool(servers), "--delete", "--topic", topic], check=True, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)

    def is_gone():
        listed = subprocess.run([*tool(servers), "--list"], check=True, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
        return topic not in listed.stdout.split()

    eventually(f"{topic} is gone", is_gone)
