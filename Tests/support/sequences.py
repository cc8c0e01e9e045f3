"""What numbered lines prove: nothing lost, order kept, and repeated only what a restart may repeat.

Deliveries are at least once: a source that restarts goes back to its stored offset, a sink to what its group committed. So numbers
ascend one by one, and go back once at most for each restart of a side. Whoever knows where to (`restarts`) checks it exactly
with `check_path`; the others bound with `check_sequence` how often and how far.
"""


class Sequence:
    """The numbers of one source in the order in which they came."""

    def __init__(self, name="line"):
        self.name = name
        self.expected, self.previous = 0, -1
        # How many numbers came before, and in how many runs.
        self.repeated, self.runs = 0, 0

    def add(self, number):
        if number > self.expected or (number == self.expected != self.previous + 1):
            raise AssertionError(f"{self.name}-{number} came after {self.name}-{self.previous}, before {self.name}-"
                                 f"{min(self.previous + 1, self.expected)}: something was lost or reordered")
        if number != self.previous + 1:
            self.runs += 1
        if number < self.expected:
            self.repeated += 1
        else:
            self.expected += 1
        self.previous = number

    def check(self, most_runs, most_repeated):
        """Disorder among what is repeated shows as many runs, a side that goes back too far as many lines."""
        assert self.runs <= most_runs, f"{self.name}: lines went back {self.runs} times, {most_runs} are accounted for"
        assert self.repeated <= most_repeated, f"{self.name}: {self.repeated} lines came again, {most_repeated} are accounted for"


def runs_of(restarts):
    """In how many runs lines come again at most when source and sink restart so often: each goes back once a restart, and a sink that
    could commit nothing since sees again every place where the source went back before."""
    return restarts * (restarts + 3) // 2


def number_of(line):
    return int(line.rsplit("-", 1)[-1])


def check_sequence(output, count, most_runs=0, most_repeated=0):
    """Every number from 0 to count − 1 arrived, in order, and no more came again than said. Returns how many did."""
    sequence = Sequence()
    for line in output:
        sequence.add(number_of(line))
    assert sequence.expected == count, f"only {sequence.expected} of {count} lines arrived"
    sequence.check(most_runs, most_repeated)
    return sequence.repeated


def check_order(lines, most_runs=0, most_repeated=0):
    """Lines PREFIX-NUMBER of several sources: of each, numbers came in order, none is missing so far, and no more came again than
    said. Returns how many of each came, and how many of all came again."""
    sequences = {}
    for line in lines:
        prefix, number = line.rsplit("-", 1)
        if prefix not in sequences:
            sequences[prefix] = Sequence(prefix)
        sequences[prefix].add(int(number))
    for each in sequences.values():
        each.check(most_runs, most_repeated)
    return {name: each.expected for name, each in sequences.items()}, sum(each.repeated for each in sequences.values())


def check_sequences(lines, counts, most_runs=0, most_repeated=0):
    """As check_order, and every line is there. Returns how many came again."""
    arrived, repeated = check_order(lines, most_runs, most_repeated)
    assert arrived == counts, f"arrived: {arrived}, written: {counts}"
    return repeated


def check_path(seen, given, restarts):
    """What came is what was given, one after the other to its end; whoever carried it went back only to positions of `restarts`, in
    their order, to each once at most. Returns how much came again.

    Positions are indices of `given`. A restart that changes nothing, because all was stored, cannot be seen and need not be.
    """
    by_value = {}
    for turn, position in enumerate(restarts):
        assert position <= len(given), f"restart {turn} goes to {position} of {len(given)}"
        if position < len(given):
            by_value.setdefault(given[position], []).append((turn, position))
    # Given things may be alike, so there may be several places where the carrier can be: each with the restarts used up to there.
    places = {-1: 0}
    for index, value in enumerate(seen):
        following = {}
        for place, used in places.items():
            if place + 1 < len(given) and given[place + 1] == value:
                following[place + 1] = min(used, following.get(place + 1, used))
            for turn, position in by_value.get(value, ()):
                if turn >= used and position <= place:
                    following[position] = min(turn + 1, following.get(position, turn + 1))
        assert following, (
            f"entry {index}, {value!r}, after {seen[index - 1] if index else None!r} at one of {sorted(places)[:5]}: neither what follows "
            f"nor where a restart went ({restarts[min(places.values()):][:5]} are left): something was lost, reordered or repeated")
        places = following
    assert len(given) - 1 in places, f"ends at {max(places)} of {len(given) - 1}"
    return len(seen) - len(given)
