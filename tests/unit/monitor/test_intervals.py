"""Arithmetic on open times, against counting by hand."""

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.domain.enums import Interval
from monitor.domain.intervals import (
    close_time_of,
    first_open_time_from,
    from_milliseconds,
    last_closed_open_time,
    missing_ranges,
    open_time_of,
    to_milliseconds,
)

H4 = Interval.H4
STEP = H4.milliseconds
AT = 1_767_225_600_000  # 2026-01-01 00:00 UTC

moments = st.integers(0, 4_102_444_800_000)
intervals = st.sampled_from(Interval)


@settings(max_examples=60, deadline=None)
@given(moments, intervals)
def test_a_moment_lies_between_open_and_close_of_its_candle(moment: int, interval: Interval) -> None:
    opened = open_time_of(moment, interval)
    assert opened <= moment <= close_time_of(opened, interval)
    assert opened % interval.milliseconds == 0


@settings(max_examples=60, deadline=None)
@given(moments, intervals)
def test_the_newest_closed_candle_is_closed_and_the_next_is_not(moment: int, interval: Interval) -> None:
    opened = last_closed_open_time(moment, interval)
    assert close_time_of(opened, interval) < moment or close_time_of(opened, interval) == moment - 1
    assert close_time_of(opened + interval.milliseconds, interval) >= moment


@settings(max_examples=60, deadline=None)
@given(moments, intervals)
def test_the_first_candle_from_a_moment_begins_then_or_within_one_interval(moment: int, interval: Interval) -> None:
    assert moment <= first_open_time_from(moment, interval) < moment + interval.milliseconds


@settings(max_examples=60, deadline=None)
@given(moments)
def test_milliseconds_survive_the_way_through_a_datetime(moment: int) -> None:
    assert to_milliseconds(from_milliseconds(moment)) == moment


def test_a_window_without_candles_is_one_range() -> None:
    assert missing_ranges([], (AT, AT + 5 * STEP), H4) == [(AT, AT + 5 * STEP)]


def test_a_full_window_lacks_nothing() -> None:
    assert missing_ranges([(AT - STEP, AT + 9 * STEP)], (AT, AT + 5 * STEP), H4) == []


def test_an_empty_window_lacks_nothing() -> None:
    assert missing_ranges([], (AT + STEP, AT), H4) == []


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(-5, 40), st.integers(0, 6)), max_size=12),
    st.integers(0, 10),
    st.integers(-1, 30),
)
def test_the_missing_ranges_are_the_open_times_that_nobody_covers(
    spans: list[tuple[int, int]], first: int, length: int
) -> None:
    covered = [(AT + start * STEP, AT + (start + extra) * STEP) for start, extra in spans]
    window = (AT + first * STEP, AT + (first + length) * STEP)
    present = {number for start, extra in spans for number in range(start, start + extra + 1)}
    expected = [number for number in range(first, first + length + 1) if number not in present]
    ranges = missing_ranges(covered, window, H4)
    found = [moment for start, end in ranges for moment in range(start, end + 1, STEP)]
    assert found == [AT + number * STEP for number in expected]
    assert all(later[0] > earlier[1] + STEP for earlier, later in itertools.pairwise(ranges))
