"""What the system tests share: a real broker, workers as processes, and waiting for conditions.

The broker is found by scripts/broker (KAFKA_BOOTSTRAP_SERVERS, KAFKA_HOME, noida-db). Each test gets a folder of its own; a
worker that a test started is ended with it, and its log is shown when the test fails. TEST_BUILT names another folder of
built programs than .build/release, TEST_PORTS the first port to look for free ones at.
"""
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
import uuid

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILT = pathlib.Path(os.environ.get("TEST_BUILT") or TOP / ".build/release")
PROGRAM = BUILT / "kafka-connect"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def free_port_range(offsets=(0, 100)):
    """A port below the ephemeral range whose partners at the given offsets are free too: what scripts/broker needs."""
    first = int(os.environ.get("TEST_PORTS", "21900"))
    for port in range(first, 31900, 7):
        try:
            for offset in offsets:
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port + offset))
            return port
        except OSError:
            continue
    raise RuntimeError("no free ports")


def eventually(what, condition, seconds=30.0, every=0.02):
    """Waits until the condition gives something true, and returns that; fails naming what did not happen."""
    end = time.monotonic() + seconds
    last = None
    while time.monotonic() < end:
        try:
            last = condition()
            if last:
                return last
        except (OSError, urllib.error.URLError, ValueError) as error:
            last = error
        time.sleep(every)
    raise AssertionError(f"{what}: did not happen within {seconds} s; last seen: {last!r}")


class Broker:
    """A broker of scripts/broker with ports of its own, several of them as one cluster, or the one that was given."""

    def __init__(self, folder, kind=None, count=1, settings=None):
        self.folder, self.count, self.settings = folder, count, settings or {}
        self.down = set()
        self.environment = dict(os.environ)
        if kind == "noida":
            self.environment.pop("KAFKA_HOME", None)
            self.environment.pop("KAFKA_BOOTSTRAP_SERVERS", None)
        self.port = free_port_range([first + node for first in (0, 100) for node in range(count)])
        self.servers = None
        self.kind = self._run("kind").strip()

    def _run(self, verb, *arguments):
        done = subprocess.run(
            [TOP / "scripts/broker", verb, *map(str, arguments)], env=self.environment, check=True, text=True,
            stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
        return done.stdout

    def start(self):
        more = ["--count", self.count] if self.count > 1 else []
        more += [part for key, value in self.settings.items() for part in ("--set", f"{key}={value}")]
        self.servers = self._run("start", "--dir", self.folder, "--port", self.port, *more).strip().splitlines()[-1]
        return self

    def fault(self, verb, node=0):
        self._run(verb, "--dir", self.folder, *(["--node", node] if self.count > 1 else []))
        if verb == "kill":
            self.down.add(node)
        elif verb == "restart":
            self.down.discard(node)

    def metadata(self, topic=None):
        """What kcat -L tells of the topics: {(topic, partition): {"leader": …, "replicas": …, "isrs": …}}."""
        done = subprocess.run(
            ["kcat", "-L", "-J", "-b", self.servers, *(["-t", topic] if topic else [])], check=True, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        return {(entry["topic"], each["partition"]): {
            "leader": each["leader"], "replicas": {one["id"] for one in each["replicas"]}, "isrs": {one["id"] for one in each["isrs"]}}
            for entry in json.loads(done.stdout)["topics"] for each in entry["partitions"]}

    def await_whole(self, seconds=60):
        """Starts what was killed, and waits until every replica is in sync."""
        # Side by side: one of three alone does not come up.
        starts = [threading.Thread(target=self.fault, args=("restart", node)) for node in sorted(self.down)]
        for each in starts:
            each.start()
        for each in starts:
            each.join()
        assert not self.down, f"brokers {self.down} did not start"
        eventually("every replica is in sync", lambda: all(
            each["isrs"] == each["replicas"] for each in self.metadata().values()), seconds, every=0.2)

    def stop(self):
        self._run("stop", "--dir", self.folder)

    @property
    def can_fail(self):
        """Whether it is ours to kill and to pause."""
        return self.kind != "given"


@pytest.fixture(scope="session")
def broker(tmp_path_factory):
    broker = Broker(tmp_path_factory.mktemp("broker") / "data").start()
    yield broker
    broker.stop()


@pytest.fixture
def own_broker(tmp_path):
    """A broker that the test may kill and pause."""
    broker = Broker(tmp_path / "own-broker")
    if not broker.can_fail:
        pytest.skip("the broker was given from outside and must not be disturbed")
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def topic():
    return "t-" + uuid.uuid4().hex[:12]


class Worker:
    """One worker process with a REST port and a folder of its own."""

    def __init__(self, folder, servers, settings=None, plugins=("file",), log_name="worker.log", built=BUILT):
        self.folder = folder
        self.port = free_port()
        self.program = built / PROGRAM.name
        self.log = folder / log_name
        self.process = None
        self.mode = "standalone"
        plugin_folder = folder / "plugins"
        plugin_folder.mkdir(exist_ok=True)
        for name in plugins:
            shutil.copy(built / f"libkafka-connect-{name}.so", plugin_folder / f"kafka-connect-{name}.so")
        self.settings = {
            "bootstrap.servers": servers,
            "key.converter": "org.apache.kafka.connect.storage.StringConverter",
            "value.converter": "org.apache.kafka.connect.storage.StringConverter",
            "offset.storage.file.filename": str(folder / "connect.offsets"),
            "offset.flush.interval.ms": "500",
            "listeners": f"http://127.0.0.1:{self.port}",
            "plugin.path": str(plugin_folder),
            **(settings or {}),
        }
        self.file = folder / "worker.properties"
        self.file_text = None
        self.environment = {}
        # Of the command line: a program that the worker runs under.
        self.prefix = []
        # Descriptors that it inherits.
        self.passed = ()

    def connector_file(self, name, **settings):
        path = self.folder / f"{name}.properties"
        lines = [f"name={name}"] + [f"{key.replace('__', '.')}={value}" for key, value in settings.items()]
        path.write_text("\n".join(lines) + "\n")
        return path

    def start(self, *connectors, wait=True):
        properties = "".join(f"{key}={value}\n" for key, value in self.settings.items())
        self.file.write_text(self.file_text or properties)
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [*self.prefix, self.program, self.mode, self.file, *connectors], stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                cwd=self.folder, env={**os.environ, **self.environment}, pass_fds=self.passed)
        if wait:
            eventually("the worker is healthy", self.is_healthy)
        return self

    def is_healthy(self):
        if self.process.poll() is not None:
            raise AssertionError(f"the worker ended with {self.process.returncode}:\n{self.tail()}")
        return self.request("GET", "/health", check=False)[0] == 200

    def request(self, method, path, body=None, check=True):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", data=data, method=method,
            headers={"Content-Type": "application/json"} if data is not None else {})
        try:
            with urllib.request.urlopen(request, timeout=95) as answer:
                status, text = answer.status, answer.read()
        except urllib.error.HTTPError as error:
            status, text = error.code, error.read()
        parsed = json.loads(text) if text else None
        if check:
            assert status < 300, f"{method} {path}: {status} {parsed}"
        return status, parsed

    def get(self, path):
        return self.request("GET", path)[1]

    def put_connector(self, name, **settings):
        config = {key.replace("__", "."): str(value) for key, value in settings.items()}
        return self.request("PUT", f"/connectors/{name}/config", config)[1]

    def file_source(self, name, path, topic, **settings):
        return self.put_connector(
            name, **{"connector__class": "FileStreamSource", "tasks__max": 1, "file": path, "topic": topic, **settings})

    def file_sink(self, name, path, topics, **settings):
        return self.put_connector(
            name, **{"connector__class": "FileStreamSink", "tasks__max": 1, "file": path, "topics": topics, **settings})

    def state(self, name):
        status, body = self.request("GET", f"/connectors/{name}/status", check=False)
        return body["connector"]["state"] if status == 200 else None

    def task_state(self, name, number=0):
        status, body = self.request("GET", f"/connectors/{name}/tasks/{number}/status", check=False)
        return body["state"] if status == 200 else None

    def await_task(self, name, state, number=0, seconds=30):
        eventually(f"{name}-{number} is {state}", lambda: self.task_state(name, number) == state, seconds)

    def terminate(self, seconds=20):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def tail(self, lines=40):
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:]) if self.log.exists() else ""

    def threads(self):
        """Names of the worker's threads."""
        names = []
        for task in pathlib.Path(f"/proc/{self.process.pid}/task").iterdir():
            names.append((task / "comm").read_text().strip())
        return sorted(names)

    def memory(self, field="VmRSS"):
        """Kilobytes of a field of /proc/PID/status."""
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith(field + ":"):
                return int(line.split()[1])
        return 0

    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Notifications:
    """A NOTIFY_SOCKET: what the worker tells systemd."""

    def __init__(self, path):
        self.path = path
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))
        self.socket.setblocking(False)
        self.seen = []

    def poll(self):
        while True:
            try:
                text = self.socket.recv(65536).decode()
            except BlockingIOError:
                return self.seen
            self.seen += [(time.monotonic(), line) for line in text.splitlines()]

    def has(self, wanted):
        return any(wanted in line for _, line in self.poll())

    def count(self, wanted):
        """How many lines are exactly this one."""
        return sum(wanted == line for _, line in self.poll())

    def status(self):
        """The newest STATUS."""
        return next((line.removeprefix("STATUS=") for _, line in reversed(self.poll()) if line.startswith("STATUS=")), "")

    def when(self, wanted):
        return next(at for at, line in self.seen if wanted in line)


def watch(worker):
    """Gives a worker that has not been started a NOTIFY_SOCKET."""
    notifications = Notifications(worker.folder / "notify")
    worker.environment["NOTIFY_SOCKET"] = str(notifications.path)
    return notifications


def reload(worker, notifications, seconds=30):
    """SIGHUP, and the end of the reload; returns what the log said meanwhile."""
    before, at = notifications.count("READY=1"), worker.log.stat().st_size
    worker.process.send_signal(signal.SIGHUP)
    eventually("the reload is over", lambda: notifications.count("READY=1") == before + 1, seconds)
    return worker.log.read_bytes()[at:].decode(errors="replace")


@pytest.fixture
def make_worker(tmp_path, broker, request):
    """Makes workers that end with the test."""
    made = []

    def make(servers=None, **options):
        worker = Worker(tmp_path, servers or broker.servers, **options)
        made.append(worker)
        return worker

    yield make
    for worker in made:
        if worker.process and worker.process.poll() is None:
            worker.process.send_signal(signal.SIGCONT)
            worker.process.terminate()
            try:
                worker.process.wait(20)
            except subprocess.TimeoutExpired:
                worker.process.kill()
                worker.process.wait()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Adds the end of each worker's log to a failure."""
    outcome = yield
    report = outcome.get_result()
    folder = item.funcargs.get("tmp_path") if hasattr(item, "funcargs") else None
    if report.failed and folder:
        for log in sorted(folder.glob("*.log")):
            text = "\n".join(log.read_text(errors="replace").splitlines()[-60:])
            report.sections.append((f"{log.name}", text))


class Writer(threading.Thread):
    """Appends numbered lines to a file until it is told to stop; `written` says how many are there."""

    def __init__(self, path, per_second=4000, prefix="line"):
        super().__init__(daemon=True)
        self.path, self.per_second, self.prefix = path, per_second, prefix.encode()
        self.written = 0
        self.stopping = threading.Event()
        path.touch()
        self.start()

    def run(self):
        with open(self.path, "ab", buffering=0) as file:
            while not self.stopping.is_set():
                batch = max(1, self.per_second // 50)
                file.write(b"".join(b"%s-%d\n" % (self.prefix, number) for number in range(self.written, self.written + batch)))
                self.written += batch
                self.stopping.wait(0.02)

    def finish(self):
        self.stopping.set()
        self.join()
        return self.written


def lines_of(path):
    """Complete lines of a file."""
    if not path.exists():
        return []
    return path.read_text().split("\n")[:-1]


def end_of(path, size=200_000):
    """The last lines of a file, the first of them perhaps cut."""
    if not path.exists():
        return []
    with open(path, "rb") as file:
        file.seek(max(0, file.seek(0, 2) - size))
        return file.read().decode().split("\n")[:-1]


def lines_in(servers, topic):
    """Values of a topic of one partition, in order."""
    done = subprocess.run(
        ["kcat", "-C", "-b", servers, "-t", topic, "-p", "0", "-o", "beginning", "-e", "-q"], check=True, text=True,
        stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
    return done.stdout.splitlines()
