"""Candles as plain numbers for computations: no model instances, one query per series."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from django.db import connection
from django.db.models import OuterRef, Subquery
from numpy.typing import NDArray

from monitor.domain.enums import Interval, MarketType
from monitor.domain.intervals import to_milliseconds
from monitor.models import Instrument, Kline

# Rows of (open_time_ms, open, high, low, close, volume, instrument_id), oldest first.
CandleTable = NDArray[np.float64]


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


def candle_table(instrument_id: int, interval: Interval, *, newest: int | None = None) -> CandleTable:
    """All candles of one series, or the ``newest`` ones."""
    statement = f"{_SELECT[connection.vendor]} WHERE instrument_id = %s AND interval = %s ORDER BY open_time"
    parameters: list[int | str] = [instrument_id, interval.value]
    if newest is None:
        return _read(statement, parameters)
    return _read(f"{statement} DESC LIMIT %s", [*parameters, newest])[::-1]


def candle_tables(instrument_ids: Sequence[int], interval: Interval, *, after_ms: int) -> dict[int, CandleTable]:
    """Candles of several series that opened later than ``after_ms``, in one query; series without any are left out."""
    places = ", ".join(["%s"] * len(instrument_ids))
    statement = (
        f"{_SELECT[connection.vendor]} WHERE instrument_id IN ({places}) AND interval = %s AND open_time > %s "
        "ORDER BY instrument_id, open_time"
    )
    table = _read(statement, [*instrument_ids, interval.value, after_ms])
    owners, starts = np.unique(table[:, 6], return_index=True)
    return dict(zip(owners.astype(int).tolist(), np.split(table, starts[1:]), strict=bool(len(owners))))


def _read(statement: str, parameters: Sequence[int | str]) -> CandleTable:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return np.array(cursor.fetchall(), dtype=np.float64).reshape(-1, 7)


# Only module constants and placeholders are put into the statements.
_SELECT = {
    "sqlite": "SELECT open_time, open, high, low, close, volume, instrument_id FROM monitor_kline",
    # Decimal objects would cost four times as much as the conversion in the server.
    "postgresql": "SELECT open_time::float8, open::float8, high::float8, low::float8, close::float8, volume::float8, "
    "instrument_id::float8 FROM monitor_kline",
}
