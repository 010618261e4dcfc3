"""The import as one would first write it: ``csv``, model instances, ``bulk_create`` with conflicts updated."""

import csv
import io
import lzma
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

from django.db import transaction

from monitor.domain.enums import InstrumentStatus
from monitor.domain.intervals import from_milliseconds
from monitor.models import Exchange, Instrument, Kline

_KEY = ["instrument", "interval", "open_time"]
_PRICES = ["open", "high", "low", "close"]
_REST = ["volume", "close_time", "quote_volume", "trade_count", "taker_buy_volume", "taker_buy_quote_volume", "ignore"]


def import_files(paths: Sequence[Path], interval: str, market_type: str) -> int:
    """Import archive files; returns the number of candles."""
    exchange, _ = Exchange.objects.get_or_create(code="binance", defaults={"name": "Binance"})
    total = 0
    for path in paths:
        symbol = path.name.partition(".")[0]
        instrument, _ = Instrument.objects.get_or_create(
            exchange=exchange,
            market_type=market_type,
            symbol=symbol,
            defaults={
                "base_asset": symbol.removesuffix("USDT"),
                "quote_asset": "USDT",
                "status": InstrumentStatus.ACTIVE,
            },
        )
        text = lzma.decompress(path.read_bytes()).decode()
        rows = [_kline(instrument, interval, cells) for cells in csv.reader(io.StringIO(text))]
        with transaction.atomic():
            Kline.objects.bulk_create(rows, update_conflicts=True, unique_fields=_KEY, update_fields=[*_PRICES, *_REST])
        total += len(rows)
    return total


def _kline(instrument: Instrument, interval: str, cells: list[str]) -> Kline:
    return Kline(
        instrument=instrument,
        interval=interval,
        open_time=from_milliseconds(int(cells[0])),
        open=Decimal(cells[1]),
        high=Decimal(cells[2]),
        low=Decimal(cells[3]),
        close=Decimal(cells[4]),
        volume=Decimal(cells[5]),
        close_time=from_milliseconds(int(cells[6])),
        quote_volume=Decimal(cells[7]),
        trade_count=int(cells[8]),
        taker_buy_volume=Decimal(cells[9]),
        taker_buy_quote_volume=Decimal(cells[10]),
        ignore=cells[11],
    )
