"""Words shared by database, API and domain; the values are what is stored."""

from datetime import timedelta
from enum import StrEnum


class MarketType(StrEnum):
    SPOT = "spot"
    FUTURES = "futures"
    ALPHA = "alpha"


class InstrumentStatus(StrEnum):
    ACTIVE = "active"
    DELISTED = "delisted"


class Interval(StrEnum):
    """Kline intervals that are stored."""

    H1 = "1h"
    H4 = "4h"
    D1 = "1d"

    @property
    def milliseconds(self) -> int:
        return _MILLISECONDS[self]

    @property
    def duration(self) -> timedelta:
        return timedelta(milliseconds=self.milliseconds)


_MILLISECONDS = {Interval.H1: 3_600_000, Interval.H4: 14_400_000, Interval.D1: 86_400_000}
