"""Candles as plain numbers for computations: no model instances, one query per series."""

from dataclasses import dataclass

import numpy as np
from django.db import connection
from django.db.models import OuterRef, Subquery
from numpy.typing import NDArray

from monitor.domain.enums import Interval, MarketType
from monitor.domain.intervals import to_milliseconds
from monitor.models import Instrument, Kline


@dataclass(frozen=True, slots=True)
class SeriesHead:
    """One series and the open time of its newest candle."""

    instrument_id: int
    symbol: str
    newest_ms: int


def series_heads(
    market_type: MarketType,
    interval: Interval,
    *,
    symbol: str | None = None,
) -> list[SeriesHead]:
    """Every series of one market and interval that has candles, in the order of its instrument."""
    newest = Kline.objects.filter(instrument=OuterRef("pk"), interval=interval.value).order_by("-open_time")
    instruments = Instrument.objects.filter(market_type=market_type.value).order_by("pk")
    if symbol is not None:
        instruments = instruments.filter(symbol=symbol)
    rows = instruments.annotate(newest=Subquery(newest.values("open_time")[:1]))
    return [
        SeriesHead(pk, name, to_milliseconds(moment))
        for pk, name, moment in rows.values_list("pk", "symbol", "newest")
        if moment is not None
    ]


def candle_table(instrument_id: int, interval: Interval, *, newest: int | None = None) -> NDArray[np.float64]:
    """Rows of (open_time_ms, open, high, low, close, volume), oldest first; only the ``newest`` ones if given."""
    order, parameters = "ASC", [instrument_id, interval.value]
    limit = ""
    if newest is not None:
        order, limit = "DESC", " LIMIT %s"
        parameters.append(newest)
    with connection.cursor() as cursor:
        cursor.execute(_SELECT[connection.vendor] + f" ORDER BY open_time {order}{limit}", parameters)
        rows = cursor.fetchall()
    table = np.array(rows, dtype=np.float64).reshape(-1, 6)
    return table[::-1] if newest is not None else table


_FROM = " FROM monitor_kline WHERE instrument_id = %s AND interval = %s"
_SELECT = {
    "sqlite": "SELECT open_time, open, high, low, close, volume" + _FROM,
    # Decimal objects would cost four times as much as the conversion in the server.
    "postgresql": "SELECT open_time::float8, open::float8, high::float8, low::float8, close::float8, volume::float8"
    + _FROM,
}
