"""Candle intervals of the exchange and the arithmetic of their open times."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

Times = NDArray[np.int64]

SECOND_MS: Final = 1_000
MINUTE_MS: Final = 60_000
HOUR_MS: Final = 3_600_000
DAY_MS: Final = 86_400_000
WEEK_MS: Final = 7 * DAY_MS
MONTH: Final = "1M"

LENGTH_MS: Final[dict[str, int]] = {
    "1s": SECOND_MS,
    "1m": MINUTE_MS,
    "3m": 3 * MINUTE_MS,
    "5m": 5 * MINUTE_MS,
    "15m": 15 * MINUTE_MS,
    "30m": 30 * MINUTE_MS,
    "1h": HOUR_MS,
    "2h": 2 * HOUR_MS,
    "4h": 4 * HOUR_MS,
    "6h": 6 * HOUR_MS,
    "8h": 8 * HOUR_MS,
    "12h": 12 * HOUR_MS,
    "1d": DAY_MS,
    "3d": 3 * DAY_MS,
    "1w": WEEK_MS,
}
INTERVALS: Final = (*LENGTH_MS, MONTH)
# The epoch was a Thursday and weeks open on Monday.
WEEK_SHIFT_MS: Final = 4 * DAY_MS


def open_times_of(times_ms: Times, interval: str, offset_ms: int = 0) -> Times:
    """Open time of the candle each moment belongs to; `offset_ms` is the time zone's distance from UTC."""
    local = times_ms + offset_ms
    if interval == MONTH:
        months = local.astype("datetime64[ms]").astype("datetime64[M]")
        opened = months.astype("datetime64[ms]").astype(np.int64)
    else:
        length = LENGTH_MS[interval]
        shift = WEEK_SHIFT_MS if interval == "1w" else 0
        opened = (local - shift) // length * length + shift
    return np.asarray(opened - offset_ms, dtype=np.int64)


def open_time_of(time_ms: int, interval: str, offset_ms: int = 0) -> int:
    """Open time of the candle that contains the moment."""
    return int(open_times_of(np.array([time_ms], dtype=np.int64), interval, offset_ms)[0])


def shift_open_time(open_ms: int, interval: str, count: int, offset_ms: int = 0) -> int:
    """Open time of the candle `count` candles later (earlier, if negative)."""
    if interval != MONTH:
        return open_ms + count * LENGTH_MS[interval]
    month = np.datetime64(open_ms + offset_ms, "ms").astype("datetime64[M]") + np.timedelta64(count, "M")
    return int(month.astype("datetime64[ms]").astype(np.int64)) - offset_ms


def close_time_of(open_ms: int, interval: str, offset_ms: int = 0) -> int:
    """Last millisecond of the candle."""
    return shift_open_time(open_ms, interval, 1, offset_ms) - 1
