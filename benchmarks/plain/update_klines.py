"""The plain way to fetch candles: one request after another, JSON to model instances, ``bulk_create``."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import requests
from django.db.models import Max

from monitor.models import Instrument, Kline

_STEP_MS = 3_600_000


def update(url: str, symbols: list[str], limit: int) -> int:
    """Fetch the newest ``limit`` closed hours of every symbol, or those since the newest stored; rows written."""
    now_ms = requests.get(f"{url}/api/v3/time", timeout=30).json()["serverTime"]
    written = 0
    for symbol in symbols:
        instrument = Instrument.objects.get(symbol=symbol, market_type="spot")
        first_ms = now_ms // _STEP_MS * _STEP_MS - limit * _STEP_MS
        newest = Kline.objects.filter(instrument=instrument, interval="1h").aggregate(at=Max("open_time"))["at"]
        if newest is not None:
            first_ms = round(newest.timestamp() * 1000) + _STEP_MS
        query: dict[str, Any] = {"symbol": symbol, "interval": "1h", "startTime": first_ms, "limit": 1000}
        rows = requests.get(f"{url}/api/v3/klines", params=query, timeout=30).json()
        klines = [_kline(instrument, row) for row in rows if row[6] < now_ms]
        written += len(Kline.objects.bulk_create(klines))
    return written


def _kline(instrument: Instrument, row: list[Any]) -> Kline:
    prices = dict(zip(("open", "high", "low", "close", "volume"), map(Decimal, row[1:6])))
    return Kline(
        instrument=instrument,
        interval="1h",
        open_time=datetime.fromtimestamp(row[0] / 1000, UTC),
        close_time=datetime.fromtimestamp(row[6] / 1000, UTC),
        quote_volume=Decimal(row[7]),
        trade_count=row[8],
        taker_buy_volume=Decimal(row[9]),
        taker_buy_quote_volume=Decimal(row[10]),
        ignore=row[11],
        **prices,
    )
