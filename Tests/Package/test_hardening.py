"""How the installed programs and libraries are linked."""
import re
import subprocess

import pytest

from conftest import run
from workers import TOP

PROGRAMS = [f"usr/bin/kafka-connect{suffix}" for suffix in ("", "-conformance", "-fakebroker")]
PLUGINS = ["usr/lib/kafka-connect/plugins/kafka-connect-file.so", "usr/lib/kafka-connect/plugins/kafka-connect-verifiable.so"]
ALL = pytest.mark.parametrize("path", [*PROGRAMS, *PLUGINS])


@ALL
def test_it_may_lie_anywhere_and_what_the_loader_fills_is_read_only(installed, path):
    dynamic = run("readelf", "--dynamic", "--wide", installed / path)
    segments = run("readelf", "--program-headers", "--wide", installed / path)
    assert re.search(r"Elf file type is DYN", segments)
    assert ("PIE" in dynamic) == (path in PROGRAMS)
    assert "GNU_RELRO" in segments and re.search(r"\(FLAGS\).*BIND_NOW", dynamic) and re.search(r"\(FLAGS_1\).*NOW", dynamic)
    assert "TEXTREL" not in dynamic
    assert re.search(r"GNU_STACK.* RW +0", segments), "the stack can be executed"
    assert not re.search(r"LOAD.*\bRWE\b|LOAD.*\bWE\b", segments)


@ALL
def test_it_takes_libraries_from_the_system_alone(installed, path):
    assert not re.search("RPATH|RUNPATH", run("readelf", "--dynamic", "--wide", installed / path))


@ALL
def test_it_shows_no_names_but_the_entry_of_a_plugin(installed, path):
    names = run("nm", "--dynamic", "--defined-only", "--format=posix", installed / path).split("\n")
    assert [line.split()[0] for line in names if line] == ([] if path in PROGRAMS else ["kafka_connect_entry"])


@ALL
def test_it_is_stripped_and_says_nothing_of_where_it_was_built(packages, installed, path):
    assert "no symbols" in subprocess.run(
        ["nm", installed / path], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=True).stdout
    everything = packages.tree("kafka-connect", "kafka-connect-dev", "kafka-connect-dbgsym", "kafka-connect-dev-dbgsym")
    debug = [each for each in everything.rglob("*.debug")]
    assert debug
    for each in [installed / path, *debug]:
        sections = [f"--string-dump={section}" for section in (".debug_str", ".debug_line_str", ".rodata")]
        text = run("readelf", "--decompress", *sections, each)
        assert str(TOP) not in text, each


def test_plugins_stay_loaded(installed):
    for path in PLUGINS:
        assert re.search(r"\(FLAGS_1\).*NODELETE", run("readelf", "--dynamic", "--wide", installed / path)), path
