"""The system tests: the installed worker as a service of a real systemd, which runs in a machine of its own (machines.py).

One machine serves all tests; each finds the service stopped, with the files that were installed and nothing else. The broker is
outside, on loopback.
"""
import pathlib
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from installation import install  # noqa: E402
from machines import Machine, Root, obstacle  # noqa: E402
from services import SOCKET, Service  # noqa: E402
from workers import *  # noqa: E402,F401,F403


def pytest_collection_modifyitems(items):
    if obstacle():
        for item in items:
            item.add_marker(pytest.mark.skip(reason=f"no machine with systemd can be run here: {obstacle()}"))


@pytest.fixture(scope="session")
def root():
    return Root()


@pytest.fixture(scope="session")
def machine(root, tmp_path_factory):
    machine = Machine(root, tmp_path_factory.mktemp("machine") / "console.log")
    try:
        install(machine.start())
        yield machine
    finally:
        machine.stop()


@pytest.fixture
def service(machine, broker, request):
    service = Service(machine, broker)
    service.reset()
    yield service
    if request.node.stash.get(FAILED, False):
        print(machine.systemctl("status", "--no-pager", "--full", "kafka-connect*", check=False))
        print(machine.run("journalctl", "--no-pager", "--lines=80", "--output=short-monotonic").stdout)
    service.reset()


@pytest.fixture
def socket(service):
    service.drop_in("port", f"[Socket]\nListenStream=\nListenStream=127.0.0.1:{service.port}\n", unit=SOCKET)
    service.machine.systemctl("start", SOCKET)
    return service


def compile_plugin(library, sources, *include):
    """Makes a plugin out of C, as its author would: with the header and nothing else."""
    subprocess.run(
        ["cc", "-std=c11", "-O1", "-shared", "-fPIC", "-fvisibility=hidden", "-Wall", "-Wextra", "-Werror", "-Wl,-z,nodelete",
         *(f"-I{folder}" for folder in (TOP / "Sources/ConnectABI/include", *include)),
         *sorted(sources.glob("*.c")), "-o", library], check=True)
    return library


@pytest.fixture(scope="session")
def verifiable(tmp_path_factory):
    folder = TOP / "Plugins/Verifiable"
    return compile_plugin(tmp_path_factory.mktemp("verifiable") / "verifiable.so", folder, folder / "include")


@pytest.fixture(scope="session")
def probe(tmp_path_factory):
    return compile_plugin(tmp_path_factory.mktemp("probe") / "escape-probe.so", TOP / "Tests/System/EscapeProbe")


FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    if outcome.get_result().failed:
        item.stash[FAILED] = True
