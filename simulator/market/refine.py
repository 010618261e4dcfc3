"""Candles into smaller candles that add up to them exactly: prices touch, amounts sum to the last digit."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.market.bars import Bars, Column
from simulator.market.intervals import MINUTE_MS

Floats = NDArray[np.float64]
Grid = NDArray[np.int64]  # one row per parent, one column per child

MINUTES: Final = 60
BLOCK: Final = 8  # trades are counted in blocks of eight, see tape.py
BLOCKS_PER_MINUTE: Final = 2  # at least
_TILT_POWER: Final = 8
_MINUTE_STEPS: Final = np.arange(MINUTES, dtype=np.int64) * MINUTE_MS


@dataclass(frozen=True, slots=True)
class Prices:
    """Open, high, low and close of the children, one row per parent."""

    open: Grid
    high: Grid
    low: Grid
    close: Grid

    @property
    def typical(self) -> Floats:
        """Where the average trade of a child is likely to be."""
        return np.asarray((self.open + self.high + self.low + self.close) / 4.0)


def split(total: Column, weights: Floats, minimum: Grid | int = 0) -> Grid:
    """Integers proportional to the weights, none under the minimum, whose rows sum exactly to the totals."""
    floor = np.broadcast_to(np.asarray(minimum, dtype=np.int64), weights.shape)
    free = total - floor.sum(axis=1)
    running = np.cumsum(weights, axis=1)
    marks = np.floor(free[:, None] * (running / running[:, -1:])).astype(np.int64)
    marks[:, -1] = free
    return np.diff(marks, axis=1, prepend=0) + floor


def refine_prices(parent: Bars, children: int, rng: np.random.Generator) -> Prices:
    """A path through every parent: from its open to its close, touching its high and its low."""
    rows = len(parent)
    low_first = rng.random(rows) < np.where(parent.close >= parent.open, 0.7, 0.3)
    first, second = _two_places(rows, children, rng)
    one = np.where(low_first, parent.low, parent.high)
    two = np.where(low_first, parent.high, parent.low)
    line = _through(parent, children, (first, one), (second, two))
    span = (parent.high - parent.low)[:, None]
    walk = np.cumsum(rng.normal(0, 0.5 / np.sqrt(children), (rows, children)), axis=1)
    bridge = walk - walk[:, -1:] * (np.arange(1, children + 1) / children)
    floor, ceiling = parent.low[:, None], parent.high[:, None]
    close = np.clip(np.rint(line + bridge * span).astype(np.int64), floor, ceiling)
    close[:, -1] = parent.close
    opened = np.column_stack([parent.open, close[:, :-1]])
    wicks = np.rint(rng.exponential(0.4 / children, (2, rows, children)) * span).astype(np.int64)
    high = np.minimum(np.maximum(opened, close) + wicks[0], ceiling)
    low = np.maximum(np.minimum(opened, close) - wicks[1], floor)
    index = np.arange(rows)
    high[index, np.where(low_first, second, first)] = parent.high
    low[index, np.where(low_first, first, second)] = parent.low
    return Prices(opened, high, low, close)


def _two_places(rows: int, children: int, rng: np.random.Generator) -> tuple[Column, Column]:
    one = rng.integers(0, children, rows)
    two = rng.integers(0, children - 1, rows)
    two += two >= one
    return np.minimum(one, two), np.maximum(one, two)


def _through(parent: Bars, children: int, one: tuple[Column, Column], two: tuple[Column, Column]) -> Floats:
    """Straight lines from the open over the two extremes to the close, read at the end of every child."""
    times = np.arange(1, children + 1)[None, :]
    start, end = parent.open[:, None], parent.close[:, None]
    (i, a), (j, b) = ((place[:, None] + 0.5, value[:, None]) for place, value in (one, two))
    rising = start + (a - start) * times / i
    middle = a + (b - a) * (times - i) / (j - i)
    last = b + (end - b) * (times - j) / (children - j)
    return np.where(times <= i, rising, np.where(times <= j, middle, last))


def to_minutes(hours: Bars, rng: np.random.Generator) -> Bars:
    """Sixty minutes for every hour."""
    prices = refine_prices(hours, MINUTES, rng)
    weights = rng.lognormal(0, 0.5, (len(hours), MINUTES))
    blocks = split(hours.trades // BLOCK, weights**0.7, BLOCKS_PER_MINUTE)
    trades = blocks * BLOCK
    sides: list[Grid] = []
    for lots, quote in ((hours.buy_lots, hours.buy_quote), (hours.sell_lots, hours.sell_quote)):
        jitter = weights * rng.lognormal(0, 0.2, weights.shape)
        sides += _spread_amounts(hours, prices, (lots, quote), jitter, trades)
    opened = hours.open_ms[:, None] + _MINUTE_STEPS
    columns = (opened, prices.open, prices.high, prices.low, prices.close, trades, *sides)
    return Bars(*(column.ravel() for column in columns))


def _spread_amounts(
    hours: Bars, prices: Prices, amounts: tuple[Column, Column], weights: Floats, trades: Grid
) -> tuple[Grid, Grid]:
    """Lots and quote amounts of the minutes: both sum exactly, every average price lies inside its candle."""
    total_lots, total_quote = amounts
    typical = prices.typical
    tilted = _tilt(hours, prices, total_quote / total_lots, weights)
    lots = split(total_lots, tilted, 2 * trades + BLOCK)
    # The tape needs room to put one lot anywhere in the candle for each of its trades.
    margin = trades * (prices.high - prices.low)
    lowest, highest = prices.low * lots + margin, prices.high * lots - margin
    quote = np.clip(np.rint(typical * lots).astype(np.int64), lowest, highest)
    missing = total_quote - quote.sum(axis=1)
    quote += _pour(np.maximum(missing, 0), highest - quote)
    quote -= _pour(np.maximum(-missing, 0), quote - lowest)
    return lots, quote


def _tilt(hours: Bars, prices: Prices, target: Floats, weights: Floats) -> Floats:
    """Move weight towards the dear (or the cheap) minutes until the average price is the parent's."""
    typical = prices.typical
    share = weights / weights.sum(axis=1, keepdims=True)
    upwards = (target > (share * typical).sum(axis=1))[:, None]
    span = np.maximum(hours.high - hours.low, 1)[:, None]
    above = (typical - hours.low[:, None]) / span
    favour = np.where(upwards, above, 1 - above) ** _TILT_POWER
    share = _mix(share, share * favour + share * 1e-12, typical, target)
    # A path may reach an extreme only with one long wick: then that minute takes what is still missing.
    touching = np.where(upwards, prices.high == hours.high[:, None], prices.low == hours.low[:, None])
    reachable = (typical + np.where(upwards, prices.high, prices.low)) / 2
    return _mix(share, share * touching + share * 1e-12, reachable, target)


def _mix(share: Floats, extreme: Floats, typical: Floats, target: Floats) -> Floats:
    """As much of the extreme weights as it takes to reach the target price, at most all."""
    extreme = extreme / extreme.sum(axis=1, keepdims=True)
    mean = (share * typical).sum(axis=1)
    reach = (extreme * typical).sum(axis=1) - mean
    part = np.divide(target - mean, reach, out=np.zeros_like(mean), where=np.abs(reach) > 1e-9)
    part = np.clip(part, 0, 1)[:, None]
    return np.asarray((1 - part) * share + part * extreme)


def _pour(amount: Column, room: Grid) -> Grid:
    """Share the amount among the children in proportion to their room; the few units left go to the first."""
    total = np.maximum(room.sum(axis=1), 1)
    poured = np.floor(room * np.minimum(amount / total, 1.0)[:, None] * (1 - 1e-9)).astype(np.int64)
    left = (amount - poured.sum(axis=1))[:, None]
    rest = room - poured
    before = np.cumsum(rest, axis=1) - rest
    return poured + np.clip(left - before, 0, rest)
