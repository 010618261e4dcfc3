"""Candles as integer columns: prices in ticks, quantities in lots, quote amounts in ticks times lots."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Self

import numpy as np
from numpy.typing import NDArray

from simulator.market.intervals import open_times_of

Column = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Bars:
    """Consecutive candles; what takers bought and what takers sold is kept apart, their sum is the volume."""

    open_ms: Column
    open: Column
    high: Column
    low: Column
    close: Column
    trades: Column
    buy_lots: Column
    buy_quote: Column
    sell_lots: Column
    sell_quote: Column

    def __len__(self) -> int:
        return len(self.open_ms)

    def between(self, start_ms: int, end_ms: int) -> Self:
        """The candles that open in [start, end)."""
        first, last = np.searchsorted(self.open_ms, [start_ms, end_ms])
        return self.at(slice(int(first), int(last)))

    def at(self, index: slice | NDArray[np.bool_]) -> Self:
        """The candles at a slice or a mask."""
        return type(self)(*(getattr(self, field.name)[index] for field in fields(self)))

    @classmethod
    def empty(cls) -> Self:
        """No candles."""
        return cls(*(np.empty(0, dtype=np.int64) for _ in fields(cls)))

    @classmethod
    def join(cls, parts: Sequence[Self]) -> Self:
        """Several runs of candles, one after the other."""
        if not parts:
            return cls.empty()
        return cls(*(np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(cls)))

    def grouped(self, interval: str, offset_ms: int = 0) -> Self:
        """Exact aggregates on a larger interval."""
        if not len(self):
            return self
        keys = open_times_of(self.open_ms, interval, offset_ms)
        starts = np.flatnonzero(np.r_[True, keys[1:] != keys[:-1]])
        ends = np.r_[starts[1:], len(keys)] - 1
        sums = (np.add.reduceat(column, starts) for column in self._summed())
        return type(self)(
            keys[starts],
            self.open[starts],
            np.maximum.reduceat(self.high, starts),
            np.minimum.reduceat(self.low, starts),
            self.close[ends],
            *sums,
        )

    def _summed(self) -> tuple[Column, ...]:
        return self.trades, self.buy_lots, self.buy_quote, self.sell_lots, self.sell_quote
