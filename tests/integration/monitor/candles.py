"""Candles as the exchange adapters hand them on."""

from monitor.domain.enums import Interval
from monitor.domain.market_data import Kline
from tests.wire.payloads import kline_row


def candle(open_time_ms: int, interval: Interval, **changes: str) -> Kline:
    return Kline(*kline_row(open_time_ms, interval, **changes))
