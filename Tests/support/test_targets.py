"""Targets of the benchmarks: each can be missed, and what was not measured is not met."""
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts/lib"))

from measuring import Figure, Target  # noqa: E402
from targets import LONG, OURS, SHORT, missed, reached, table  # noqa: E402


def medians(**changes):
    """Figures that meet every target just so; `source_kcat=2` is another rate of kcat."""
    found = {}
    for kind, apache, seconds in (("source", 8, 0.15), ("sink", 6, 0.18)):
        for size in (SHORT, LONG):
            job = f"{kind}, {size} B"
            found[(job, OURS)] = [48.0, changes.get(f"{kind}_seconds", seconds), 0.0]
            found[(job, "Apache")] = [changes.get(f"{kind}_apache", 48 / apache), 4.0, 1.0]
            found[(job, "kcat")] = [changes.get(f"{kind}_kcat", 48.0), 0.5, 0.1]
            found[(job, "bare loop")] = [changes.get(f"{kind}_bare", 80.0), 0.05, 0.05]
    return found


USUAL = {"sizes": [SHORT, LONG], "java": True, "ready_ms": 100, "resident": 30, "anonymous": 12, "peak": 120}


def test_what_is_just_reached_is_met():
    figures = reached(medians(), **USUAL)
    assert missed(figures) == [] and len(figures) == 12
    text = table(figures)
    assert text.count("| met |") == 12
    assert "| source, 99 B: throughput beside Apache | 8.00 times | ≥ 8 | met |" in text


@pytest.mark.parametrize("change, told", [
    ({"source_apache": 6.1}, "source, 99 B: throughput beside Apache"), ({"sink_apache": 8.1}, "sink, 99 B: throughput beside Apache"),
    ({"source_kcat": 48.5}, "source, 99 B: throughput beside kcat"), ({"sink_kcat": 48.5}, "sink, 99 B: throughput beside kcat"),
    ({"source_bare": 80.1}, "source, 1023 B: throughput beside bare"), ({"sink_bare": 80.1}, "sink, 1023 B: throughput beside bare"),
    ({"source_seconds": 0.151}, "source, 99 B: CPU"), ({"sink_seconds": 0.181}, "sink, 99 B: CPU"),
])
def test_each_figure_of_a_job_can_be_missed(change, told):
    figures = reached(medians(**change), **USUAL)
    problem, = missed(figures)
    assert told in problem and table(figures).count("**missed**") == 1


@pytest.mark.parametrize("change, told", [
    ({"ready_ms": 101}, "READY"), ({"resident": 30.1}, "resident"), ({"anonymous": 12.1}, "anonymous"), ({"peak": 121}, "peak")])
def test_each_figure_of_the_process_can_be_missed(change, told):
    problem, = missed(reached(medians(), **{**USUAL, **change}))
    assert told in problem


def test_what_was_not_to_be_measured_is_left_out_and_what_is_missing_is_an_error():
    known = medians()
    assert len(reached(known, **{**USUAL, "java": False})) == 10
    assert len(reached(known, **{**USUAL, "sizes": [LONG]})) == 6
    del known["sink, 99 B", "kcat"]
    with pytest.raises(KeyError):
        reached(known, **USUAL)
    assert missed([Figure("nothing", "s", Target("≤", 1, max))]) == ["MISSED: nothing: – s, wanted ≤ 1"]


@pytest.mark.parametrize("sign, met", [("<", [1]), ("≤", [1, 2]), ("≥", [2, 3])])
def test_signs(sign, met):
    assert [value for value in (1, 2, 3) if Target(sign, 2, max).is_met([value])] == met


def test_an_unknown_sign_is_an_error():
    with pytest.raises(KeyError):
        Target("=", 2, max).is_met([2])
