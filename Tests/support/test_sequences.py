"""The checkers of numbered lines find what they are for: loss, disorder, restarts that go back too often or too far."""
import pytest

from sequences import Sequence, check_order, check_path, check_sequence, check_sequences, runs_of


def lines(*numbers, name="line"):
    return [f"{name}-{number}" for number in numbers]


def test_lines_once_each_in_order_are_right():
    assert check_sequence(lines(*range(5)), 5) == 0


def test_a_run_that_comes_again_is_counted():
    assert check_sequence(lines(0, 1, 2, 1, 2, 3), 4, most_runs=1, most_repeated=2) == 2


@pytest.mark.parametrize("numbers, count, told", [
    ((0, 2), 3, "lost or reordered"),
    ((1, 0), 2, "lost or reordered"),
    ((0, 1), 3, "only 2 of 3"),
    # From within a repeated run to what is new, past what should come again.
    ((0, 1, 2, 0, 3), 4, "lost or reordered"),
    # A repetition that no restart accounts for, of one line too.
    ((0, 1, 1, 2), 3, "went back 1 times"),
])
def test_loss_and_disorder_are_found(numbers, count, told):
    with pytest.raises(AssertionError, match=told):
        check_sequence(lines(*numbers), count, most_repeated=100)


def test_disorder_among_repeated_lines_is_found():
    with pytest.raises(AssertionError, match="went back 4 times"):
        check_sequence(lines(0, 1, 2, 3, 1, 3, 2, 3, 0, 1, 2, 3, 4), 5, most_runs=1, most_repeated=100)


def test_a_restart_that_goes_back_too_far_is_found():
    with pytest.raises(AssertionError, match="3 lines came again, 2 are"):
        check_sequence(lines(0, 1, 2, 0, 1, 2, 3), 4, most_runs=1, most_repeated=2)


def test_sources_are_told_apart():
    mixed = [line for pair in zip(lines(0, 1, 0, 1, name="a"), lines(0, 1, 2, 3, name="b")) for line in pair]
    assert check_order(mixed, most_runs=1, most_repeated=2) == ({"a": 2, "b": 4}, 2)
    assert check_sequences(mixed, {"a": 2, "b": 4}, most_runs=1, most_repeated=2) == 2
    with pytest.raises(AssertionError, match="^a: lines went back 1 times"):
        check_order(mixed, most_repeated=2)
    with pytest.raises(AssertionError, match="^a: 2 lines came again"):
        check_order(mixed, most_runs=1, most_repeated=1)
    with pytest.raises(AssertionError, match="arrived"):
        check_sequences(mixed, {"a": 2, "b": 5}, most_runs=1, most_repeated=2)


def test_runs_of_restarts_are_those_that_a_source_and_a_sink_without_any_commit_make():
    for restarts in range(5):
        # Each time the source writes one more line than the time before, all again; the sink reads all of it again.
        topic, seen = [], Sequence()
        for number in range(restarts + 1):
            topic += range(number + 1)
            for each in topic:
                seen.add(each)
        assert seen.runs == runs_of(restarts)


def test_a_path_goes_back_to_where_restarts_were_and_nowhere_else():
    given = list("abcdef")
    assert check_path("abcdef", given, []) == 0
    assert check_path("abcdcdef", given, [2]) == 2
    # One that changed nothing.
    assert check_path("abcdef", given, [3, 6]) == 0
    assert check_path("abcbcdcdef", given, [1, 2]) == 4
    for wrong in ("abcdef", "abcdbcdef", "abcdcdcdef", "abcbcdef"):
        with pytest.raises(AssertionError):
            check_path(wrong, given, [2] if wrong != "abcdef" else [7])


@pytest.mark.parametrize("seen, told", [
    ("abdef", "entry 2, 'd'"), ("abcde", "ends at 4 of 5"), ("bcdef", "entry 0"), ("abccdef", "entry 3, 'c'"), ("abcdefx", "entry 6"),
    # Past what came first, before it came.
    ("abecdef", "entry 2, 'e'"),
])
def test_loss_and_disorder_are_found_on_a_path(seen, told):
    with pytest.raises(AssertionError, match=told):
        check_path(seen, list("abcdef"), [4, 4])


def test_restarts_are_taken_in_turn():
    with pytest.raises(AssertionError):
        check_path("abcdefbcdefabcdef", list("abcdef"), [0, 1])
    assert check_path("abcdefabcdefbcdef", list("abcdef"), [0, 1]) == 11


def test_what_is_given_may_repeat_itself():
    # The source went back to b; the sink went back to the c before that, or to the one after it.
    given = list("abcbcd")
    assert check_path("abcbccbcd", given, [2]) == 3
    assert check_path("abcbccd", given, [4]) == 1
    with pytest.raises(AssertionError):
        check_path("abcbccd", given, [2])
