"""What is in the packages, and what is not."""
import re
import subprocess

import pytest

from conftest import run
from workers import TOP

BOTH = pytest.mark.parametrize("name", ["kafka-connect", "kafka-connect-dev"])
LARGEST = 30 * 1024  # kB, installed

EXPECTED = {
    "kafka-connect": [
        "/usr/bin/kafka-connect", "/usr/bin/connect-standalone", "/usr/bin/connect-distributed",
        "/usr/lib/kafka-connect/plugins/kafka-connect-file.so", "/lib/systemd/system/kafka-connect.service",
        "/usr/lib/sysusers.d/kafka-connect.conf", "/usr/lib/tmpfiles.d/kafka-connect.conf", "/etc/kafka-connect/worker.yaml",
        "/etc/kafka-connect/connectors.d/README", "/usr/share/man/man1/kafka-connect.1.gz",
        "/usr/share/man/man1/connect-standalone.1.gz", "/usr/share/man/man1/connect-distributed.1.gz",
        "/usr/share/man/man5/kafka-connect.yaml.5.gz", "/usr/share/bash-completion/completions/kafka-connect",
        "/usr/share/bash-completion/completions/connect-standalone", "/usr/share/zsh/vendor-completions/_kafka-connect",
        "/usr/share/doc/kafka-connect/copyright", "/usr/share/doc/kafka-connect/examples/worker-distributed.yaml",
        "/usr/share/doc/kafka-connect/examples/quickstart/worker.yaml", "/usr/share/doc/kafka-connect/README.Debian",
    ],
    "kafka-connect-dev": [
        "/usr/bin/kafka-connect-conformance", "/usr/share/man/man1/kafka-connect-conformance.1.gz",
        "/usr/bin/kafka-connect-fakebroker", "/usr/share/man/man1/kafka-connect-fakebroker.1.gz",
        "/usr/share/bash-completion/completions/kafka-connect-conformance",
        "/usr/share/zsh/vendor-completions/_kafka-connect-fakebroker",
        "/usr/include/kafka_connect.h", "/usr/share/pkgconfig/kafka-connect.pc",
        "/usr/lib/kafka-connect/plugins/kafka-connect-verifiable.so", "/usr/share/kafka-connect/templates/c/heartbeat.c",
        "/usr/share/kafka-connect/templates/swift/Package.swift", "/usr/share/kafka-connect/PluginKit/Package.swift",
        "/usr/share/doc/kafka-connect-dev/copyright",
    ],
}


@BOTH
def test_what_belongs_there_is_there(packages, name):
    assert not set(EXPECTED[name]) - set(packages.listing(name))


def test_every_unit_of_the_project_is_installed(packages):
    files = [unit for kind in ("service", "socket") for unit in (TOP / "packaging").glob(f"*.{kind}")]
    units = {f"/lib/systemd/system/{unit.name}" for unit in files}
    assert units and not units - set(packages.listing("kafka-connect"))


def test_connectors_that_crash_on_request_are_not_where_others_rely_on_the_worker(packages):
    assert not [
        path for path in packages.listing("kafka-connect") if re.search("verifiable|heartbeat|FakeBroker|conformance", path, re.I)]


@BOTH
def test_everything_is_roots_and_nobody_else_can_write_it(packages, name):
    for path, (mode, owner, _) in packages.listing(name).items():
        assert owner == "root/root", path
        assert mode.startswith("l") or (mode[5] == "-" and mode[8] == "-" and "s" not in mode), f"{path}: {mode}"


def test_the_installed_size_keeps_within_its_limit(packages):
    assert int(packages.field("kafka-connect", "Installed-Size")) <= LARGEST


def test_what_an_administrator_may_edit_survives_upgrades(packages, tmp_path):
    run("dpkg-deb", "--control", packages.file("kafka-connect"), tmp_path)
    assert sorted((tmp_path / "conffiles").read_text().split()) == [
        "/etc/kafka-connect/connectors.d/README", "/etc/kafka-connect/worker.yaml"]


def test_the_worker_listens_on_this_machine_alone(installed):
    text = (installed / "etc/kafka-connect/worker.yaml").read_text()
    assert re.findall(r"^listeners:.*$", text, re.M) == ["listeners: http://127.0.0.1:8083"]


def test_debug_symbols_are_packages_of_their_own(packages):
    for name, program in (("kafka-connect", "usr/bin/kafka-connect"),
                          ("kafka-connect-dev", "usr/lib/kafka-connect/plugins/kafka-connect-verifiable.so")):
        notes = run("readelf", "--notes", packages.tree("kafka-connect", "kafka-connect-dev") / program)
        build_id = re.search(r"Build ID: ([0-9a-f]+)", notes).group(1)
        assert build_id in packages.field(f"{name}-dbgsym", "Build-Ids").split()


def test_programs_need_only_what_debian_has_and_the_package_depends_on(packages, installed):
    def depends(name):
        return set(re.findall(r"(?:^|, )([a-z0-9.+-]+)", packages.field(name, "Depends")))

    owners_of = {path: depends("kafka-connect") for path in [
        installed / "usr/bin/kafka-connect", *installed.glob("usr/lib/kafka-connect/plugins/*.so")]}
    owners_of[installed / "usr/bin/kafka-connect-fakebroker"] = depends("kafka-connect-dev")
    for path, allowed in owners_of.items():
        for library in re.findall(r"NEEDED.*\[(.*)\]", run("readelf", "--dynamic", "--wide", path)):
            owners = subprocess.run(["dpkg-query", "--search", f"*/{library}"], text=True, stdout=subprocess.PIPE).stdout
            owner = {line.split(":")[0] for line in owners.splitlines()}
            assert owner & allowed, f"{path.name} needs {library} of {owner or 'no package'}"


def test_the_version_is_the_programs(packages, installed):
    upstream = packages.field("kafka-connect", "Version").rsplit("-", 1)[0]
    assert run(installed / "usr/bin/kafka-connect", "version").split()[1] == upstream.split("+")[0].split("~")[0]
    assert run("pkg-config", "--modversion", installed / "usr/share/pkgconfig/kafka-connect.pc").strip() == upstream.split("+")[0]
