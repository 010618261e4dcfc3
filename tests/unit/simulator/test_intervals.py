"""Candle boundaries."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.market.intervals import INTERVALS, close_time_of, open_time_of, shift_open_time

pytestmark = pytest.mark.unit

MOMENTS = st.integers(1_500_000_000_000, 1_900_000_000_000)


def ms(*moment: int) -> int:
    return int(datetime(*moment, tzinfo=UTC).timestamp() * 1000)


@given(moment=MOMENTS, interval=st.sampled_from(INTERVALS))
def test_every_moment_lies_between_open_and_close_of_its_candle(moment: int, interval: str):
    opened = open_time_of(moment, interval)
    assert opened <= moment <= close_time_of(opened, interval)
    assert open_time_of(opened, interval) == opened


@given(moment=MOMENTS, interval=st.sampled_from(INTERVALS), count=st.integers(-50, 50))
def test_shifting_there_and_back_is_nothing(moment: int, interval: str, count: int):
    opened = open_time_of(moment, interval)
    assert shift_open_time(shift_open_time(opened, interval, count), interval, -count) == opened


@pytest.mark.parametrize(
    ("interval", "opened"),
    [
        ("1w", ms(2025, 12, 29)),  # a Monday
        ("1M", ms(2026, 1, 1)),
        ("1d", ms(2026, 1, 1)),
        ("4h", ms(2026, 1, 1, 16)),
    ],
)
def test_boundaries_are_those_of_the_calendar(interval: str, opened: int):
    assert open_time_of(ms(2026, 1, 1, 17, 45), interval) == opened


def test_a_time_zone_shifts_the_day():
    assert open_time_of(ms(2026, 1, 1, 17, 45), "1d", 8 * 3_600_000) == ms(2026, 1, 1, 16)
