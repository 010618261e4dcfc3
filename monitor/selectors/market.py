"""Reads of instruments and candles for the API and the pages."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from monitor.domain.enums import Interval, MarketType
from monitor.models import Instrument, Kline

_CHART_FIELDS = (
    "open_time", "open", "high", "low", "close", "volume",
    "quote_volume", "trade_count", "taker_buy_volume", "taker_buy_quote_volume",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class KlineWindow:
    """Which candles to read: the newest ``limit`` with an open time from ``start`` to ``end``, both included."""

    interval: Interval
    start: datetime | None = None
    end: datetime | None = None
    limit: int = 500


@dataclass(frozen=True, slots=True)
class ChartKlines:
    """Candles oldest first; ``is_truncated`` when the window holds more than its limit."""

    klines: list[Kline]
    is_truncated: bool


def normalized_symbol(text: str) -> str:
    """The exchange's own form of a symbol written by a person: btc/usdt is BTCUSDT."""
    return text.strip().replace("/", "").upper()


def list_instruments() -> QuerySet[Instrument]:
    """All instruments, by market and symbol, with their exchange."""
    return Instrument.objects.select_related("exchange").order_by("market_type", "symbol", "id")


def search_instruments(queryset: QuerySet[Instrument], text: str) -> QuerySet[Instrument]:
    """Only instruments whose symbol or base asset contains the text, in either way of writing."""
    return queryset.filter(Q(symbol__icontains=normalized_symbol(text)) | Q(base_asset__icontains=text.strip()))


def get_instrument(symbol: str, market_type: MarketType) -> Instrument:
    """The instrument of that symbol.

    Raises ``Instrument.DoesNotExist``.
    """
    found = list_instruments().filter(symbol=normalized_symbol(symbol), market_type=market_type).first()
    if found is None:
        raise Instrument.DoesNotExist(f"No {market_type.value} instrument {normalized_symbol(symbol)} is known.")
    return found


def read_klines(instrument: Instrument, window: KlineWindow) -> ChartKlines:
    """Stored candles of one instrument, in one query."""
    queryset = Kline.objects.filter(instrument=instrument, interval=window.interval.value)
    if window.start is not None:
        queryset = queryset.filter(open_time__gte=window.start)
    if window.end is not None:
        queryset = queryset.filter(open_time__lte=window.end)
    newest = list(queryset.only(*_CHART_FIELDS).order_by("-open_time")[: window.limit + 1])
    return ChartKlines(newest[: window.limit][::-1], is_truncated=len(newest) > window.limit)
