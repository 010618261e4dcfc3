"""Statistics of a stretch of time: the last 24 hours on both hosts, rolling windows and trading days on spot."""

import json
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Final

from simulator.errors import ApiError, invalid
from simulator.market.intervals import DAY_MS, HOUR_MS, MINUTE_MS, open_time_of
from simulator.market.source import Ticker
from simulator.routes import Call, Query, Weight

MOST_SYMBOLS: Final = 100
_WINDOW: Final = re.compile(r"([1-9]\d?)([mhd])")
_UNITS: Final = {"m": (MINUTE_MS, 59), "h": (HOUR_MS, 23), "d": (DAY_MS, 7)}


def day_start_ms(now_ms: int) -> int:
    """First full minute of the last 24 hours."""
    return (now_ms - DAY_MS) // MINUTE_MS * MINUTE_MS + MINUTE_MS


def change_fields(ticker: Ticker) -> dict[str, object]:
    """Price change, its percentage, and the volume-weighted average price."""
    first, last = Decimal(ticker.open_price), Decimal(ticker.last_price)
    decimals = -int(first.as_tuple().exponent)
    volume = Decimal(ticker.volume)
    average = Decimal(ticker.quote_volume) / volume if volume else last
    return {
        "priceChange": str(last - first),
        "priceChangePercent": f"{(last - first) / first * 100:.3f}",
        "weightedAvgPrice": f"{average:.{decimals}f}",
    }


def mini_fields(call: Call, ticker: Ticker) -> dict[str, object]:
    """What the short form of a statistic holds."""
    return {
        "symbol": ticker.symbol,
        "openPrice": ticker.open_price,
        "highPrice": ticker.high_price,
        "lowPrice": ticker.low_price,
        "lastPrice": ticker.last_price,
        "volume": ticker.volume,
        "quoteVolume": ticker.quote_volume,
        "openTime": call.time(ticker.open_ms),
        "closeTime": call.time(ticker.close_ms),
        "firstId": ticker.first_id,
        "lastId": ticker.last_id,
        "count": ticker.count,
    }


def is_mini(call: Call) -> bool:
    """The parameter `type`; raises ApiError -1139 for an unknown one."""
    kind = call.params.text("type") or "FULL"
    if kind not in {"FULL", "MINI"}:
        raise ApiError(-1139, "Invalid ticker type.")
    return kind == "MINI"


def rolling_window(call: Call) -> object:
    """/api/v3/ticker: the last minutes, hours or days."""
    match = _WINDOW.fullmatch(call.params.text("windowSize") or "1d")
    length, most = _UNITS[match.group(2)] if match else (0, 0)
    if match is None or int(match.group(1)) > most:
        raise invalid("windowSize")
    start = (call.now_ms - int(match.group(1)) * length) // MINUTE_MS * MINUTE_MS + MINUTE_MS
    return _statistics(call, lambda: start)


def trading_day(call: Call) -> object:
    """/api/v3/ticker/tradingDay: since the day began in a time zone."""
    offset = call.params.zone_offset_ms()
    return _statistics(call, lambda: open_time_of(call.now_ms, "1d", offset))


def _statistics(call: Call, start: Callable[[], int]) -> object:
    params = call.params
    symbol, symbols, mini = params.optional_symbol(), params.symbols(), is_mini(call)
    params.finish()
    if symbol is None and symbols is None:
        raise ApiError(-1102, "Param 'symbol' or 'symbols' must be sent, but both were empty/null!")
    if symbol is not None and symbols is not None:
        raise ApiError(-1128, "Combination of optional parameters invalid.")
    names = symbols or [str(symbol)]
    if len(names) > MOST_SYMBOLS:
        raise invalid("symbols")
    found = (call.source.ticker("spot", call.listed(name).symbol, start(), call.now_ms) for name in names)
    rows = [
        mini_fields(call, ticker) if mini else {**mini_fields(call, ticker), **change_fields(ticker)}
        for ticker in found
        if ticker is not None
    ]
    return rows[0] if symbol is not None and rows else rows


def per_symbol(each: int, most: int) -> Weight:
    """A weight for every symbol asked for, up to a maximum."""

    def weight(query: Query) -> int:
        return min(each * max(count_symbols(query), 1), most)

    return weight


def count_symbols(query: Query) -> int:
    """How many symbols the raw parameter `symbols` names, 0 if it is not a list."""
    try:
        names = json.loads(query.get("symbols") or "[]")
    except ValueError:
        return 0
    return len(names) if isinstance(names, list) else 0
