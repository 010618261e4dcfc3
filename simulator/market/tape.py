"""Minute candles into single trades: the tape that every candle, ticker and stream is an aggregate of.

Trades are counted in blocks of eight. The last two of a block are two fills of one taker order, so the number of an
aggregate trade follows from the number of its trades alone.
"""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from simulator.market.bars import Bars, Column
from simulator.market.intervals import MINUTE_MS
from simulator.market.refine import BLOCK

Flags = NDArray[np.bool_]
_ORDINARY_SHARE: Final = 0.6  # of a side's volume; the rest settles the exact sums
_HALVINGS: Final = 24
_SETTLERS: Final = 2  # per side


@dataclass(frozen=True, slots=True)
class Tape:
    """Consecutive trades: prices in ticks, quantities in lots."""

    trade_id: Column
    time_ms: Column
    price: Column
    lots: Column
    is_buy: Flags

    def __len__(self) -> int:
        return len(self.trade_id)

    def until(self, now_ms: int) -> Self:
        """The trades that have happened by this moment."""
        return self.at(slice(0, int(np.searchsorted(self.time_ms, now_ms, side="right"))))

    def since(self, start_ms: int) -> Self:
        """The trades at or after this moment."""
        return self.at(slice(int(np.searchsorted(self.time_ms, start_ms)), None))

    def at(self, index: slice) -> Self:
        """The trades at a slice."""
        return type(self)(
            self.trade_id[index], self.time_ms[index], self.price[index], self.lots[index], self.is_buy[index]
        )

    def as_bar(self, open_ms: int) -> Bars:
        """One candle of all these trades; empty where there are none."""
        if not len(self):
            return Bars.empty()
        quote, buy = self.price * self.lots, self.is_buy
        values = (
            open_ms, self.price[0], self.price.max(), self.price.min(), self.price[-1], len(self),
            self.lots[buy].sum(), quote[buy].sum(), self.lots[~buy].sum(), quote[~buy].sum(),
        )  # fmt: skip
        return Bars(*(np.array([value], dtype=np.int64) for value in values))


def aggregate_id(trade_id: int) -> int:
    """Number of the aggregate trade that holds a trade."""
    return trade_id - (trade_id + 1) // BLOCK


def first_trade_of(agg_id: int) -> int:
    """First trade of an aggregate trade; the inverse of `aggregate_id`."""
    return agg_id + agg_id // (BLOCK - 1)


@dataclass(frozen=True, slots=True)
class _Minute:
    """One minute candle as plain integers."""

    open_ms: int
    open: int
    high: int
    low: int
    close: int
    trades: int
    buy_lots: int
    buy_quote: int
    sell_lots: int
    sell_quote: int


def to_trades(minutes: Bars, row: int, first_id: int, rng: np.random.Generator) -> Tape:
    """The trades of the minute in that row; `first_id` is a multiple of eight."""
    columns = (
        minutes.open_ms, minutes.open, minutes.high, minutes.low, minutes.close, minutes.trades,
        minutes.buy_lots, minutes.buy_quote, minutes.sell_lots, minutes.sell_quote,
    )  # fmt: skip
    minute = _Minute(*(int(column[row]) for column in columns))
    count = minute.trades
    ids = np.arange(first_id, first_id + count, dtype=np.int64)
    second_of_pair = ids % BLOCK == BLOCK - 1
    settlers = _settler_places(ids, rng)
    price, is_buy = _walk(minute, settlers, rng)
    times = np.sort(rng.integers(0, MINUTE_MS, count)) + minute.open_ms
    for values in (price, is_buy, times):
        values[second_of_pair] = values[np.flatnonzero(second_of_pair) - 1]
    lots = _quantities(minute, price, is_buy, settlers, rng)
    return Tape(ids, times, price, lots, is_buy)


def _settler_places(ids: Column, rng: np.random.Generator) -> Column:
    """Places of the four trades that settle the exact sums: neither first nor part of a pair."""
    free = np.flatnonzero(ids % BLOCK < BLOCK - 2)[1:]
    return np.asarray(rng.permutation(free)[: 2 * _SETTLERS])


def _walk(minute: _Minute, settlers: Column, rng: np.random.Generator) -> tuple[Column, Flags]:
    """Prices from the open to the close that touch both extremes, and who took."""
    count, span = minute.trades, minute.high - minute.low
    line = np.linspace(minute.open, minute.close, count)
    noise = np.cumsum(rng.normal(0, 0.6 / np.sqrt(count), count)) * span
    noise -= noise[-1] * np.linspace(0, 1, count)
    price = np.clip(np.rint(line + noise).astype(np.int64), minute.low, minute.high)
    price[0], price[-2:] = minute.open, minute.close
    inner = np.setdiff1d(np.arange(1, count - 2), settlers)
    inner = inner[inner % BLOCK < BLOCK - 2]
    top, bottom = rng.choice(inner, 2, replace=False)
    price[top], price[bottom] = minute.high, minute.low
    buys = minute.buy_lots / (minute.buy_lots + minute.sell_lots)
    is_buy = rng.random(count) < buys
    is_buy[settlers[:_SETTLERS]], is_buy[settlers[_SETTLERS:]] = True, False
    return price, is_buy


def _quantities(minute: _Minute, price: Column, is_buy: Flags, settlers: Column, rng: np.random.Generator) -> Column:
    """Quantities whose sums, and whose sums times price, are the minute's on both sides."""
    lots = np.ones(len(price), dtype=np.int64)
    weights = rng.lognormal(0, 1.2, len(price))
    sides = (
        (is_buy, settlers[:_SETTLERS], minute.buy_lots, minute.buy_quote),
        (~is_buy, settlers[_SETTLERS:], minute.sell_lots, minute.sell_quote),
    )
    for side, places, total_lots, total_quote in sides:
        ordinary = np.setdiff1d(np.flatnonzero(side), places)
        share = weights[ordinary] / max(weights[ordinary].sum(), 1e-9) * total_lots * _ORDINARY_SHARE
        for halving in range(_HALVINGS):
            lots[ordinary] = np.maximum((share / 2**halving).astype(np.int64), 1)
            rest_lots = total_lots - int(lots[ordinary].sum())
            rest_quote = total_quote - int((lots[ordinary] * price[ordinary]).sum())
            if _settle(minute, price, lots, places, (rest_lots, rest_quote)):
                break
    return lots


def _settle(minute: _Minute, price: Column, lots: Column, places: Column, rest: tuple[int, int]) -> bool:
    """Two trades at neighbouring prices that take exactly the rest; False if no such pair fits the candle."""
    rest_lots, rest_quote = rest
    if rest_lots < _SETTLERS:
        return False
    lower, dearer_lots = divmod(rest_quote, rest_lots)
    upper = lower + (dearer_lots > 0)
    if lower < minute.low or upper > minute.high:
        return False
    dearer_lots = dearer_lots or rest_lots // 2
    price[places] = lower, upper
    lots[places] = rest_lots - dearer_lots, dearer_lots
    return True
