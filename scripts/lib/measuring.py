"""What the benchmarks share: cost of a process by /proc, figures with their targets, tables in a page of the documentation."""
import operator
import os
import pathlib
import statistics
from dataclasses import dataclass, field
from typing import Callable, Optional

TICK = os.sysconf("SC_CLK_TCK")


def cpu(pid):
    """Seconds of user and of system time that a process has used."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return int(fields[11]) / TICK, int(fields[12]) / TICK


def status(pid, name):
    """A number of /proc/PID/status; 0 where there is none."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1])
    return 0


def memory(pid, name):
    """Megabytes of a field such as VmRSS."""
    return status(pid, name) / 1024


def percentile(values, part):
    """The smallest value that so many per cent do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * part // 100) - 1)]


def p99(values):
    return percentile(values, 99)


@dataclass
class Target:
    """What one number made of all values has to stay below (<), may just reach (≤) or has to reach (≥)."""

    sign: str
    limit: float
    of: Callable

    def is_met(self, values):
        return {"<": operator.lt, "≤": operator.le, "≥": operator.ge}[self.sign](self.of(values), self.limit)


@dataclass
class Figure:
    """One measured quantity, of our worker and perhaps of Apache's, as a row of a table."""

    what: str
    unit: str
    target: Optional[Target] = None
    digits: int = 1
    # Latencies: thousands of values, of which percentiles tell more than the extremes.
    many: bool = False
    values: dict = field(default_factory=lambda: {"native": [], "java": []})

    HEAD = ["| figure | kafka-connect | Apache | Apache : ours | target | |", "|---|---|---|---|---|---|"]

    def cell(self, side):
        values = self.values[side]
        if not values:
            return "–"
        if self.many:
            return " / ".join(f"{number:,.{self.digits}f}" for number in (statistics.median(values), p99(values), max(values)))
        text = f"{statistics.median(values):,.{self.digits}f}"
        return text if len(values) == 1 else f"{text} ({min(values):,.{self.digits}f}–{max(values):,.{self.digits}f})"

    def wanted(self):
        return f"{self.target.of.__name__} {self.target.sign} {self.target.limit:g}" if self.target else ""

    def verdict(self):
        if not self.target or not self.values["native"]:
            return ""
        return "met" if self.target.is_met(self.values["native"]) else "**missed**"

    def row(self):
        ours, apache = (statistics.median(self.values[side] or [0]) for side in ("native", "java"))
        ratio = f"{apache / ours:,.1f}" if ours and apache else ""
        return f"| {self.what}, {self.unit} | {self.cell('native')} | {self.cell('java')} | {ratio} | {self.wanted()} | {self.verdict()} |"


def replace_section(page, name, text):
    """Puts a text between the markers NAME and end NAME of a page."""
    begin, end = f"<!-- {name} -->", f"<!-- end {name} -->"
    head, found, rest = page.read_text().partition(begin)
    _, ended, tail = rest.partition(end)
    if not found or not ended:
        raise ValueError(f"{page} has no {begin} … {end}")
    page.write_text(f"{head}{begin}\n\n{text}\n\n{end}{tail}")
