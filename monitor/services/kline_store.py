"""The one place that writes candles: an upsert per series, each database by its fastest road.

Rows that are stored already with the same values are not written again, so repeating a run is cheap and
moves no reader back. Numbers go to PostgreSQL as the exchange's own text. SQLite keeps binary floating point: they
are rounded by Python, because SQLite's own reading of text misses the last bit in one of some thousand numbers.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

from django.db import connection, transaction
from django.db.models import F

from monitor.domain.enums import Interval
from monitor.domain.intervals import from_milliseconds
from monitor.domain.kline_archive import KlineArchive, KlineRow
from monitor.domain.market_data import Kline
from monitor.errors import database_errors
from monitor.models import SeriesCursor

_VALUES = (
    "open, high, low, close, volume, close_time, quote_volume, trade_count, "
    "taker_buy_volume, taker_buy_quote_volume, ignore"
)
_NAMES = _VALUES.split(", ")
_COLUMNS = f'instrument_id, "interval", open_time, {_VALUES}'
_UPDATE = ", ".join(f"{name} = excluded.{name}" for name in _NAMES)
_CONFLICT = f'ON CONFLICT (instrument_id, "interval", open_time) DO UPDATE SET {_UPDATE}'

# Only module constants are put into the statements; every value is bound.
_SQLITE_READ = (
    f"SELECT open_time, {_VALUES} FROM monitor_kline "  # noqa: S608
    'WHERE instrument_id = %s AND "interval" = %s AND open_time BETWEEN %s AND %s'
)
_SQLITE_UPSERT = f"INSERT INTO monitor_kline ({_COLUMNS}) VALUES ({', '.join(['%s'] * 14)}) {_CONFLICT}"  # noqa: S608
_STAGING = """
    CREATE TEMPORARY TABLE IF NOT EXISTS kline_staging (
        open_time bigint NOT NULL, open numeric, high numeric, low numeric, close numeric, volume numeric,
        close_time bigint, quote_volume numeric, trade_count bigint, taker_buy_volume numeric,
        taker_buy_quote_volume numeric, ignore text);
    TRUNCATE kline_staging"""
_COPY = "COPY kline_staging FROM STDIN"
_COPY_CSV = "COPY kline_staging FROM STDIN (FORMAT csv)"
_SELECTED = _VALUES.replace("close_time", "close_time / %s").replace("ignore", "left(ignore, 32)")
_POSTGRES_UPSERT = (
    f"WITH written AS (INSERT INTO monitor_kline AS stored ({_COLUMNS}) "  # noqa: S608
    f"SELECT %s, %s, open_time / %s, {_SELECTED} FROM kline_staging {_CONFLICT} "
    f"WHERE ({', '.join(f'stored.{name}' for name in _NAMES)}) "
    f"IS DISTINCT FROM ({', '.join(f'excluded.{name}' for name in _NAMES)}) "
    "RETURNING open_time) SELECT count(*), min(open_time) FROM written"
)


@dataclass(frozen=True, slots=True)
class _Written:
    rows: int
    earliest_ms: int | None


def store_klines(instrument_id: int, interval: Interval, klines: Sequence[Kline]) -> int:
    """Upsert closed candles of one series in one transaction; return how many were new or different.

    Of several candles with one open time the last one counts. Readers that are past the earliest candle
    written are moved back to just before it. Raises ``DatabaseOperationFailed``; then nothing was stored.
    """
    if not klines:
        return 0
    unique = {kline.open_time_ms: kline for kline in klines}
    with database_errors(), transaction.atomic():
        if connection.vendor == "sqlite":
            written = _upsert_sqlite(instrument_id, interval, [_numbers(kline) for kline in unique.values()])
        else:
            written = _upsert_postgres(instrument_id, interval, _COPY, map(_copy_line, unique.values()))
        _rewind(instrument_id, interval, written)
    return written.rows


def store_archive(instrument_id: int, interval: Interval, archive: KlineArchive) -> int:
    """Like ``store_klines`` for the candles of one archive file, which are in order and unique already."""
    if not archive.rows:
        return 0
    with database_errors(), transaction.atomic():
        if connection.vendor == "sqlite":
            written = _upsert_sqlite(instrument_id, interval, archive.rows)
        else:
            written = _upsert_postgres(instrument_id, interval, _COPY_CSV, [archive.text], archive.time_divisor)
        _rewind(instrument_id, interval, written)
    return written.rows


def rewind_cursors(instrument_id: int, interval: Interval, earliest_ms: int) -> None:
    """Move readers that are past ``earliest_ms`` to the candle before it; call in the writing transaction.

    Every reader's generation grows: one that is reading just now must not advance over what was written.
    """
    cursors = SeriesCursor.objects.filter(instrument_id=instrument_id, interval=interval.value)
    cursors.update(generation=F("generation") + 1)
    cursors.filter(position__gte=from_milliseconds(earliest_ms)).update(
        position=from_milliseconds(earliest_ms - interval.milliseconds)
    )


def _rewind(instrument_id: int, interval: Interval, written: _Written) -> None:
    if written.earliest_ms is not None:
        rewind_cursors(instrument_id, interval, written.earliest_ms)


def _numbers(kline: Kline) -> KlineRow:
    return (
        kline.open_time_ms,
        float(kline.open),
        float(kline.high),
        float(kline.low),
        float(kline.close),
        float(kline.volume),
        kline.close_time_ms,
        float(kline.quote_volume),
        kline.trade_count,
        float(kline.taker_buy_volume),
        float(kline.taker_buy_quote_volume),
        kline.ignore,
    )


def _copy_line(kline: Kline) -> bytes:
    return (
        f"{kline.open_time_ms}\t{kline.open}\t{kline.high}\t{kline.low}\t{kline.close}\t{kline.volume}\t"
        f"{kline.close_time_ms}\t{kline.quote_volume}\t{kline.trade_count}\t{kline.taker_buy_volume}\t"
        f"{kline.taker_buy_quote_volume}\t{kline.ignore}\n"
    ).encode()


def _upsert_sqlite(instrument_id: int, interval: Interval, rows: Sequence[KlineRow]) -> _Written:
    first = min(row[0] for row in rows)
    last = max(row[0] for row in rows)
    with connection.cursor() as cursor:
        cursor.execute(_SQLITE_READ, [instrument_id, interval.value, first, last])
        stored: dict[int, Any] = {row[0]: row for row in cursor.fetchall()}
        changed = [row for row in rows if stored.get(row[0]) != row]
        if not changed:
            return _Written(0, None)
        # A generator saves building every row twice; Django passes it on as it is.
        cursor.executemany(_SQLITE_UPSERT, cast("Any", _with_series(instrument_id, interval.value, changed)))
    return _Written(len(changed), min(row[0] for row in changed))


def _with_series(instrument_id: int, interval: str, rows: Iterable[KlineRow]) -> Iterator[tuple[Any, ...]]:
    return ((instrument_id, interval, *row) for row in rows)


def _upsert_postgres(
    instrument_id: int, interval: Interval, statement: str, chunks: Iterable[bytes], divisor: int = 1
) -> _Written:
    with connection.cursor() as cursor:
        cursor.execute(_STAGING)
        with connection.wrap_database_errors, cursor.copy(statement) as copy:
            for chunk in chunks:
                copy.write(chunk)
        cursor.execute(_POSTGRES_UPSERT, [instrument_id, interval.value, divisor, divisor])
        rows, earliest_ms = cursor.fetchone()
    return _Written(rows, earliest_ms)
