"""Arithmetic on kline times. All times are epoch milliseconds UTC; the conversion to datetime is at the edges."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from monitor.domain.enums import Interval

# A run of klines as the open times of its first and its last one, epoch milliseconds, both inclusive.
Span = tuple[int, int]

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


def first_open_time_from(moment_ms: int, interval: Interval) -> int:
    """Open time of the first kline that begins at ``moment_ms`` or later."""
    return -(-moment_ms // interval.milliseconds) * interval.milliseconds


def missing_ranges(covered: Iterable[Span], window: Span, interval: Interval) -> list[Span]:
    """What of ``window`` no span of ``covered`` contains, oldest first. All ends are open times and inclusive."""
    step, (cursor, last) = interval.milliseconds, window
    ranges: list[Span] = []
    for start, end in sorted(covered):
        if cursor < start and cursor <= last:
            ranges.append((cursor, min(start - step, last)))
        cursor = max(cursor, end + step)
    if cursor <= last:
        ranges.append((cursor, last))
    return ranges
