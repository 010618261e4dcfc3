"""One synthetic instrument at every resolution: hours, minutes, trades, all cut from the same tape."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from simulator.market.bars import Bars, Column
from simulator.market.cache import Cache
from simulator.market.catalogue import SymbolSpec
from simulator.market.history import History
from simulator.market.intervals import HOUR_MS, MINUTE_MS, SECOND_MS
from simulator.market.randomness import generator
from simulator.market.refine import BLOCK, to_minutes
from simulator.market.tape import Tape, to_trades

_CHUNK_HOURS: Final = 8


@dataclass(slots=True)
class Caches:
    """What all instruments of a market share, so that memory stays bounded whatever is asked."""

    cycles: Cache[Bars] = field(default_factory=lambda: Cache(4_000))
    chunks: Cache[Bars] = field(default_factory=lambda: Cache(2_000))
    tapes: Cache[Tape] = field(default_factory=lambda: Cache(4_000))


class SyntheticInstrument:
    """The tape of one instrument; made on demand, the same for the same seed whatever is asked first."""

    def __init__(self, spec: SymbolSpec, seed: int, caches: Caches) -> None:
        self.spec = spec
        self._seed = seed
        self._history = History(spec, seed)
        self._caches = caches

    def hours(self, start_ms: int, end_ms: int) -> Bars:
        """Hour candles that open in [start, end) while the instrument traded."""
        if end_ms <= start_ms:
            return Bars.empty()
        cycles = range(self._history.cycle_of(start_ms), self._history.cycle_of(end_ms - 1) + 1)
        bars = Bars.join([self._cycle(cycle) for cycle in cycles]).between(start_ms, end_ms)
        return bars.at(self._is_on(bars.open_ms))

    def minutes(self, start_ms: int, end_ms: int) -> Bars:
        """Minute candles that open in [start, end) while the instrument traded."""
        if end_ms <= start_ms:
            return Bars.empty()
        length = _CHUNK_HOURS * HOUR_MS
        chunks = range(start_ms // length, (end_ms - 1) // length + 1)
        bars = Bars.join([self._chunk(chunk) for chunk in chunks]).between(start_ms, end_ms)
        return bars.at(self._is_on(bars.open_ms))

    def trades_of_minute(self, minute_ms: int) -> Tape | None:
        """All trades of a minute, None while the instrument does not trade."""
        if not self.spec.life.is_on(minute_ms):
            return None
        key = (self.spec.market, self.spec.symbol, minute_ms)
        return self._caches.tapes.get_or_make(key, lambda: self._make_tape(minute_ms))

    def seconds(self, start_ms: int, end_ms: int) -> Bars:
        """Second candles that open in [start, end); a second without a trade repeats the last price."""
        starts = range(start_ms // MINUTE_MS * MINUTE_MS, end_ms, MINUTE_MS)
        tapes = [tape for tape in map(self.trades_of_minute, starts) if tape is not None]
        return Bars.join([_seconds_of(tape) for tape in tapes]).between(start_ms, end_ms)

    def window(self, start_ms: int, now_ms: int) -> Bars:
        """Candles of mixed length that cover exactly the trades in [start, now]; start is a full second."""
        minute = now_ms // MINUTE_MS * MINUTE_MS
        last_hour = now_ms // HOUR_MS * HOUR_MS
        first_hour = min(-(-start_ms // HOUR_MS) * HOUR_MS, minute)
        parts = [self.minutes(start_ms, first_hour)]
        parts += [self.hours(first_hour, last_hour), self.minutes(max(first_hour, last_hour), minute)]
        tape = self.trades_of_minute(minute)
        if tape is not None:
            parts.append(tape.until(now_ms).since(start_ms).as_bar(max(minute, start_ms)))
        return Bars.join(parts)

    def last_on_ms(self, now_ms: int) -> int:
        """The newest moment up to now at which it traded."""
        life = self.spec.life
        moment = min(now_ms, life.delisted_ms - 1)
        if life.period_ms and moment % life.period_ms >= life.on_ms:
            moment = moment // life.period_ms * life.period_ms + life.on_ms - 1
        return moment

    def tapes_forward(self, start_ms: int, now_ms: int) -> Iterator[Tape]:
        """What happened since a moment, minute by minute."""
        for minute in range(start_ms // MINUTE_MS * MINUTE_MS, now_ms + 1, MINUTE_MS):
            tape = self.trades_of_minute(minute)
            if tape is not None:
                yield tape.until(now_ms).since(start_ms)

    def tapes_backward(self, now_ms: int) -> Iterator[Tape]:
        """What happened until a moment, newest minute first, as far back as a day of trading."""
        last = self.last_on_ms(now_ms) // MINUTE_MS * MINUTE_MS
        first = max(self.spec.life.listed_ms, last - 24 * HOUR_MS)
        for minute in range(last, first - 1, -MINUTE_MS):
            tape = self.trades_of_minute(minute)
            if tape is not None:
                yield tape.until(now_ms)

    def time_of_trade(self, trade_id: int) -> int:
        """Start of the minute that holds a trade."""
        cycle, within = divmod(trade_id, self._history.blocks_per_cycle * BLOCK)
        hours = self._cycle(cycle)
        place = int(np.searchsorted(np.cumsum(hours.trades), within, side="right"))
        hour_ms = int(hours.open_ms[place])
        chunk = self._chunk(hour_ms // (_CHUNK_HOURS * HOUR_MS)).between(hour_ms, hour_ms + HOUR_MS)
        within -= int(hours.trades[:place].sum())
        return int(chunk.open_ms[int(np.searchsorted(np.cumsum(chunk.trades), within, side="right"))])

    def _cycle(self, cycle: int) -> Bars:
        key = (self.spec.market, self.spec.symbol, cycle)
        return self._caches.cycles.get_or_make(key, lambda: self._history.hours(cycle))

    def _chunk(self, chunk: int) -> Bars:
        key = (self.spec.market, self.spec.symbol, chunk)
        return self._caches.chunks.get_or_make(key, lambda: self._make_chunk(chunk))

    def _make_chunk(self, chunk: int) -> Bars:
        start, length = chunk * _CHUNK_HOURS * HOUR_MS, _CHUNK_HOURS * HOUR_MS
        cycles = range(self._history.cycle_of(start), self._history.cycle_of(start + length - 1) + 1)
        hours = Bars.join([self._cycle(cycle) for cycle in cycles]).between(start, start + length)
        return to_minutes(hours, self._generator("minutes", chunk))

    def _make_tape(self, minute_ms: int) -> Tape:
        hour_ms = minute_ms // HOUR_MS * HOUR_MS
        chunk = self._chunk(minute_ms // (_CHUNK_HOURS * HOUR_MS)).between(hour_ms, hour_ms + HOUR_MS)
        row = (minute_ms - hour_ms) // MINUTE_MS
        first_id = self._first_id_of_hour(hour_ms) + int(chunk.trades[:row].sum())
        return to_trades(chunk, row, first_id, self._generator("trades", minute_ms))

    def _first_id_of_hour(self, hour_ms: int) -> int:
        cycle = self._history.cycle_of(hour_ms)
        hours = self._cycle(cycle)
        place = (hour_ms - self._history.start_of(cycle)) // HOUR_MS
        return cycle * self._history.blocks_per_cycle * BLOCK + int(hours.trades[:place].sum())

    def _generator(self, *parts: object) -> np.random.Generator:
        return generator(self._seed, self.spec.market, self.spec.symbol, *parts)

    def _is_on(self, times: Column) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
        life = self.spec.life
        on = (times >= life.listed_ms) & (times < life.delisted_ms)
        return on & (times % life.period_ms < life.on_ms) if life.period_ms else on


def _seconds_of(tape: Tape) -> Bars:
    """Sixty second candles of a full minute."""
    start = int(tape.time_ms[0]) // MINUTE_MS * MINUTE_MS
    bars = []
    price = int(tape.price[0])
    for second in range(start, start + MINUTE_MS, SECOND_MS):
        bar = tape.since(second).until(second + SECOND_MS - 1).as_bar(second)
        if not len(bar):
            values = (second, price, price, price, price, 0, 0, 0, 0, 0)
            bar = Bars(*(np.array([value], dtype=np.int64) for value in values))
        price = int(bar.close[0])
        bars.append(bar)
    return Bars.join(bars)
