"""The service on a machine that has no network but its own: as it was installed.
"""
import shutil

import pytest

from installation import has_package, install
from machines import TOP, Machine

pytestmark = pytest.mark.skipif(not has_package(), reason="needs the package: make deb")


@pytest.fixture(scope="module")
def fresh_machine(root, tmp_path_factory):
    # Nobody else's broker or port 8083 is there.
    machine = Machine(root, tmp_path_factory.mktemp("fresh") / "console.log", "--private-network")
    try:
        install(machine.start())
        machine.run("apt-get", "install", "--yes", "--no-install-recommends", "curl", seconds=300)
        yield machine
    finally:
        machine.stop()


def test_the_packages_own_test_of_the_service_passes_before_anything_is_configured(fresh_machine):
    shutil.copy(TOP / "packaging/debian/tests/service", fresh_machine.path("/srv/service"))
    print(fresh_machine.run("/srv/service").stdout)
