"""A plugin that tries to get out of the sandbox is refused whatever it tries, and the worker serves on (scenario SE-1)."""
import os
import pathlib
import signal
import subprocess

import pytest

from conftest import eventually
from services import SINKS, SOURCES, Service

CLASS = "test.EscapeProbeSourceConnector"
OTHERS_FILE = "/srv/others/secret"
STATE, RUNTIME = "/var/lib/kafka-connect", "/run/kafka-connect"
ATTEMPTS, ATTEMPTS_PER_FOLDER = 44, 2


@pytest.fixture
def ready(service, probe):
    service.add_plugin(probe, "escape-probe.so")
    service.machine.run("install", "-d", "/srv/others")
    service.machine.run("install", "-m", "600", "-o", "nobody", "/dev/null", OTHERS_FILE)
    return service


def attempts(worker, servers, topic, state=STATE, runtime=RUNTIME):
    """What became of each attempt."""
    # Every folder that the unit's process may write, the one of the example for file sinks included.
    folders = ["/tmp", "/var/tmp", "/dev/shm", state, runtime, SINKS]
    worker.put_connector("escape", connector__class=CLASS, tasks__max=1, topic=topic, state__folder=state,
                         others__file=OTHERS_FILE, folders=",".join(folders))
    count = ATTEMPTS + ATTEMPTS_PER_FOLDER * len(folders)

    def read():
        done = subprocess.run(
            ["kcat", "-C", "-q", "-e", "-b", servers, "-t", topic, "-o", "beginning", "-f", "%k\t%s\n"], text=True,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        found = dict(line.split("\t", 1) for line in done.stdout.splitlines())
        return found if len(found) >= count else None

    found = eventually("the attempts are reported", read, seconds=60, every=0.2)
    for name, outcome in found.items():
        print(f"{name}: {outcome}")
    assert len(found) == count
    return found


def not_refused(found):
    return {name: outcome for name, outcome in found.items() if not outcome.startswith("refused: ")}


def test_every_attempt_to_get_out_of_the_unit_is_refused(ready, broker, topic):
    ready.use_example("file-sink")
    ready.start()
    before = ready.pid
    assert not_refused(attempts(ready, broker.servers, topic)) == {}
    # The worker has taken no harm, nor has the probe's task.
    assert ready.pid == before and ready.is_healthy()
    assert ready.task_state("escape") == "RUNNING"
    ready.source_file.write_text("one\n")
    ready.file_source("after", f"{SOURCES}/in.txt", topic)
    ready.await_task("after", "RUNNING")


def test_every_attempt_to_get_out_of_a_unit_of_the_template_is_refused(ready, broker, topic):
    worker = Service(ready.machine, broker, unit="kafka-connect@north.service", config="/etc/kafka-connect/north.yaml")
    worker.configure(offset__storage__file__filename=f"{STATE}/north/connect.offsets")
    worker.use_example("file-sink")
    worker.start()
    assert not_refused(attempts(worker, broker.servers, topic, f"{STATE}/north", f"{RUNTIME}-north")) == {}
    assert worker.is_healthy()


class RootWorker(Service):
    """A worker of the same machine, with the same files, that root starts by hand."""

    def __init__(self, machine, broker):
        super().__init__(machine, broker, config="/root/worker.yaml")
        self.configure(offset__storage__file__filename="/root/connect.offsets")
        self.process = subprocess.Popen(
            ["nsenter", "-t", str(machine.leader), "--all", "--root", "--wd", "kafka-connect", "standalone", self.config],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def kill(self):
        # nsenter waits for the program, which is its child.
        for child in pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split():
            os.kill(int(child), signal.SIGKILL)
        self.process.wait()


def test_outside_of_the_unit_every_attempt_succeeds_so_that_a_refusal_means_something(ready, broker, topic):
    ready.machine.run("install", "-d", RUNTIME)
    worker = RootWorker(ready.machine, broker)
    try:
        eventually("the worker is healthy", worker.is_healthy)
        found = attempts(worker, broker.servers, topic, state="/root")
        assert {name: outcome for name, outcome in found.items() if outcome != "succeeded"} == {}
    finally:
        worker.kill()


def test_the_example_for_jit_plugins_allows_what_it_says_and_no_more(ready, broker, topic):
    ready.use_example("file-sink")
    ready.use_example("jit-plugin")
    ready.start()
    found = not_refused(attempts(ready, broker.servers, topic))
    assert found == dict.fromkeys(
        ["map writable and executable memory", "make written memory executable", "execute a file of memory",
         "execute shared memory"], "succeeded")
