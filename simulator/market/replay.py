"""The recorded market: candles of a folder, with "now" somewhere inside the recording.

Rows are served as they were recorded. A recording does not say how a candle came about, so the still-open candle is
not shown, intervals that were not recorded are empty, and there is no tape.
"""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Final

from simulator.market.catalogue import FOREVER_MS, smallest_unit
from simulator.market.intervals import DAY_MS, INTERVALS, MINUTE_MS
from simulator.market.recording import SeriesFile, find_files
from simulator.market.source import (
    MARKETS,
    AggTrade,
    KlineQuery,
    Listing,
    Market,
    Row,
    TapeQuery,
    Ticker,
    Trade,
)

_QUOTES: Final = ("USDT", "USDC", "FDUSD", "TUSD", "BUSD", "BTC", "ETH", "BNB")
_DEFAULT_SHARE: Final = 0.75
_ENDED: Final[dict[Market, str]] = {"spot": "BREAK", "futures": "SETTLING"}
_SAMPLE_ROWS: Final = 200
_SAMPLE_FILES: Final = 2

Files = dict[str, SeriesFile]  # by interval


class ReplayMarket:
    """Implements `MarketSource` over recorded files."""

    def __init__(self, folder: Path) -> None:
        self._files: dict[Market, dict[str, Files]] = {"spot": {}, "futures": {}}
        for file in find_files(folder):
            self._files[file.market].setdefault(file.symbol, {})[file.interval] = file
        samples = self._longest_of_each_folder()
        self._start_ms = min(file.series.first_ms for file in samples)
        self._ends_ms = {
            market: max((file.series.last_ms for file in samples if file.market == market), default=0)
            for market in MARKETS
        }
        self._facts: dict[tuple[Market, str], Listing] = {}

    def default_start_ms(self) -> int:
        """Three quarters into the recording."""
        length = max(self._ends_ms.values()) - self._start_ms
        return int(self._start_ms + length * _DEFAULT_SHARE)

    def listings(self, market: Market, now_ms: int) -> list[Listing]:
        """Everything whose recording has begun at this moment, in alphabetical order."""
        found = (self.listing(market, symbol, now_ms) for symbol in sorted(self._files[market]))
        return [listing for listing in found if listing is not None]

    def listing(self, market: Market, symbol: str, now_ms: int) -> Listing | None:
        """One instrument; TRADING while its recording lasts, ended after it, absent before it."""
        files = self._files[market].get(symbol)
        if files is None or now_ms < _longest(files).series.first_ms:
            return None
        series = _longest(files).series
        # Where the market's recording ends nothing is delisted, it is only not continued.
        goes_on = now_ms <= series.last_ms or series.last_ms >= self._ends_ms[market] - DAY_MS
        fact = self._facts.get((market, symbol)) or _fact(symbol, files)
        self._facts[market, symbol] = fact
        if goes_on:
            return fact
        return replace(fact, status=_ENDED[market], delivery_ms=series.last_ms)

    def klines(self, query: KlineQuery, now_ms: int) -> list[Row]:
        """Closed candles as recorded, oldest first."""
        file = self._files[query.market][query.symbol].get(query.interval)
        if file is None:
            return []
        last_ms = now_ms if query.end_ms is None else query.end_ms
        if query.start_ms is None:
            return file.series.newest_rows(last_ms, now_ms, query.limit)
        return file.series.closed_rows(query.start_ms, last_ms, now_ms, query.limit)

    def last_price(self, market: Market, symbol: str, now_ms: int) -> str | None:
        """Close of the newest closed candle."""
        rows = _finest(self._files[market][symbol]).series.newest_rows(now_ms, now_ms, 1)
        return rows[-1][4] if rows else None

    def ticker(self, market: Market, symbol: str, start_ms: int, now_ms: int) -> Ticker | None:
        """The candles that closed since then, at least one."""
        series = _finest(self._files[market][symbol]).series
        rows = series.newest_rows(now_ms, now_ms, max((now_ms - start_ms) // MINUTE_MS, 1))
        recent = [row for row in rows if row[6] >= start_ms] or rows[-1:]
        if not recent:
            return None
        last = recent[-1][4]
        return Ticker(
            symbol=symbol,
            last_price=last,
            last_quantity="0",
            open_price=recent[0][1],
            high_price=max((row[2] for row in recent), key=Decimal),
            low_price=min((row[3] for row in recent), key=Decimal),
            previous_close=recent[0][1],
            bid_price=last,
            ask_price=last,
            book_quantity="0",
            volume=str(sum(Decimal(row[5]) for row in recent)),
            quote_volume=str(sum(Decimal(row[7]) for row in recent)),
            open_ms=recent[0][0],
            close_ms=now_ms,
            first_id=-1,
            last_id=-1,
            count=sum(row[8] for row in recent),
        )

    def trades(self, _query: TapeQuery, _now_ms: int) -> list[Trade]:
        """A recording of candles has no tape."""
        return []

    def agg_trades(self, _query: TapeQuery, _now_ms: int) -> list[AggTrade]:
        """A recording of candles has no tape."""
        return []

    def _longest_of_each_folder(self) -> list[SeriesFile]:
        """A few large files per folder tell when the recording begins and ends, without reading the others."""
        folders: dict[tuple[str, str, str], list[SeriesFile]] = {}
        for files in (files for market in self._files.values() for files in market.values()):
            for file in files.values():
                folders.setdefault((file.market, file.interval, file.path.suffix), []).append(file)
        by_size = (sorted(files, key=lambda file: file.path.stat().st_size, reverse=True) for files in folders.values())
        return [file for files in by_size for file in files[:_SAMPLE_FILES]]


def _fact(symbol: str, files: Files) -> Listing:
    """Tick and step size are read off the printed digits of the recording."""
    series = _longest(files).series
    rows = series.newest_rows(FOREVER_MS, FOREVER_MS, _SAMPLE_ROWS)
    quote = next((quote for quote in _QUOTES if symbol.endswith(quote)), symbol[-4:])
    prices, quantities = [row[4] for row in rows], [row[5] for row in rows]
    return Listing(
        symbol=symbol,
        base_asset=symbol.partition("_")[0].removesuffix(quote),
        quote_asset=quote,
        status="TRADING",
        tick_size=smallest_unit(max(map(_used_decimals, prices))),
        step_size=smallest_unit(max(map(_used_decimals, quantities))),
        price_decimals=max(map(_printed_decimals, prices)),
        quantity_decimals=max(map(_used_decimals, quantities)),
        min_notional="5",
        onboard_ms=series.first_ms,
        contract_type="CURRENT_QUARTER" if "_" in symbol else "PERPETUAL",
    )


def _longest(files: Files) -> SeriesFile:
    """The file of the coarsest interval: it usually goes back farthest and is read fastest."""
    return files[max(files, key=INTERVALS.index)]


def _finest(files: Files) -> SeriesFile:
    return files[min(files, key=INTERVALS.index)]


def _printed_decimals(text: str) -> int:
    return len(text.partition(".")[2])


def _used_decimals(text: str) -> int:
    return len(text.partition(".")[2].rstrip("0"))
