"""Candles for benchmarks, written by a process of its own: ``python -m benchmarks._markets spot 500 480 7``.

A seeded random walk with pumps that fade, so that monitors of every status exist and each new candle decides
something. The newest candles (7 above) are left out: :func:`candles` gives them one at a time.
"""

import sys

import numpy as np
from numpy.typing import NDArray

from monitor.domain.enums import Interval, MarketType
from monitor.domain.market_data import Kline

FIRST_MS = 1_735_689_600_000  # 2025-01-01 00:00 UTC
INTERVAL = Interval.H4
PUMP_EVERY = 90


def candles(number: int, length: int) -> NDArray[np.float64]:
    """Rows of (open_time_ms, open, high, low, close, volume) of the instrument with that number."""
    random = np.random.default_rng(number)
    close = 100 * np.exp(np.cumsum(random.normal(-0.001, 0.006, length)))
    opened = np.concatenate([[100.0], close[:-1]])
    spread = np.abs(random.normal(0, 0.002, length)) * close + 1e-6
    high, low = np.maximum(opened, close) + spread, np.minimum(opened, close) - spread
    volume = random.lognormal(8, 0.3, length)
    for pump in range(31 + number % PUMP_EVERY, length, PUMP_EVERY):
        volume[pump] *= 25
        high[pump] *= 1.25
        volume[pump + 1 : pump + 60] *= random.uniform(0.05, 1.0)
    times = FIRST_MS + INTERVAL.milliseconds * np.arange(length, dtype=np.float64)
    return np.column_stack([times, opened, high, low, close, volume])


def as_klines(rows: NDArray[np.float64]) -> list[Kline]:
    """The rows as the exchange adapters hand them over."""
    return [
        Kline(
            int(row[0]), *(repr(float(value)) for value in row[1:]),
            int(row[0]) + INTERVAL.milliseconds - 1, "0", 0, "0", "0", "0",
        )
        for row in rows
    ]  # fmt: skip


def main(market: str, instruments: int, length: int, skip: int) -> None:
    import django

    django.setup()
    from monitor.models import Exchange, Instrument
    from monitor.services.kline_store import store_klines

    exchange, _ = Exchange.objects.get_or_create(code="binance", defaults={"name": "Binance"})
    Instrument.objects.bulk_create(
        Instrument(exchange=exchange, market_type=MarketType(market).value, symbol=f"COIN{number:04}USDT")
        for number in range(instruments)
    )
    listed = Instrument.objects.filter(market_type=market).order_by("symbol").values_list("pk", flat=True)
    for number, pk in enumerate(listed):
        store_klines(pk, INTERVAL, as_klines(candles(number, length)[: length - skip]))


if __name__ == "__main__":
    main(sys.argv[1], *(int(word) for word in sys.argv[2:5]))
