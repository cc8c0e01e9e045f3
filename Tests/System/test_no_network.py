"""The service on a machine that has no network but its own: as it was installed, and under a list of addresses.

The tests follow one another: each goes on with the machine as the one before left it.
"""
import re
import shutil

import pytest

from conftest import eventually
from installation import has_package, install
from machines import TOP, Machine
from readme import blocks
from services import CONFIG, EXAMPLES, SOCKET, UNIT

pytestmark = pytest.mark.skipif(not has_package(), reason="needs the package: make deb")

# What the example allows beside this machine itself, and an address that it does not.
ALLOWED, REFUSED = "192.0.2.1", "198.51.100.1"
# One that comes when the socket is there.
LATER = "192.0.2.2"


@pytest.fixture(scope="module")
def fresh_machine(root, tmp_path_factory):
    # Nobody else's broker or port 8083 is there. And its systemd may filter addresses, which takes BPF and the newer control groups.
    machine = Machine(
        root, tmp_path_factory.mktemp("fresh") / "console.log", "--private-network", "--system-call-filter=bpf",
        "--capability=CAP_BPF,CAP_NET_ADMIN", SYSTEMD_NSPAWN_UNIFIED_HIERARCHY="1")
    try:
        install(machine.start())
        machine.run("apt-get", "install", "--yes", "--no-install-recommends", "curl", seconds=300)
        yield machine
    finally:
        machine.stop()


def test_the_packages_own_test_of_the_service_passes_before_anything_is_configured(fresh_machine):
    shutil.copy(TOP / "packaging/debian/tests/service", fresh_machine.path("/srv/service"))
    print(fresh_machine.run("/srv/service").stdout)


def answers(machine, address):
    """Whether the worker answers a client at this address."""
    return machine.run("curl", "--silent", "--max-time", "1", f"http://{address}:8083/health", check=False).returncode == 0


def test_under_the_list_of_addresses_others_are_refused(fresh_machine):
    machine = fresh_machine
    for address in (ALLOWED, REFUSED):
        machine.enter("--net", "ip", "address", "add", f"{address}/32", "dev", "lo")
    config = machine.path(CONFIG)
    config.write_text(re.sub(r"(?m)^listeners:.*$", "listeners: http://:8083", config.read_text()))
    machine.systemctl("start", "--no-block", UNIT)
    eventually("the worker answers", lambda: answers(machine, "127.0.0.1"))
    assert answers(machine, ALLOWED) and answers(machine, REFUSED)
    example = machine.path(f"{EXAMPLES}/ip-allow-list.conf").read_text()
    machine.write(f"/etc/systemd/system/{UNIT}.d/ip-allow-list.conf", example)
    machine.systemctl("daemon-reload")
    machine.systemctl("stop", UNIT)
    machine.systemctl("start", "--no-block", UNIT)
    eventually("the worker answers", lambda: answers(machine, "127.0.0.1"))
    assert set(machine.property(UNIT, "IPAddressDeny").split()) == {"0.0.0.0/0", "::/0"}
    assert set(machine.property(UNIT, "IPAddressAllow").split()) == {"127.0.0.0/8", "::1/128", "192.0.2.0/24"}
    assert answers(machine, ALLOWED) and not answers(machine, REFUSED)


def listen(machine, address):
    """The socket of the unit, there and at this address, and no worker."""
    machine.write(f"/etc/systemd/system/{SOCKET}.d/address.conf", f"[Socket]\nListenStream=\nListenStream={address}:8083\n")
    machine.systemctl("daemon-reload")
    machine.systemctl("stop", SOCKET, UNIT)
    machine.systemctl("start", SOCKET)


def test_under_the_list_of_the_socket_too_others_are_refused(fresh_machine):
    machine = fresh_machine
    listen(machine, "0.0.0.0")
    eventually("the worker answers", lambda: answers(machine, ALLOWED))
    # That of the service, which is there, is not meant for this.
    assert answers(machine, REFUSED)
    put, = (block for block in blocks("A port that stays open", "docs/operations.md") if "ip-allow-list" in block)
    # Without a broker a start of the service would not end.
    put, last = put.rstrip("\n").rsplit("\n", 1)
    assert last == f"sudo systemctl start {SOCKET} kafka-connect"
    machine.run("sh", "-euc", put.replace("sudo ", ""))
    machine.systemctl("start", "--no-block", SOCKET, UNIT)
    eventually("the worker answers", lambda: answers(machine, "127.0.0.1"))
    assert answers(machine, ALLOWED) and not answers(machine, REFUSED)


def test_the_socket_waits_for_no_address(fresh_machine):
    machine = fresh_machine
    listen(machine, LATER)
    machine.enter("--net", "ip", "address", "add", f"{LATER}/32", "dev", "lo")
    eventually("the worker answers", lambda: answers(machine, LATER))
