"""What the tests of distributed mode share: workers of one group, and what REST and the topics tell of their work."""
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import uuid

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

from workers import Worker, eventually  # noqa: E402

SESSION_SECONDS = 6
# offset.flush.interval.ms of every worker.
FLUSH_SECONDS = 0.5


def free_rest_port(taken=set()):
    """Below the ephemeral range, so that a worker finds its port again after a restart."""
    first = int(os.environ.get("TEST_PORTS", "21900")) + 400
    for port in range(first, first + 500):
        if port in taken:
            continue
        try:
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(("127.0.0.1", port))
            taken.add(port)
            return port
        except OSError:
            continue
    raise RuntimeError("no free ports")


class ClusterWorker(Worker):
    """A worker process that is a member of a group."""

    def __init__(self, tmp_path, number, servers, group, settings, plugins):
        folder = tmp_path / f"w{number}"
        folder.mkdir(exist_ok=True)
        super().__init__(folder, servers, plugins=plugins)
        self.name = f"w{number}"
        self.mode = "distributed"
        self.log = tmp_path / f"w{number}.log"
        self.port = free_rest_port()
        del self.settings["offset.storage.file.filename"]
        self.settings |= {
            "listeners": f"http://127.0.0.1:{self.port}",
            "group.id": group,
            "config.storage.topic": f"{group}-configs",
            "offset.storage.topic": f"{group}-offsets",
            "status.storage.topic": f"{group}-status",
            "config.storage.replication.factor": "1",
            "offset.storage.replication.factor": "1",
            "status.storage.replication.factor": "1",
            "scheduled.rebalance.max.delay.ms": "0",
            "session.timeout.ms": str(SESSION_SECONDS * 1000),
            "heartbeat.interval.ms": "1000",
            # Of the consumers of sink tasks, which a killed worker does not take out of their groups.
            "consumer.session.timeout.ms": "6000",
            "consumer.heartbeat.interval.ms": "1000",
            **(settings or {}),
        }

    @property
    def id(self):
        return f"127.0.0.1:{self.port}"


class JavaWorker:
    """Apache's own worker, of the version that KAFKA_VERSION says, in the same group."""

    # Several side by side, with little to do.
    heap = "-Xms128M -Xmx512M"

    def __init__(self, tmp_path, number, servers, group, settings=None):
        self.name = f"java{number}"
        self.folder = tmp_path / self.name
        self.log = tmp_path / f"{self.name}.log"
        self.port = free_rest_port()
        self.servers, self.group = servers, group
        self.settings = {
            "key.converter": "org.apache.kafka.connect.storage.StringConverter",
            "value.converter": "org.apache.kafka.connect.storage.StringConverter",
            "offset.flush.interval.ms": "500",
            "scheduled.rebalance.max.delay.ms": "0",
            "session.timeout.ms": str(SESSION_SECONDS * 1000),
            "heartbeat.interval.ms": "1000",
            "rest.advertised.host.name": "127.0.0.1",
            # Its sinks' consumers are not always closed in order.
            "consumer.session.timeout.ms": "6000",
            "consumer.heartbeat.interval.ms": "1000",
            **(settings or {}),
        }
        self.runs = False

    request = Worker.request
    get = Worker.get
    put_connector = Worker.put_connector
    file_source = Worker.file_source
    file_sink = Worker.file_sink

    @property
    def id(self):
        return f"127.0.0.1:{self.port}"

    def _call(self, verb, *arguments):
        environment = {**os.environ, "KAFKA_HEAP_OPTS": self.heap}
        subprocess.run(
            [f"{os.environ['KAFKA_HOME']}/bin/java-connect", verb, "--dir", self.folder, *map(str, arguments)], check=True,
            stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL, env=environment)

    def start(self):
        sets = [part for key, value in self.settings.items() for part in ("--set", f"{key}={value}")]
        self.folder.mkdir(exist_ok=True)
        if not self.log.is_symlink():
            self.log.symlink_to(self.folder / "worker.log")
        self._call("start", "--bootstrap", self.servers, "--port", self.port, "--group", self.group, *sets)
        self.runs = True
        # REST may answer a moment earlier, and another worker could lead then. The log is of this start alone.
        eventually("it has joined", lambda: "Joined group at generation" in self.log.read_text(errors="replace"))
        return self

    def is_alive(self):
        return self.runs

    @property
    def pid(self):
        return int((self.folder / "pid").read_text())

    def terminate(self):
        self._call("stop")
        self.runs = False

    def end(self):
        if self.runs:
            self._call("kill")
            self.runs = False


class Cluster:
    """A group of workers on one broker, with topics of its own."""

    def __init__(self, tmp_path, servers, group=None, settings=None, plugins=("file", "verifiable")):
        self.tmp_path, self.servers = tmp_path, servers
        self.group = group or "g-" + uuid.uuid4().hex[:8]
        self.settings, self.plugins = settings or {}, plugins
        self.workers = []
        # How many workers the broker can bear in one group, and why no more.
        self.most, self.why = 1000, None

    def make(self, **settings):
        number = len(self.workers) + 1
        if number > self.most:
            pytest.skip(self.why)
        worker = ClusterWorker(
            self.tmp_path, number, self.servers, self.group,
            {**self.settings, **{key.replace("__", "."): str(value) for key, value in settings.items()}}, self.plugins)
        self.workers.append(worker)
        return worker

    def start(self, count):
        """Makes and starts workers side by side, and waits until they are members."""
        workers = [self.make() for _ in range(count)]
        for worker in workers:
            worker.start(wait=False)
        for worker in workers:
            eventually(f"{worker.name} is healthy", worker.is_healthy, seconds=60)
        return workers

    def java(self, **settings):
        worker = JavaWorker(
            self.tmp_path, len(self.workers) + 1, self.servers, self.group, {**self.settings, **settings})
        self.workers.append(worker)
        return worker

    def alive(self):
        return [each for each in self.workers if is_alive(each)]

    def placement(self, through=None):
        """Who runs what, by the status topic: {"name" or "name-number": (state, worker id)}."""
        worker = through or self.alive()[0]
        found = {}
        for name, entry in worker.get("/connectors?expand=status").items():
            status = entry["status"]
            found[name] = (status["connector"]["state"], status["connector"]["worker_id"])
            for task in status["tasks"]:
                found[f"{name}-{task['id']}"] = (task["state"], task["worker_id"])
        return found

    def await_running(self, expected, among=None, seconds=60, through=None, ignoring=()):
        """Waits until exactly this work runs, each on one of these workers; returns who runs what."""
        owners = {each.id for each in (among or self.alive())}

        def running():
            placement = {name: at for name, at in self.placement(through).items() if name not in ignoring}
            wrong = {
                name: at for name, at in placement.items() if at[0] != "RUNNING" or at[1] not in owners}
            if set(placement) != set(expected) or wrong:
                raise ValueError(
                    f"not as wanted: {wrong}, missing {set(expected) - set(placement)}, "
                    f"too many {set(placement) - set(expected)}, among {owners}")
            return placement

        return eventually("all work runs", running, seconds)

    def await_balanced(self, expected, among=None, seconds=60):
        """As await_running, and connectors and tasks are each spread within one."""
        owners = [each.id for each in (among or self.alive())]

        def balanced():
            placement = self.await_running(expected, among, seconds)
            for kind in (False, True):
                loads = [
                    sum(1 for name, at in placement.items() if is_task(name) == kind and at[1] == owner)
                    for owner in owners]
                if max(loads) - min(loads) > 1:
                    raise ValueError(f"unbalanced: {loads} of {owners}: {placement}")
            return placement

        return eventually("the load is within one", balanced, seconds)

    def leader(self):
        """The worker that leads, by what our workers logged last."""
        newest = (-1, None)
        for worker in self.alive():
            if not isinstance(worker, ClusterWorker):
                continue
            for line in worker.log.read_text(errors="replace").splitlines():
                if "The group is settled" in line:
                    words = dict(word.split("=", 1) for word in line.split() if "=" in word)
                    generation = int(words["generation"].strip('",'))
                    newest = max(newest, (generation, words["leader"].strip('",')), key=lambda each: each[0])
        port = int(newest[1].rstrip("/").rsplit(":", 1)[1])
        return next(each for each in self.workers if each.port == port)

    def rounds(self):
        """How many rounds of the group each worker's log tells of, and by which protocol the last one was."""
        found = {}
        for worker in self.workers:
            if isinstance(worker, ClusterWorker):
                protocols = re.findall(r"a round of the group ended .*protocol=(\w+)", worker.log.read_text(errors="replace"))
                found[worker.name] = (len(protocols), protocols[-1] if protocols else None)
        return found

    def followers(self):
        """All but the leader; where one worker is all that can be, it stands for others too."""
        leader = self.leader()
        return [each for each in self.alive() if each is not leader] if self.most > 1 else [leader, leader]

    def dump(self, what):
        """Key and value of each record of an internal topic, in the order of each partition."""
        return records(self.servers, f"{self.group}-{what}")

    def end(self):
        """Ends all workers, in order where they can: a sink's group that lost its member suddenly would be waited for by the
        next test."""
        natives = [each for each in self.workers if isinstance(each, ClusterWorker) and is_alive(each)]
        for worker in natives:
            worker.process.send_signal(signal.SIGCONT)
            worker.process.terminate()
        for worker in self.workers:
            if isinstance(worker, JavaWorker):
                worker.end()
        for worker in natives:
            try:
                worker.process.wait(20)
            except subprocess.TimeoutExpired:
                worker.kill()


def is_alive(worker):
    if isinstance(worker, JavaWorker):
        return worker.is_alive()
    return worker.process is not None and worker.process.poll() is None


def is_task(name):
    return name.rsplit("-", 1)[-1].isdigit()


def work(**connectors):
    """Names of connectors and of so many tasks of each: work(src=2) is {"src", "src-0", "src-1"}."""
    names = set()
    for name, count in connectors.items():
        names |= {name} | {f"{name}-{number}" for number in range(count)}
    return names


def records(servers, topic):
    """Every record of a topic as kcat's JSON, in the order of each partition."""
    done = subprocess.run(
        ["kcat", "-C", "-b", servers, "-t", topic, "-o", "beginning", "-e", "-J", "-q"], check=True, text=True,
        stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
    found = [json.loads(line) for line in done.stdout.splitlines()]
    return sorted(found, key=lambda each: (each["partition"], each["offset"]))


def produce(servers, topic, key, value, partition=0):
    """Writes one record of any bytes; a value of None is a tombstone."""
    text = key + b"\x01" + (b"" if value is None else value)
    subprocess.run(
        ["kcat", "-P", "-b", servers, "-t", topic, "-p", str(partition), "-K", "\x01", "-D", "\x02",
         *(["-Z"] if value is None else [])],
        check=True, input=text, stdout=subprocess.DEVNULL)
