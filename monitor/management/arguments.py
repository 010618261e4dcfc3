"""Arguments that name a series of candles, checked by hand so that the answer says what would be right."""

import difflib
from datetime import UTC, datetime

from monitor.domain.enums import Interval, MarketType
from monitor.domain.intervals import to_milliseconds
from monitor.management.base import UsageError
from monitor.selectors.instruments import list_active_instruments, list_known_symbols

MARKETS = (MarketType.SPOT, MarketType.FUTURES)
# A sane upper bound: twenty years of hours.
LARGEST_LIMIT = 200_000


def parse_interval(raw: str) -> Interval:
    """One of the stored intervals."""
    try:
        return Interval(raw)
    except ValueError as error:
        message = f"--interval {raw!r} is unknown: use one of {', '.join(Interval)}"
        raise UsageError(message, code="ERR_INVALID_INTERVAL") from error


def parse_market(raw: str) -> MarketType:
    """A market that has candles."""
    if raw not in MARKETS:
        raise UsageError(f"--market-type {raw!r} is unknown: use one of {', '.join(MARKETS)}")
    return MarketType(raw)


def parse_limit(raw: str) -> int:
    """How many candles."""
    if not raw.isdecimal() or not 1 <= int(raw) <= LARGEST_LIMIT:
        raise UsageError(f"--limit {raw!r} is no number of candles: use 1 to {LARGEST_LIMIT}")
    return int(raw)


def parse_since(raw: str | None) -> int | None:
    """Epoch milliseconds of ``YYYY-MM-DD`` (00:00 UTC); 0 for ``all``; None where nothing was said."""
    if raw is None:
        return None
    if raw == "all":
        return 0
    try:
        return to_milliseconds(datetime.strptime(raw, "%Y-%m-%d").replace(tzinfo=UTC))
    except ValueError as error:
        raise UsageError(f"--since {raw!r} is no date: use YYYY-MM-DD, such as 2026-01-31, or all") from error


def parse_symbol(raw: str | None, exchange_code: str, market: MarketType, *, delisted_too: bool = False) -> str | None:
    """A known instrument's symbol, an active one's unless ``delisted_too``; BTC/USDT is understood as BTCUSDT."""
    if raw is None:
        return None
    symbol = raw.replace("/", "").upper()
    if list_active_instruments(exchange_code, market, symbol).exists():
        return symbol
    known = list_known_symbols(exchange_code, market)
    if symbol in known:
        if delisted_too:
            return symbol
        raise UsageError(f"--symbol {symbol} is delisted: its stored candles stay, there are no new ones")
    close = difflib.get_close_matches(symbol, known, n=3)
    advice = f"did you mean {' or '.join(close)}?" if close else f"run fetch_{market}_contracts if it is new"
    raise UsageError(f"--symbol {raw!r} is no known {market} instrument: {advice}")
