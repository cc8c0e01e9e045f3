"""What the worker has to reach beside Apache's, kcat and a bare loop in one run, and how that is told."""
from measuring import Figure, Target
from statistics import median

OURS = "kafka-connect"
# Bytes of a line without its end: lines of 100 bytes and of 1 KiB.
SHORT, LONG = 99, 1023


def reached(medians, sizes, java, ready_ms, resident, anonymous, peak):
    """The figures with their targets, of what was to be measured: sizes of lines, and whether Apache's worker ran.

    medians: records a second, user and system seconds per million by (job, program). A figure that should be there and is not
    is an error, never a target that is met.
    """
    def rate(job, program):
        return medians[(job, program)][0]

    def beside(job, program, least):
        name = f"{job}: throughput beside {program}"
        return Figure(name, "times", Target("≥", least, median), 2, values={"native": [rate(job, OURS) / rate(job, program)]})

    figures = []
    for kind, apache, seconds in (("source", 8, 0.15), ("sink", 6, 0.18)):
        short, long = f"{kind}, {SHORT} B", f"{kind}, {LONG} B"
        if SHORT in sizes:
            figures += [beside(short, "Apache", apache)] if java else []
            figures += [beside(short, "kcat", 1.0)]
            used = sum(medians[(short, OURS)][1:])
            figures.append(Figure(f"{short}: CPU per million records", "s", Target("≤", seconds, median), 3, values={"native": [used]}))
        if LONG in sizes:
            figures.append(beside(long, "bare loop", 0.6))
    figures += [
        Figure("from the start to READY, with the file pair", "ms", Target("≤", 100, median), 0, values={"native": [ready_ms]}),
        Figure("idle with the file pair: resident", "MB", Target("≤", 30, median), values={"native": [resident]}),
        Figure("idle with the file pair: anonymous", "MB", Target("≤", 12, median), values={"native": [anonymous]}),
        Figure("peak under load", "MB", Target("≤", 120, max), 0, values={"native": [peak]}),
    ]
    return figures


def table(figures):
    """One row for each figure: what it is, what was measured, what it has to be, whether it is."""
    rows = [f"| {each.what} | {each.cell('native')} {each.unit} | {each.target.sign} {each.target.limit:g} | {each.verdict()} |"
            for each in figures]
    return "\n".join(["| to reach | measured | target | |", "|---|---|---|---|", *rows])


def missed(figures):
    """What to say of each figure that is not as it has to be; one without a value is missed."""
    return [f"MISSED: {each.what}: {each.cell('native')} {each.unit}, wanted {each.target.sign} {each.target.limit:g}"
            for each in figures if each.verdict() != "met"]
