"""The hour candles of one synthetic instrument, made cycle by cycle from the seed, in any order."""

from typing import Final

import numpy as np

from simulator.market.bars import Bars, Column
from simulator.market.catalogue import ORIGIN_MS, SymbolSpec
from simulator.market.episodes import CYCLE_BARS, STORIES, TEMPERS, Cycle, Script, write_script
from simulator.market.intervals import HOUR_MS, LENGTH_MS
from simulator.market.randomness import generator
from simulator.market.refine import BLOCK, BLOCKS_PER_MINUTE, MINUTES, Prices, refine_prices, split

# Every fortnight the whole market (all instruments with hourly stories) crashes in the same hour.
MARKET_WIDE_EVERY_MS: Final = 14 * 24 * HOUR_MS
_BOUNDARY_WOBBLE: Final = 0.02
_LEAST_BLOCKS_PER_HOUR: Final = MINUTES * BLOCKS_PER_MINUTE


class History:
    """Hour candles of one instrument. Cycle `k` covers `CYCLE_BARS` native candles; its length is fixed."""

    def __init__(self, spec: SymbolSpec, seed: int) -> None:
        self._spec = spec
        self._key = (seed, spec.market, spec.symbol)
        self._bar_ms = LENGTH_MS[spec.native]
        self._hours_per_bar = self._bar_ms // HOUR_MS
        self._shift_ms = int(spec.position * CYCLE_BARS) * self._bar_ms
        self.cycle_ms = CYCLE_BARS * self._bar_ms
        self.blocks_per_cycle = spec.trade_blocks_per_hour * CYCLE_BARS * self._hours_per_bar

    def cycle_of(self, time_ms: int) -> int:
        """Number of the cycle a moment belongs to; 0 is the one that holds the market's first hour."""
        return (time_ms - self._first_start()) // self.cycle_ms

    def start_of(self, cycle: int) -> int:
        """First millisecond of a cycle."""
        return self._first_start() + cycle * self.cycle_ms

    def hours(self, cycle: int) -> Bars:
        """All hour candles of a cycle."""
        rng = generator(*self._key, "cycle", cycle)
        script = write_script(self._plan(cycle), rng)
        native = self._native_bars(cycle, script)
        return self._to_hours(native, script, rng)

    def _first_start(self) -> int:
        return ORIGIN_MS // self._bar_ms * self._bar_ms - self._shift_ms

    def _boundary(self, cycle: int) -> float:
        return float(generator(*self._key, "boundary", cycle).normal(0, _BOUNDARY_WOBBLE))

    def _plan(self, cycle: int) -> Cycle:
        return Cycle(
            story=STORIES[(self._spec.variant + cycle) % len(STORIES)],
            temper=TEMPERS[self._spec.native],
            start=self._boundary(cycle),
            end=self._boundary(cycle + 1),
            market_wide_bars=self._market_wide_bars(cycle),
        )

    def _market_wide_bars(self, cycle: int) -> tuple[int, ...]:
        if self._spec.native != "1h":
            return ()
        start, end = self.start_of(cycle), self.start_of(cycle + 1)
        first = -(-start // MARKET_WIDE_EVERY_MS) * MARKET_WIDE_EVERY_MS
        return tuple((at - start) // HOUR_MS for at in range(first, end, MARKET_WIDE_EVERY_MS))

    def _native_bars(self, cycle: int, script: Script) -> Bars:
        start = round(self._spec.base_ticks * np.exp(self._boundary(cycle)))
        close = np.rint(self._spec.base_ticks * np.exp(script.closes)).astype(np.int64)
        opened = np.r_[start, close[:-1]]
        high = np.rint(np.maximum(opened, close) * np.exp(script.upper_wick)).astype(np.int64)
        low = np.rint(np.minimum(opened, close) * np.exp(-script.lower_wick)).astype(np.int64)
        times = self.start_of(cycle) + np.arange(CYCLE_BARS, dtype=np.int64) * self._bar_ms
        nothing = np.zeros(CYCLE_BARS, dtype=np.int64)
        return Bars(times, opened, high, np.maximum(low, 1), close, *[nothing] * 5)

    def _to_hours(self, native: Bars, script: Script, rng: np.random.Generator) -> Bars:
        children = self._hours_per_bar
        volume = script.volume * self._spec.lots_per_hour * children
        total = np.rint(volume).astype(np.int64)
        if children == 1:
            prices = Prices(native.open, native.high, native.low, native.close)
            lots = total
        else:
            prices = refine_prices(native, children, rng)
            lots = split(total, rng.lognormal(0, 0.3, (len(native), children)))
        steps = np.arange(children, dtype=np.int64) * HOUR_MS
        times = (native.open_ms[:, None] + steps).ravel()
        columns = (prices.open, prices.high, prices.low, prices.close)
        opened, high, low, close = (column.ravel() for column in columns)
        return self._with_amounts(Bars(times, opened, high, low, close, *[lots.ravel()] * 5), rng)

    def _with_amounts(self, hours: Bars, rng: np.random.Generator) -> Bars:
        """Trade counts, and what takers bought and sold at which average price."""
        lots = hours.buy_lots
        weights = (lots / self._spec.lots_per_hour) ** 0.7 * rng.lognormal(0, 0.1, len(lots))
        floor = np.full((1, len(lots)), _LEAST_BLOCKS_PER_HOUR, dtype=np.int64)
        blocks = split(np.array([self.blocks_per_cycle]), weights[None, :], floor)[0]
        span = np.maximum(hours.high - hours.low, 1)
        tendency = 0.5 + 0.2 * (hours.close - hours.open) / span + rng.normal(0, 0.04, len(lots))
        buy = np.rint(lots * np.clip(tendency, 0.2, 0.8)).astype(np.int64)
        return Bars(
            hours.open_ms, hours.open, hours.high, hours.low, hours.close, blocks * BLOCK,
            buy, _quote(hours, buy, 0.02), lots - buy, _quote(hours, lots - buy, -0.02),
        )  # fmt: skip


def _quote(hours: Bars, lots: Column, lean: float) -> Column:
    """Quote amount of one side: its average price is the candle's typical one, takers pay a little more."""
    typical = (hours.open + hours.high + hours.low + hours.close) / 4.0
    price = typical + lean * (hours.high - hours.low)
    return np.clip(np.rint(price * lots).astype(np.int64), hours.low * lots, hours.high * lots)
