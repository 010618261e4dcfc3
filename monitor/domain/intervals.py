"""Arithmetic on kline times. All times are epoch milliseconds UTC; the conversion to datetime is at the edges."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from monitor.domain.enums import Interval

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def to_milliseconds(moment: datetime) -> int:
    """Epoch milliseconds of an aware datetime, without passing through a float."""
    return (moment - _EPOCH) // _MILLISECOND


def from_milliseconds(milliseconds: int) -> datetime:
    """The aware UTC datetime of epoch milliseconds."""
    return _EPOCH + timedelta(milliseconds=milliseconds)


def open_time_of(moment_ms: int, interval: Interval) -> int:
    """Open time of the kline that contains ``moment_ms``."""
    return moment_ms - moment_ms % interval.milliseconds


def close_time_of(open_time_ms: int, interval: Interval) -> int:
    """The last millisecond that belongs to the kline, as the exchange writes it."""
    return open_time_ms + interval.milliseconds - 1


def last_closed_open_time(now_ms: int, interval: Interval) -> int:
    """Open time of the newest kline that is closed at ``now_ms`` (the exchange's clock)."""
    return open_time_of(now_ms, interval) - interval.milliseconds


def missing_ranges(
    stored: Iterable[int], first_ms: int, last_ms: int, interval: Interval
) -> list[tuple[int, int]]:
    """Runs of open times in [first, last] that are not in ``stored``, as inclusive (start, end) pairs, oldest first."""
    step = interval.milliseconds
    present = set(stored)
    ranges: list[tuple[int, int]] = []
    for open_time in range(first_ms, last_ms + 1, step):
        if open_time in present:
            continue
        if ranges and ranges[-1][1] == open_time - step:
            ranges[-1] = (ranges[-1][0], open_time)
        else:
            ranges.append((open_time, open_time))
    return ranges
