"""REST by socket activation: systemd holds the port, so that a request waits for a worker that restarts, or starts one."""
import http.client
import threading
import time

import pytest

from conftest import eventually
from services import SOCKET, sources

pytestmark = pytest.mark.skipif(
    "PassedSocket.take" not in sources("kafka-connect"),
    reason="needs a worker that serves REST on the sockets that systemd passes: nothing in Sources/kafka-connect calls "
           "PassedSocket.take")


@pytest.fixture
def socket(service):
    service.drop_in("port", f"[Socket]\nListenStream=\nListenStream=127.0.0.1:{service.port}\n", unit=SOCKET)
    service.machine.systemctl("start", SOCKET)
    return service


class Client(threading.Thread):
    """Asks without a pause, each time with a new connection; keeps what went wrong."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.port, self.answers, self.problems = port, [], []
        self.stopping = threading.Event()
        self.start()

    def run(self):
        while not self.stopping.is_set():
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
            try:
                connection.request("GET", "/")
                self.answers.append((time.monotonic(), connection.getresponse().status))
            except (OSError, http.client.HTTPException) as error:
                self.problems.append(repr(error))
            finally:
                connection.close()

    def finish(self):
        self.stopping.set()
        self.join()


def test_the_first_request_starts_the_worker(socket):
    assert not socket.is_active()
    eventually("the worker answers", lambda: socket.request("GET", "/health", check=False)[0] == 200)
    assert socket.is_active()


def test_no_connection_is_refused_across_restarts(socket):
    socket.start()
    client = Client(socket.port)
    for _ in range(3):
        seen, before = len(client.answers), socket.pid
        eventually("requests are answered", lambda: len(client.answers) > seen + 20)
        socket.machine.systemctl("restart", socket.unit)
        assert socket.pid != before
    seen = len(client.answers)
    eventually("requests are answered", lambda: len(client.answers) > seen + 20)
    client.finish()
    print(f"{len(client.answers)} answers, {len(client.problems)} problems")
    assert client.problems == []
    # 503 while it comes and goes; nothing else goes wrong.
    assert {status for _, status in client.answers} <= {200, 503}


def test_killed_again_and_again_no_connection_is_refused(socket):
    socket.drop_in("quick", "[Service]\nRestartSec=100ms\n")
    socket.start()
    client = Client(socket.port)
    for _ in range(2):
        seen, before = len(client.answers), socket.pid
        eventually("requests are answered", lambda: len(client.answers) > seen + 20)
        socket.machine.systemctl("kill", "--kill-whom=main", "--signal=KILL", socket.unit)
        socket.await_restart(before)
    client.finish()
    # A request that the killed process had taken is lost with it; one that it had not is not.
    assert not [problem for problem in client.problems if "ConnectionRefused" in problem]
