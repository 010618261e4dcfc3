"""Binance's payloads as domain objects: the only place that knows the names and shapes on the wire.

A listing entry that is not what the protocol says is skipped and reported; the others stay. Candles are
believed as a whole or not at all: rows in the wrong order are sorted and identical duplicates merged, but one
row that cannot be true (wrong type, high below low, off the interval's grid, two versions of one candle) makes
the whole answer a ``MalformedPayload``. A volume of zero is a fact.
"""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeVar

import msgspec

from monitor.domain.enums import Interval, MarketType
from monitor.domain.intervals import close_time_of
from monitor.domain.market_data import InstrumentSpec, Kline
from monitor.exchanges.errors import MalformedPayload
from monitor.exchanges.port import ListingProblem, ListingResult

_SAMPLE_LENGTH = 160
_ZERO = Decimal(0)
_DECIMAL = re.compile(r"\d{1,12}(?:\.\d{1,18})?", re.ASCII).fullmatch
# 2010 to 2200: the exchange's clock is believed, but not anything.
_PLAUSIBLE_TIMES_MS = range(1_262_304_000_000, 7_258_118_400_000)

_T = TypeVar("_T")


class _ServerTime(msgspec.Struct):
    serverTime: int


class _Listing(msgspec.Struct):
    symbols: list[msgspec.Raw]


class _Named(msgspec.Struct):
    symbol: str = ""


class _SpotSymbol(msgspec.Struct):
    symbol: str
    status: str
    baseAsset: str
    quoteAsset: str
    isSpotTradingAllowed: bool
    filters: msgspec.Raw

    @property
    def is_listed(self) -> bool:
        return self.status == "TRADING" and self.quoteAsset == "USDT" and self.isSpotTradingAllowed


class _FuturesSymbol(msgspec.Struct):
    symbol: str
    status: str
    baseAsset: str
    quoteAsset: str
    contractType: str
    filters: msgspec.Raw

    @property
    def is_listed(self) -> bool:
        return self.status == "TRADING" and self.quoteAsset == "USDT" and self.contractType == "PERPETUAL"


class _Filter(msgspec.Struct):
    """The few fields that matter of the many kinds of filter."""

    filterType: str
    tickSize: str | None = None
    stepSize: str | None = None
    minNotional: str | None = None
    notional: str | None = None


_NO_FILTER = _Filter("")


class _Price(msgspec.Struct):
    symbol: str
    price: str


_SymbolEntry = _SpotSymbol | _FuturesSymbol
_Row = tuple[int, str, str, str, str, str, int, str, int, str, str, str]
_COLUMNS = (
    "open time",
    "open",
    "high",
    "low",
    "close",
    "volume",
    "close time",
    "quote volume",
    "trade count",
    "taker buy volume",
    "taker buy quote volume",
    "unused field",
)

_SERVER_TIME = msgspec.json.Decoder(_ServerTime)
_LISTING = msgspec.json.Decoder(_Listing)
_NAMED = msgspec.json.Decoder(_Named)
_SPOT_SYMBOL = msgspec.json.Decoder(_SpotSymbol)
_FUTURES_SYMBOL = msgspec.json.Decoder(_FuturesSymbol)
_FILTERS = msgspec.json.Decoder(list[_Filter])
_PRICE_ENTRY = msgspec.json.Decoder(_Price)
_ENTRIES = msgspec.json.Decoder(list[msgspec.Raw])
_ROWS = msgspec.json.Decoder(list[_Row])
_ROWS_UNTYPED = msgspec.json.Decoder(list[Any])

# Four prices, then four amounts, in the widths of the candle table.
_PRICE_PATTERN, _AMOUNT_PATTERN = r"\d{1,12}(?:\.\d{1,12})?", r"\d{1,22}(?:\.\d{1,12})?"
_PRICE, _AMOUNT = re.compile(_PRICE_PATTERN, re.ASCII).fullmatch, re.compile(_AMOUNT_PATTERN, re.ASCII).fullmatch
_UNUSED_PATTERN = r"[0-9A-Za-z.]{0,32}"
_UNUSED = re.compile(_UNUSED_PATTERN).fullmatch
_TEXTS = re.compile(rf"(?:{_PRICE_PATTERN},){{4}}(?:{_AMOUNT_PATTERN},){{4}}{_UNUSED_PATTERN}", re.ASCII).fullmatch
_LARGEST_COUNT = 2**63 - 1


def parse_server_time(body: bytes) -> int:
    """Epoch milliseconds of the exchange's clock."""
    moment = _decode(_SERVER_TIME, body).serverTime
    if moment not in _PLAUSIBLE_TIMES_MS:
        raise MalformedPayload("the exchange's clock cannot be right", field="serverTime", sample=str(moment))
    return moment


def parse_spot_listing(body: bytes) -> ListingResult:
    """The USDT pairs of the spot market that trade now."""
    return _listing(body, MarketType.SPOT, _SPOT_SYMBOL.decode)


def parse_futures_listing(body: bytes) -> ListingResult:
    """The USDT-quoted crypto perpetuals that trade now; quarterlies, stocks and settling ones are left out."""
    return _listing(body, MarketType.FUTURES, _FUTURES_SYMBOL.decode)


def parse_prices(body: bytes) -> dict[str, Decimal]:
    """Latest price by symbol; an entry that is malformed or not positive is left out."""
    prices: dict[str, Decimal] = {}
    for raw in _decode(_ENTRIES, body):
        try:
            entry = _PRICE_ENTRY.decode(raw)
        except msgspec.DecodeError:
            continue
        if _DECIMAL(entry.price) and Decimal(entry.price) > 0:
            prices[entry.symbol] = Decimal(entry.price)
    return prices


def parse_klines(body: bytes, interval: Interval) -> list[Kline]:
    """Candles in the order of their open times, each once."""
    rows = _decode(_ROWS, body, _row_sample)
    klines: dict[int, Kline] = {}
    for row in rows:
        _check_row(row, interval)
        kline = Kline(*row)
        if klines.setdefault(row[0], kline) != kline:
            raise _malformed("two different candles with one open time", "open time", row)
    return [klines[open_time] for open_time in sorted(klines)]


def _decode(decoder: msgspec.json.Decoder[_T], body: bytes, sample: Callable[[bytes], str] | None = None) -> _T:
    try:
        return decoder.decode(body)
    except msgspec.DecodeError as error:
        reason = str(error)
        raise MalformedPayload(
            f"the answer is malformed: {reason.partition(' - at ')[0]}",
            field=_field_of(reason),
            sample=(sample or _beginning)(body),
        ) from error


def _field_of(reason: str) -> str:
    """The path that msgspec names; of a candle's row the column by name: ``$[3][1]`` is open."""
    _, _, path = reason.partition(" - at ")
    column = re.fullmatch(r"`\$\[\d+\]\[(\d+)\]`", path)
    return _COLUMNS[int(column[1])] if column else path.strip("`")


def _row_sample(body: bytes) -> str:
    """The first row that has not the promised types."""
    try:
        rows = _ROWS_UNTYPED.decode(body)
    except msgspec.DecodeError:
        return _beginning(body)
    return str(next((row for row in rows if not _is_row(row)), rows))[:_SAMPLE_LENGTH]


def _is_row(row: Any) -> bool:
    try:
        msgspec.convert(row, _Row)
    except msgspec.ValidationError:
        return False
    return True


def _beginning(body: bytes) -> str:
    return body[:_SAMPLE_LENGTH].decode("utf-8", "replace")


def _check_row(row: _Row, interval: Interval) -> None:
    """Raise unless the row can be true."""
    open_time, opened, high, low, closed, volume, close_time, quote, count, taker, taker_quote, unused = row
    if open_time % interval.milliseconds or open_time < 0:
        raise _malformed(f"a candle that does not begin on a full {interval}", "open time", row)
    # An outage of the exchange itself cuts a candle short (spot, 2023-03-24 12:00), but none lasts longer.
    if not open_time < close_time <= close_time_of(open_time, interval):
        raise _malformed(f"a candle that does not last {interval}", "close time", row)
    if not _TEXTS(f"{opened},{high},{low},{closed},{volume},{quote},{taker},{taker_quote},{unused}"):
        raise _malformed("a number that cannot be one", _strange_columns(row), row)
    top, bottom = float(high), float(low)
    if not 0 < bottom <= top:
        raise _malformed("a low that is above the high, or not positive", "low", row)
    if not bottom <= float(opened) <= top:
        raise _malformed("an open outside low and high", "open", row)
    if not bottom <= float(closed) <= top:
        raise _malformed("a close outside low and high", "close", row)
    if not 0 <= count <= _LARGEST_COUNT:
        raise _malformed("a trade count that cannot be one", "trade count", row)


def _strange_columns(row: _Row) -> str:
    rules = ((_PRICE, (1, 2, 3, 4)), (_AMOUNT, (5, 7, 9, 10)), (_UNUSED, (11,)))
    return ", ".join(_COLUMNS[n] for fits, columns in rules for n in columns if not fits(str(row[n])))


def _malformed(what: str, field: str, row: _Row) -> MalformedPayload:
    return MalformedPayload(f"the exchange sent {what}", field=field, sample=str(list(row))[:_SAMPLE_LENGTH])


def _listing(body: bytes, market_type: MarketType, decode: Callable[[msgspec.Raw], _SymbolEntry]) -> ListingResult:
    instruments: dict[str, InstrumentSpec] = {}
    problems = []
    for raw in _decode(_LISTING, body).symbols:
        try:
            entry = decode(raw)
            if entry.is_listed:
                _add(instruments, _spec(entry, market_type))
        except (msgspec.DecodeError, MalformedPayload) as error:
            problems.append(ListingProblem(_name_of(raw), f"skipped, its listing entry is malformed: {error}"))
    return ListingResult(tuple(instruments.values()), tuple(problems))


def _add(instruments: dict[str, InstrumentSpec], spec: InstrumentSpec) -> None:
    if instruments.setdefault(spec.symbol, spec) != spec:
        raise MalformedPayload("two different entries of one name", field="symbol", sample=spec.symbol)


def _name_of(raw: msgspec.Raw) -> str:
    try:
        return _NAMED.decode(raw).symbol
    except msgspec.DecodeError:
        return ""


def _spec(entry: _SymbolEntry, market_type: MarketType) -> InstrumentSpec:
    filters = {rule.filterType: rule for rule in _FILTERS.decode(entry.filters)}
    price, lot = filters.get("PRICE_FILTER", _NO_FILTER), filters.get("LOT_SIZE", _NO_FILTER)
    # Older spot pairs carry MIN_NOTIONAL instead of NOTIONAL; futures write the number as "notional".
    smallest = filters.get("NOTIONAL") or filters.get("MIN_NOTIONAL")
    return InstrumentSpec(
        symbol=_text(entry.symbol, "symbol"),
        market_type=market_type,
        base_asset=_text(entry.baseAsset, "baseAsset"),
        quote_asset=entry.quoteAsset,
        tick_size=_size(price.tickSize, "PRICE_FILTER.tickSize"),
        step_size=_size(lot.stepSize, "LOT_SIZE.stepSize"),
        min_notional=_size(smallest.minNotional or smallest.notional, "minNotional") if smallest else _ZERO,
    )


def _text(value: str, field: str) -> str:
    if not 1 <= len(value) <= 48 or not value.isprintable():
        raise MalformedPayload("a name of 1 to 48 printable characters is missing", field=field, sample=value[:60])
    return value


def _size(value: str | None, field: str) -> Decimal:
    if value is None:
        raise MalformedPayload("a required field is missing", field=field)
    if not _DECIMAL(value):
        raise MalformedPayload("not a plain decimal number", field=field, sample=value[:60])
    return Decimal(value)
