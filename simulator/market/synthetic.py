"""The seeded market: listings, candles, tickers and trades of every synthetic instrument."""

import itertools
from collections.abc import Iterator
from typing import Final

import numpy as np

from simulator.market.bars import Bars
from simulator.market.cache import Cache
from simulator.market.catalogue import SymbolSpec, build_catalogue
from simulator.market.format import fixed
from simulator.market.instrument import Caches, SyntheticInstrument
from simulator.market.intervals import (
    DAY_MS,
    HOUR_MS,
    LENGTH_MS,
    MONTH,
    SECOND_MS,
    close_time_of,
    open_time_of,
    shift_open_time,
)
from simulator.market.refine import BLOCK
from simulator.market.source import AggTrade, KlineQuery, Listing, Market, Row, TapeQuery, Ticker, Trade
from simulator.market.tape import Tape, aggregate_id, first_trade_of

_BLOCK_CANDLES: Final = 100
_SPOT_WIDTH: Final = 8


class Printer:
    """How one instrument's numbers look on the wire."""

    def __init__(self, spec: SymbolSpec) -> None:
        self._price, self._quantity = spec.price_decimals, spec.quantity_decimals
        spot = spec.market == "spot"
        self._price_width = _SPOT_WIDTH if spot else self._price + 1
        self._quantity_width = _SPOT_WIDTH if spot else self._quantity
        self._quote_width = _SPOT_WIDTH if spot else self._price + 1 + self._quantity

    def price(self, ticks: int) -> str:
        """A price."""
        return fixed(ticks, self._price, self._price_width)

    def quantity(self, lots: int) -> str:
        """An amount of the base asset."""
        return fixed(lots, self._quantity, self._quantity_width)

    def quote(self, amount: int) -> str:
        """An amount of the quote asset."""
        return fixed(amount, self._price + self._quantity, self._quote_width)

    def rows(self, bars: Bars, interval: str, offset_ms: int) -> list[Row]:
        """Candles as the exchange's rows."""
        columns = (
            bars.open_ms, bars.open, bars.high, bars.low, bars.close, bars.buy_lots + bars.sell_lots,
            bars.buy_quote + bars.sell_quote, bars.trades, bars.buy_lots, bars.buy_quote,
        )  # fmt: skip
        price, quantity, quote = self.price, self.quantity, self.quote
        return [
            (
                at, price(o), price(h), price(low), price(c), quantity(v), close_time_of(at, interval, offset_ms),
                quote(q), count, quantity(taker), quote(taker_quote), "0",
            )
            for at, o, h, low, c, v, q, count, taker, taker_quote in zip(
                *(column.tolist() for column in columns), strict=True
            )
        ]  # fmt: skip


class SyntheticMarket:
    """Implements `MarketSource`; the same seed is the same market, on any day and in any order of questions."""

    def __init__(self, seed: int, symbols_per_market: int | None = None) -> None:
        caches = Caches()
        self._instruments: dict[Market, dict[str, SyntheticInstrument]] = {"spot": {}, "futures": {}}
        for spec in build_catalogue(symbols_per_market):
            self._instruments[spec.market][spec.symbol] = SyntheticInstrument(spec, seed, caches)
        self._rows: Cache[tuple[int, list[Row]]] = Cache(3_000)

    def listings(self, market: Market, now_ms: int) -> list[Listing]:
        """Everything that is listed at this moment, in the catalogue's order."""
        found = (item.spec.listing(now_ms) for item in self._instruments[market].values())
        return [listing for listing in found if listing is not None]

    def listing(self, market: Market, symbol: str, now_ms: int) -> Listing | None:
        """One listed instrument, or None."""
        instrument = self._instruments[market].get(symbol)
        return None if instrument is None else instrument.spec.listing(now_ms)

    def klines(self, query: KlineQuery, now_ms: int) -> list[Row]:
        """Candles, oldest first, the still-open one included."""
        instrument = self._instruments[query.market][query.symbol]
        newest = instrument.last_on_ms(now_ms)
        last_ms = newest if query.end_ms is None else min(newest, query.end_ms)
        if query.start_ms is None:
            backward = self._rows_backward(instrument, query, last_ms, now_ms)
            return list(itertools.islice(backward, query.limit))[::-1]
        first_ms = max(query.start_ms, self._first_open(instrument, query))
        forward = self._rows_forward(instrument, query, (first_ms, last_ms), now_ms)
        return list(itertools.islice(forward, query.limit))

    def last_price(self, market: Market, symbol: str, now_ms: int) -> str | None:
        """Price of the last trade."""
        instrument = self._instruments[market][symbol]
        newest = instrument.last_on_ms(now_ms)
        recent = instrument.window(newest // HOUR_MS * HOUR_MS - HOUR_MS, newest)
        return Printer(instrument.spec).price(int(recent.close[-1])) if len(recent) else None

    def ticker(self, market: Market, symbol: str, start_ms: int, now_ms: int) -> Ticker | None:
        """Statistics since a full minute, to the trade at their end."""
        instrument = self._instruments[market][symbol]
        bars = instrument.window(start_ms, now_ms)
        tape = next((tape for tape in instrument.tapes_backward(now_ms) if len(tape)), None)
        if not len(bars) or tape is None:
            return None
        return _ticker(instrument.spec, bars, tape, (start_ms, now_ms))

    def trades(self, query: TapeQuery, now_ms: int) -> list[Trade]:
        """Prints of the tape, oldest first."""
        instrument = self._instruments[query.market][query.symbol]
        printer = Printer(instrument.spec)
        return [
            Trade(
                trade_id=trade_id,
                traded_ms=at,
                price=printer.price(price),
                quantity=printer.quantity(lots),
                quote_quantity=printer.quote(price * lots),
                buyer_is_maker=not is_buy,
            )
            for trade_id, at, price, lots, is_buy in self._prints(instrument, query, query.limit, now_ms)
        ]

    def agg_trades(self, query: TapeQuery, now_ms: int) -> list[AggTrade]:
        """Prints joined per taker order, oldest first."""
        instrument = self._instruments[query.market][query.symbol]
        if query.from_id is not None:
            query = _with_from_id(query, first_trade_of(query.from_id))
        # One in seven aggregate trades has two fills; a few more so that no pair is cut in half.
        prints = self._prints(instrument, query, query.limit * BLOCK // (BLOCK - 1) + BLOCK, now_ms)
        groups = itertools.groupby(prints, key=lambda item: aggregate_id(item[0]))
        joined = [_join(Printer(instrument.spec), number, list(fills)) for number, fills in groups]
        newest_first = query.from_id is None and query.start_ms is None
        return joined[-query.limit :] if newest_first else joined[: query.limit]

    def _prints(
        self, instrument: SyntheticInstrument, query: TapeQuery, limit: int, now_ms: int
    ) -> list[tuple[int, int, int, int, bool]]:
        last_ms = now_ms if query.end_ms is None else min(now_ms, query.end_ms)
        if query.from_id is None and query.start_ms is None:
            backward = _collect(instrument.tapes_backward(last_ms), limit)
            return list(itertools.chain.from_iterable(reversed(backward)))[-limit:]
        start_ms = query.start_ms or instrument.spec.life.listed_ms
        if query.from_id is not None:
            start_ms = max(instrument.time_of_trade(query.from_id), instrument.spec.life.listed_ms)
        tapes = _from_id(instrument.tapes_forward(start_ms, last_ms), query.from_id or 0)
        return list(itertools.chain.from_iterable(_collect(tapes, limit)))[:limit]

    @staticmethod
    def _first_open(instrument: SyntheticInstrument, query: KlineQuery) -> int:
        return open_time_of(instrument.spec.life.listed_ms, query.interval, query.offset_ms)

    def _rows_backward(
        self, instrument: SyntheticInstrument, query: KlineQuery, last_ms: int, now_ms: int
    ) -> Iterator[Row]:
        oldest = self._first_open(instrument, query)
        block = _block_start(last_ms, query)
        while _next_block(block, query) > oldest:
            yield from (row for row in reversed(self._block(instrument, query, block, now_ms)) if row[0] <= last_ms)
            block = _block_start(block - 1, query)

    def _rows_forward(
        self, instrument: SyntheticInstrument, query: KlineQuery, bounds: tuple[int, int], now_ms: int
    ) -> Iterator[Row]:
        first_ms, last_ms = bounds
        block = _block_start(first_ms, query)
        while block <= last_ms:
            rows = self._block(instrument, query, block, now_ms)
            yield from (row for row in rows if first_ms <= row[0] <= last_ms)
            block = _next_block(block, query)

    def _block(self, instrument: SyntheticInstrument, query: KlineQuery, start_ms: int, now_ms: int) -> list[Row]:
        """Rows of a block of candles: closed ones from memory, the open one as far as it has happened."""
        end_ms = _next_block(start_ms, query)
        open_ms = open_time_of(now_ms, query.interval, query.offset_ms)
        closed_ms = min(end_ms, open_ms)
        key = (query.market, query.symbol, query.interval, query.offset_ms, start_ms)
        known = self._rows.get(key)
        if known is None or known[0] != closed_ms:
            bars = _closed_bars(instrument, query, start_ms, closed_ms)
            rows = Printer(instrument.spec).rows(bars, query.interval, query.offset_ms)
            known = self._rows.put(key, (closed_ms, rows))
        if not start_ms <= open_ms < end_ms:
            return known[1]
        return known[1] + _open_row(instrument, query, open_ms, now_ms)


def _block_start(time_ms: int, query: KlineQuery) -> int:
    """Open time of the first candle of the block that holds a moment; months come in years."""
    opened = open_time_of(time_ms, query.interval, query.offset_ms)
    if query.interval == MONTH:
        local = np.datetime64(opened + query.offset_ms, "ms")
        year = local.astype("datetime64[Y]").astype("datetime64[ms]")
        return int(year.astype(np.int64)) - query.offset_ms
    return opened - opened // LENGTH_MS[query.interval] % _BLOCK_CANDLES * LENGTH_MS[query.interval]


def _next_block(start_ms: int, query: KlineQuery) -> int:
    count = 12 if query.interval == MONTH else _BLOCK_CANDLES
    return shift_open_time(start_ms, query.interval, count, query.offset_ms)


def _closed_bars(instrument: SyntheticInstrument, query: KlineQuery, start_ms: int, end_ms: int) -> Bars:
    length = LENGTH_MS.get(query.interval, DAY_MS)
    if length == SECOND_MS:
        return instrument.seconds(start_ms, end_ms)
    in_hours = length >= HOUR_MS and query.offset_ms % HOUR_MS == 0
    bars = (instrument.hours if in_hours else instrument.minutes)(start_ms, end_ms)
    return bars.grouped(query.interval, query.offset_ms)


def _open_row(instrument: SyntheticInstrument, query: KlineQuery, open_ms: int, now_ms: int) -> list[Row]:
    bars = instrument.window(open_ms, now_ms).grouped(query.interval, query.offset_ms)
    return Printer(instrument.spec).rows(bars, query.interval, query.offset_ms)


def _ticker(spec: SymbolSpec, bars: Bars, tape: Tape, bounds: tuple[int, int]) -> Ticker:
    printer = Printer(spec)
    count, last_id = int(bars.trades.sum()), int(tape.trade_id[-1])
    last, lots = int(bars.close[-1]), int(tape.lots[-1])
    return Ticker(
        symbol=spec.symbol,
        last_price=printer.price(last),
        last_quantity=printer.quantity(lots),
        open_price=printer.price(int(bars.open[0])),
        high_price=printer.price(int(bars.high.max())),
        low_price=printer.price(int(bars.low.min())),
        previous_close=printer.price(int(bars.open[0])),
        bid_price=printer.price(max(last - 1, 1)),
        ask_price=printer.price(last + 1),
        book_quantity=printer.quantity(spec.lots_per_hour // 100),
        volume=printer.quantity(int((bars.buy_lots + bars.sell_lots).sum())),
        quote_volume=printer.quote(int((bars.buy_quote + bars.sell_quote).sum())),
        open_ms=bounds[0],
        close_ms=bounds[1],
        first_id=last_id - count + 1,
        last_id=last_id,
        count=count,
    )


def _with_from_id(query: TapeQuery, trade_id: int) -> TapeQuery:
    return TapeQuery(market=query.market, symbol=query.symbol, from_id=trade_id, limit=query.limit)


def _from_id(tapes: Iterator[Tape], trade_id: int) -> Iterator[Tape]:
    for tape in tapes:
        yield tape.at(slice(int(np.searchsorted(tape.trade_id, trade_id)), None))


def _collect(tapes: Iterator[Tape], limit: int) -> list[list[tuple[int, int, int, int, bool]]]:
    """Whole minutes of prints until there are at least `limit`."""
    minutes, count = [], 0
    for tape in tapes:
        columns = (tape.trade_id, tape.time_ms, tape.price, tape.lots, tape.is_buy)
        minutes.append(list(zip(*(column.tolist() for column in columns), strict=True)))
        count += len(tape)
        if count >= limit:
            break
    return minutes


def _join(printer: Printer, number: int, fills: list[tuple[int, int, int, int, bool]]) -> AggTrade:
    first_id, at, price, _, is_buy = fills[0]
    return AggTrade(
        agg_id=number,
        first_id=first_id,
        last_id=fills[-1][0],
        traded_ms=at,
        price=printer.price(price),
        quantity=printer.quantity(sum(fill[3] for fill in fills)),
        buyer_is_maker=not is_buy,
    )
