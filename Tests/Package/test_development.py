"""What kafka-connect-dev gives to authors of connectors."""
import os
import re
import shutil
import subprocess

import pytest

from conftest import run
from workers import eventually

CLASS = "org.example.HeartbeatSourceConnector"


@pytest.fixture(scope="session")
def compiled_c(installed, tmp_path_factory):
    """The template in C, compiled as its Makefile says, with what pkg-config tells of the unpacked package."""
    folder = tmp_path_factory.mktemp("template") / "c"
    shutil.copytree(installed / "usr/share/kafka-connect/templates/c", folder)
    environment = {
        **os.environ, "PKG_CONFIG_PATH": str(installed / "usr/share/pkgconfig"), "PKG_CONFIG_SYSROOT_DIR": str(installed),
        "PKG_CONFIG_ALLOW_SYSTEM_CFLAGS": "1"}
    run("make", "CFLAGS=-O2 -Wall -Wextra -Werror -pedantic", cwd=folder, env=environment)
    return folder / "kafka-connect-heartbeat.so"


@pytest.fixture(scope="session")
def compiled_swift(installed, tmp_path_factory):
    """The template in Swift, compiled as a package of its own."""
    if not shutil.which("swift"):
        pytest.skip("needs a Swift toolchain")
    folder = tmp_path_factory.mktemp("template") / "swift"
    shutil.copytree(installed / "usr/share/kafka-connect/templates/swift", folder)
    manifest = folder / "Package.swift"
    manifest.write_text(manifest.read_text().replace("/usr/share/kafka-connect", str(installed / "usr/share/kafka-connect")))
    run("swift", "build", "-c", "release", cwd=folder)
    return folder / ".build/release/libkafka-connect-heartbeat.so"


@pytest.mark.parametrize("language", ["c", "swift"])
def test_the_template_is_a_connector_that_goes_on_where_it_was(
        language, request, installed, make_worker, broker, topic, tmp_path):
    library = request.getfixturevalue(f"compiled_{language}")
    names = run("nm", "--dynamic", "--defined-only", "--format=posix", library)
    assert [line.split()[0] for line in names.splitlines()] == ["kafka_connect_entry"]
    configured = installed / "usr/share/kafka-connect/templates" / language / "heartbeat.yaml"
    checked = run(installed / "usr/bin/kafka-connect-conformance", library, "--config", configured)
    assert checked.endswith(" ok, 0 failed, 0 skipped\n"), checked
    worker = make_worker(plugins=())
    shutil.copy(library, tmp_path / "plugins/kafka-connect-heartbeat.so")
    listed = run(installed / "usr/bin/kafka-connect", "plugins", "--plugin-path", tmp_path / "plugins")
    assert re.search(rf"^source  {re.escape(CLASS)}  1\.0", listed, re.M), listed
    connector = worker.connector_file("beats", connector__class=CLASS, tasks__max="1", topic=topic, interval__ms="20")

    def stored():
        _, body = worker.request("GET", "/connectors/beats/offsets")
        return body["offsets"][0]["offset"]["beat"] if body["offsets"] else -1

    for wanted in (5, 10):
        worker.start(connector)
        eventually("beats are in Kafka", lambda: stored() >= wanted)
        assert worker.terminate() == 0
    done = subprocess.run(
        ["kcat", "-C", "-b", broker.servers, "-t", topic, "-e", "-q"], text=True, stdout=subprocess.PIPE, check=True,
        timeout=30)
    beats = [int(line) for line in done.stdout.split()]
    assert len(beats) > 10 and beats == list(range(len(beats)))


def test_the_example_can_be_used_where_it_is_installed(installed):
    listed = run(installed / "usr/bin/kafka-connect", "plugins")
    for name in ("VerifiableSourceConnector", "VerifiableSinkConnector"):
        assert f"org.apache.kafka.connect.tools.{name}  " in listed
    assert "broken" not in listed


def test_the_header_compiles_alone_in_c_and_in_cplusplus(installed, tmp_path):
    for name, compiler in (("header.c", ["cc", "-std=c11"]), ("header.cpp", ["c++", "-std=c++17"])):
        source = tmp_path / name
        source.write_text("#include <kafka_connect.h>\nint main(void) { return (int) sizeof(kc_record) - 96; }\n")
        strict = ["-pedantic-errors", "-Wall", "-Wextra", "-Werror"]
        run(*compiler, *strict, "-I", installed / "usr/include", source, "-o", tmp_path / "header")
        run(tmp_path / "header")
