"""REST by socket activation: systemd holds the port, so that a request waits for a worker that restarts, or starts one."""
import pytest

from conftest import eventually
from readme import blocks
from services import SOCKET, Client, sources

pytestmark = pytest.mark.skipif(
    "PassedSocket.take" not in sources("kafka-connect"),
    reason="needs a worker that serves REST on the sockets that systemd passes: nothing in Sources/kafka-connect calls "
           "PassedSocket.take")


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


def test_after_too_many_starts_the_documented_way_leads_back_to_the_socket(socket):
    socket.configure(offset__flush__interval__ms="often")
    socket.drop_in("quick", "[Unit]\nStartLimitBurst=2\n[Service]\nRestartSec=10ms\n")
    socket.machine.systemctl("start", socket.unit, check=False)
    eventually("the socket is down too", lambda: socket.machine.property(SOCKET, "Result") == "service-start-limit-hit")
    socket.configure()
    back = [block for block in blocks("A port that stays open", "docs/operations.md") if "reset-failed" in block]
    assert len(back) == 1
    socket.machine.run("sh", "-euc", back[0].replace("sudo ", ""))
    assert socket.is_active() and socket.machine.property(SOCKET, "ActiveState") == "active"
    client = Client(socket.port)
    before = socket.pid
    socket.machine.systemctl("restart", socket.unit)
    seen = len(client.answers)
    eventually("requests are answered", lambda: len(client.answers) > seen + 20)
    client.finish()
    assert socket.pid != before and client.problems == []
