"""The worker killed, stalled and stopped: systemd brings it back, and no line is lost (scenarios ST-1 and ST-3 under systemd)."""
import ctypes
import os
import pathlib

from conftest import Writer, eventually
from services import finish, flows

PTRACE_SEIZE, PTRACE_INTERRUPT, ALL_THREADS = 0x4206, 0x4207, 0x40000000
# Instead of the unit's half a minute.
QUICK_WATCHDOG = "[Service]\nWatchdogSec=2\nRestartSec=100ms\n"


def test_killed_it_is_restarted_and_goes_on_where_it_was(service, topic):
    service.configure_pair(topic)
    writer = Writer(service.source_file)
    service.start()
    for _ in range(2):
        flows(service)
        before = service.pid
        service.machine.systemctl("kill", "--kill-whom=main", "--signal=KILL", service.unit)
        service.await_restart(before)
    assert service.get_property("NRestarts") == "2"
    finish(service, writer, kills=2)


def test_stopped_and_started_no_line_comes_twice(service, topic):
    service.configure_pair(topic)
    writer = Writer(service.source_file)
    for _ in range(3):
        service.start()
        flows(service)
        service.stop()
        assert service.get_property("Result") == "success" and service.get_property("ExecMainStatus") == "0"
    service.start()
    assert finish(service, writer) == 0


def test_a_stopped_process_is_found_by_the_watchdog_and_replaced(service, topic):
    service.configure_pair(topic)
    service.drop_in("watchdog", QUICK_WATCHDOG)
    writer = Writer(service.source_file)
    service.start()
    flows(service)
    before = service.pid
    service.machine.systemctl("kill", "--kill-whom=main", "--signal=STOP", service.unit)
    service.await_restart(before)
    assert "Watchdog timeout" in service.tail()
    finish(service, writer, kills=1)


def test_a_worker_that_lives_may_be_restarted_as_often_as_somebody_tries_drop_ins(service):
    service.start()
    for _ in range(6):
        before = service.pid
        service.machine.systemctl("restart", service.unit)
        assert service.pid != before and service.is_active()


class StalledThread:
    """One thread of a process, held as a debugger holds it, while the others go on."""

    def __init__(self, pid, name):
        self.thread = next(
            int(task.name) for task in pathlib.Path(f"/proc/{pid}/task").iterdir() if (task / "comm").read_text().strip() == name)
        libc = ctypes.CDLL(None, use_errno=True)
        libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p]
        for request in (PTRACE_SEIZE, PTRACE_INTERRUPT):
            if libc.ptrace(request, self.thread, None, None) != 0:
                raise OSError(ctypes.get_errno(), "ptrace")
        os.waitpid(self.thread, ALL_THREADS)

    def is_gone(self):
        """Whether the thread has ended; only after this question can the process be."""
        found, status = os.waitpid(self.thread, ALL_THREADS | os.WNOHANG)
        return found != 0 and (os.WIFSIGNALED(status) or os.WIFEXITED(status))


def test_a_stalled_herder_is_found_by_the_watchdog_though_the_rest_of_the_worker_lives(service):
    service.drop_in("watchdog", QUICK_WATCHDOG)
    service.start()
    before = service.pid
    herder = StalledThread(service.machine.outer_pid(before), "kc-herder")
    # The thread that feeds the watchdog and the one that serves REST are not held up.
    assert service.request("GET", "/connectors", check=False)[0] == 200
    eventually("systemd ended the process", herder.is_gone, seconds=20)
    service.await_restart(before)
    assert "Watchdog timeout" in service.tail()


def test_a_worker_that_lives_is_left_alone_by_the_watchdog(service):
    service.drop_in("watchdog", QUICK_WATCHDOG)
    service.start()
    before = service.pid

    def fed():
        return int(service.get_property("WatchdogTimestampMonotonic"))

    # Three times the watchdog's patience, in microseconds.
    until = fed() + 6_000_000
    eventually("it was fed for a while", lambda: fed() > until, every=0.2)
    assert service.pid == before and service.get_property("NRestarts") == "0"
