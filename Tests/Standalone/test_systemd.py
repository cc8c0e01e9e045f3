"""What systemd gives the worker and is told by it: sockets, credentials, STATUS, priorities of the journal."""
import os
import shutil
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request

import pytest

from conftest import PROGRAM, eventually, lines_of, watch


class Socket:
    """A socket as a socket unit holds it: open whether the worker runs or not."""

    def __init__(self, worker, address=None):
        self.socket = socket.socket(socket.AF_UNIX if address else socket.AF_INET)
        self.socket.bind(address or ("127.0.0.1", 0))
        self.socket.listen(4096)
        if not address:
            worker.port = self.socket.getsockname()[1]
        # systemd's own protocol: from descriptor 3 on, and the process that they are meant for.
        number = self.socket.fileno()
        script = f'exec 3<&{number}; export LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=rest; exec "$@"'
        worker.prefix = ["bash", "-c", script, "bash"]
        worker.passed = (number,)


class Clients:
    """Clients that ask all the time, each with a connection of its own for each request."""

    def __init__(self, port, count=4):
        self.port, self.errors, self.statuses = port, [], {}
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=self.run, daemon=True) for _ in range(count)]
        for thread in self.threads:
            thread.start()

    def run(self):
        while not self.stopping.is_set():
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/", timeout=30) as answer:
                    status = answer.status
            except urllib.error.HTTPError as error:
                status = error.code
            except Exception as error:  # noqa: BLE001: every failure is one too many
                self.errors.append(repr(error))
                continue
            self.statuses[status] = self.statuses.get(status, 0) + 1

    def finish(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join()


def test_rest_is_served_on_a_passed_socket_and_no_request_is_refused_across_restarts(make_worker):
    worker = make_worker()
    del worker.settings["listeners"]
    passed = Socket(worker)
    worker.start()
    assert worker.get("/")["version"]
    listening = subprocess.run(
        ["ss", "-Hltnp"], stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()
    own = [line.split()[3] for line in listening if f"pid={worker.process.pid}," in line]
    assert own == [f"127.0.0.1:{worker.port}"], "and on nothing else"
    clients = Clients(worker.port)
    for _ in range(5):
        count = clients.statuses.get(200, 0)
        eventually("clients are answered", lambda: clients.statuses.get(200, 0) > count + 50)
        assert worker.terminate() == 0
        # The next request waits in the socket for the worker that comes.
        waiting = sum(clients.statuses.values())
        time.sleep(0.1)
        assert sum(clients.statuses.values()) <= waiting + 4
        worker.start()
    clients.finish()
    print(clients.statuses)
    assert clients.errors == []
    assert set(clients.statuses) <= {200, 503}
    passed.socket.close()


def test_listeners_that_differ_from_the_passed_sockets_are_told(make_worker):
    worker = make_worker()
    passed = Socket(worker)
    named = worker.settings["listeners"]
    worker.start()
    log = worker.log.read_text()
    assert f"systemd passed, 127.0.0.1:{worker.port}, and not on what listeners says, {named}" in log
    assert worker.terminate() == 0
    worker.settings["listeners"] = f"http://127.0.0.1:{worker.port}"
    worker.log.unlink()
    worker.start()
    assert " WARN " not in worker.log.read_text()
    passed.socket.close()


def test_a_unix_socket_may_be_passed_and_its_file_stays(make_worker, tmp_path):
    worker = make_worker()
    path = str(tmp_path / "rest.sock")
    passed = Socket(worker, path)
    worker.settings["listeners"] = f"unix://{path}"
    notifications = watch(worker)
    worker.start(wait=False)
    eventually("READY", lambda: notifications.has("READY=1"))
    assert f"serves REST on unix://{path}" in worker.log.read_text() and " WARN " not in worker.log.read_text()
    assert worker.terminate() == 0
    assert os.path.exists(path)
    passed.socket.close()


def test_systemd_socket_activate_starts_the_worker_with_the_first_request(make_worker):
    if not shutil.which("systemd-socket-activate"):
        pytest.skip("systemd-socket-activate (package systemd) is not here")
    worker = make_worker()
    worker.prefix = ["systemd-socket-activate", "-l", f"127.0.0.1:{worker.port}"]
    worker.start()
    assert worker.get("/")["version"]
    assert "serves REST on http://127.0.0.1" in worker.log.read_text() and " WARN " not in worker.log.read_text()
    assert worker.terminate() == 0


def test_a_descriptor_that_is_no_listening_socket_is_refused_with_a_hint(make_worker):
    worker = make_worker()
    left, right = socket.socketpair()
    worker.prefix = ["bash", "-c", f'exec 3<&{left.fileno()}; export LISTEN_PID=$$ LISTEN_FDS=1; exec "$@"', "bash"]
    worker.passed = (left.fileno(),)
    worker.start(wait=False)
    assert worker.process.wait(20) == 2
    assert "is no listening socket: a socket unit for it needs ListenStream= and no Accept=yes" in worker.log.read_text()
    left.close(), right.close()


@pytest.fixture
def credentials(tmp_path):
    folder = tmp_path / "credentials"
    folder.mkdir()
    return folder


def test_credentials_are_what_references_stand_for_and_are_never_shown(make_worker, credentials, topic, tmp_path):
    secret = f"{topic}-secret"
    (credentials / "topic").write_text(secret + "\n")
    (credentials / "level").write_text("Debug")
    worker = make_worker(settings={
        "config.providers": "credential", "native.log.levels.connect.herder": "${credential:level}"})
    worker.environment["CREDENTIALS_DIRECTORY"] = str(credentials)
    notifications = watch(worker)
    worker.start()
    assert worker.get("/admin/loggers/connect.herder")["level"] == "DEBUG"
    source, sink = tmp_path / "in", tmp_path / "out"
    source.write_text("a\n")
    worker.file_source("src", source, "${credential:topic}")
    worker.file_sink("snk", sink, secret)
    eventually("the line arrived", lambda: lines_of(sink) == ["a"])
    assert worker.get("/connectors/src/config")["topic"] == "${credential:topic}"
    assert worker.get("/connectors/src/tasks")[0]["config"]["topic"] == "${credential:topic}"
    for name in ("missing", "../worker.properties", ".."):
        status, body = worker.request("PUT", "/connectors/bad/config", {
            "connector.class": "FileStreamSource", "topic": "${credential:%s}" % name}, check=False)
        assert status in (400, 500) and "credential" in body["message"] and name in body["message"]
        assert secret not in str(body)
    assert "LoadCredential=missing:" in worker.request("PUT", "/connectors/bad/config", {
        "connector.class": "FileStreamSource", "topic": "${credential:missing}"}, check=False)[1]["message"]
    assert worker.terminate() == 0
    assert secret not in worker.log.read_text()
    assert not any(secret in line for _, line in notifications.poll())


def test_a_worker_whose_credential_is_missing_does_not_start_and_says_which(make_worker, credentials):
    worker = make_worker(settings={"config.providers": "credential", "client.id": "${credential:id}"})
    worker.environment["CREDENTIALS_DIRECTORY"] = str(credentials)
    notifications = watch(worker)
    worker.start(wait=False)
    assert worker.process.wait(20) == 2
    error = f"error: client.id: There is no credential id in {credentials}"
    assert error in worker.log.read_text()
    # What `systemctl status` shows of a unit that failed.
    assert notifications.status().startswith("The configuration was refused: ") and error in notifications.status()


def test_status_counts_what_runs_and_what_has_failed(make_worker, topic, tmp_path):
    worker = make_worker()
    notifications = watch(worker)
    worker.start()
    eventually("STATUS", lambda: notifications.status() == "no connectors")
    worker.file_source("src", tmp_path / "in", topic)
    worker.file_sink("snk", tmp_path / "out", topic)
    eventually("two run", lambda: notifications.status() == "2 connectors, 2 of 2 tasks running")
    worker.file_sink("bad", "/dev/full/no", topic)
    eventually("one failed", lambda: notifications.status() == "3 connectors, 2 of 3 tasks running, 1 failed")
    worker.request("PUT", "/connectors/snk/pause")
    eventually("one is paused", lambda: notifications.status() == (
        "3 connectors (1 paused), 1 of 3 tasks running, 1 failed, 1 paused"))
    worker.request("DELETE", "/connectors/bad")
    # However often something changes, it is told once a second.
    before, began = len([1 for _, line in notifications.poll() if line.startswith("STATUS=")]), time.monotonic()
    for _ in range(40):
        worker.file_source("flapping", tmp_path / "in", topic)
        worker.request("DELETE", "/connectors/flapping")
    told = len([1 for _, line in notifications.poll() if line.startswith("STATUS=")]) - before
    assert told <= time.monotonic() - began + 2
    eventually("the end", lambda: notifications.status() == "2 connectors (1 paused), 1 of 2 tasks running, 1 paused")
    assert worker.terminate() == 0
    assert notifications.status() == "Stopping"


def test_a_manager_that_does_not_read_what_it_is_told_holds_up_nothing(make_worker, topic, tmp_path):
    worker = make_worker()
    notifications = watch(worker)
    worker.start()
    eventually("STATUS", lambda: notifications.status() == "no connectors")
    # The kernel keeps some ten messages; who sends one more waits until one was read.
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.setblocking(False)
        sender.connect(str(notifications.path))
        with pytest.raises(BlockingIOError):
            while True:
                sender.send(b"X_FULL=1")
    for name in ("one", "two"):
        (tmp_path / name).write_text("a line\n")
        worker.file_source(name, tmp_path / name, topic)
        # The loop that would wait makes the producers: after the first STATUS, a second at most from now, none would start.
        time.sleep(1.5)
        eventually("it runs", lambda name=name: [
            task["state"] for task in worker.get(f"/connectors/{name}/status")["tasks"]] == ["RUNNING"])
    eventually("the newest STATUS comes", lambda: notifications.status() == "2 connectors, 2 of 2 tasks running")


def test_a_connector_that_is_refused_on_the_command_line_is_what_status_says_last(make_worker, tmp_path):
    worker = make_worker()
    notifications = watch(worker)
    bad = tmp_path / "bad.yaml"
    bad.write_text("name: bad\nconnector.class: Nobody\n")
    worker.start(bad, wait=False)
    assert worker.process.wait(30) == 3
    assert notifications.status().startswith(f"A connector was refused: {bad}:2:1: error: ")


def test_lines_for_the_journal_carry_a_priority_and_no_time(tmp_path):
    worker = tmp_path / "worker.yaml"
    worker.write_text("bootstrap.servers: localhost:1\noffset.flush.interval.ms: soon\n")
    with open(tmp_path / "log", "wb") as log:
        status = os.fstat(log.fileno())
        done = subprocess.run(
            [PROGRAM, "run", worker], stdout=log, stderr=log, timeout=20,
            env={**os.environ, "JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"})
    assert done.returncode == 2
    lines = (tmp_path / "log").read_text().splitlines()
    assert lines and all(line.startswith("<3>") for line in lines), lines
    if not os.path.exists("/run/systemd/journal/socket"):
        # Else the journal has them.
        assert any(line.startswith(f"<3>ERROR {worker}:2:") for line in lines), lines


def test_the_end_asks_systemd_for_the_time_that_tasks_were_promised(make_worker):
    worker = make_worker(settings={"task.shutdown.graceful.timeout.ms": 120_000})
    notifications = watch(worker)
    worker.start()
    assert worker.terminate() == 0
    told = [line for _, line in notifications.poll()]
    extension = next(line for line in told if line.startswith("EXTEND_TIMEOUT_USEC="))
    assert told.index("STOPPING=1") < told.index(extension)
    # With the ten seconds that the worker keeps for itself, and some for the process to end.
    assert 130_000_000 < int(extension.split("=")[1]) <= 140_000_000
