"""The candle store on the database under test: exact, idempotent, and never overlooked by a reader."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.domain.enums import Interval
from monitor.domain.intervals import from_milliseconds
from monitor.domain.market_data import Kline
from monitor.errors import DatabaseOperationFailed
from monitor.models import Kline as KlineRow
from monitor.models import SeriesCursor
from monitor.services.kline_store import store_klines
from tests.factories.monitor import InstrumentFactory

pytestmark = pytest.mark.django_db

START_MS = 1_767_225_600_000
HOUR_MS = Interval.H1.milliseconds


def kline(index: int = 0, **changes: object) -> Kline:
    open_time = START_MS + index * HOUR_MS
    candle = Kline(
        open_time_ms=open_time,
        open="0.00001234",
        high="0.00001300",
        low="0.00001200",
        close="0.00001250",
        volume="123456789.10000000",
        close_time_ms=open_time + HOUR_MS - 1,
        quote_volume="1543.20986375",
        trade_count=42,
        taker_buy_volume="61728394.55000000",
        taker_buy_quote_volume="771.60493188",
        ignore="0",
    )
    return replace(candle, **changes)  # type: ignore[arg-type]


def stored_floats(instrument_id: int) -> list[tuple[float, ...]]:
    """Prices and amounts as a scan reads them."""
    cast = "::float8" if connection.vendor == "postgresql" else ""
    names = ["open", "high", "low", "close", "volume", "quote_volume", "taker_buy_volume"]
    columns = ", ".join(f"{name}{cast}" for name in [*names, "taker_buy_quote_volume"])
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {columns} FROM monitor_kline WHERE instrument_id = %s ORDER BY open_time",  # noqa: S608
            [instrument_id],
        )
        return [tuple(float(value) for value in row) for row in cursor.fetchall()]


def test_all_twelve_fields_come_back_as_they_went_in() -> None:
    instrument = InstrumentFactory()
    assert store_klines(instrument.pk, Interval.H1, [kline()]) == 1
    row = KlineRow.objects.get()
    assert (row.instrument_id, row.interval) == (instrument.pk, "1h")
    assert row.open_time == from_milliseconds(START_MS)
    assert row.close_time == row.open_time + timedelta(hours=1) - timedelta(milliseconds=1)
    texts = ["0.00001234", "0.000013", "0.000012", "0.0000125", "123456789.1", "1543.20986375"]
    stored = [row.open, row.high, row.low, row.close, row.volume, row.quote_volume]
    assert [str(value.normalize()) if value > 1 else format(value.normalize(), "f") for value in stored] == texts
    assert (row.trade_count, row.ignore) == (42, "0")
    assert float(row.taker_buy_volume) == 61728394.55
    assert float(row.taker_buy_quote_volume) == 771.60493188


prices = st.decimals(min_value="0.000000000001", max_value="99999999999", places=12).map(lambda d: format(d, "f"))
amounts = st.decimals(min_value=0, max_value=10**20, places=8).map(lambda d: format(d, "f"))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(st.tuples(prices, prices, prices, prices, amounts, amounts, amounts, amounts), max_size=20))
def test_every_number_reads_back_as_the_float_nearest_to_the_exchanges_text(
    texts: list[tuple[str, ...]],
) -> None:
    instrument = InstrumentFactory()
    klines = [
        kline(
            index,
            open=o,
            high=h,
            low=low,
            close=c,
            volume=v,
            quote_volume=q,
            taker_buy_volume=tv,
            taker_buy_quote_volume=tq,
        )
        for index, (o, h, low, c, v, q, tv, tq) in enumerate(texts)
    ]
    store_klines(instrument.pk, Interval.H1, klines)
    assert stored_floats(instrument.pk) == [tuple(float(text) for text in row) for row in texts]


@pytest.mark.requirement("VT-A2")
@pytest.mark.requirement("REL-1")
def test_storing_the_same_again_writes_nothing() -> None:
    instrument = InstrumentFactory()
    klines = [kline(index) for index in range(5)]
    assert store_klines(instrument.pk, Interval.H1, klines) == 5
    assert store_klines(instrument.pk, Interval.H1, klines) == 0
    assert KlineRow.objects.count() == 5


def test_only_what_differs_is_written_again() -> None:
    instrument = InstrumentFactory()
    store_klines(instrument.pk, Interval.H1, [kline(index) for index in range(5)])
    changed = [kline(0), kline(3, close="0.00001299"), kline(5)]
    assert store_klines(instrument.pk, Interval.H1, changed) == 2
    assert [float(row.close) for row in KlineRow.objects.order_by("open_time")] == [
        *[0.0000125] * 3,
        0.00001299,
        *[0.0000125] * 2,
    ]


def test_of_two_candles_with_one_open_time_the_later_counts() -> None:
    instrument = InstrumentFactory()
    assert store_klines(instrument.pk, Interval.H1, [kline(), kline(close="0.00001211")]) == 1
    assert float(KlineRow.objects.get().close) == 0.00001211


def test_nothing_to_store_is_no_work() -> None:
    assert store_klines(1, Interval.H1, []) == 0


def cursor_at(instrument_id: int, index: int, interval: str = "1h", reader: str = "scan") -> SeriesCursor:
    position = from_milliseconds(START_MS + index * HOUR_MS)
    return SeriesCursor.objects.create(reader=reader, instrument_id=instrument_id, interval=interval, position=position)


def index_of(cursor: SeriesCursor) -> float:
    cursor.refresh_from_db()
    return (cursor.position - from_milliseconds(START_MS)) / timedelta(hours=1)


def test_late_candles_move_every_reader_of_that_series_back() -> None:
    instrument = InstrumentFactory()
    readers = [cursor_at(instrument.pk, 9), cursor_at(instrument.pk, 4, reader="other")]
    store_klines(instrument.pk, Interval.H1, [kline(4), kline(6)])
    assert [index_of(reader) for reader in readers] == [3, 3]


def test_candles_after_the_cursor_leave_it_where_it_is() -> None:
    instrument = InstrumentFactory()
    reader = cursor_at(instrument.pk, 4)
    store_klines(instrument.pk, Interval.H1, [kline(5), kline(6)])
    assert index_of(reader) == 4


def test_other_series_keep_their_cursors() -> None:
    instrument, other = InstrumentFactory(), InstrumentFactory()
    readers = [cursor_at(instrument.pk, 9, interval="4h"), cursor_at(other.pk, 9)]
    store_klines(instrument.pk, Interval.H1, [kline(4)])
    assert [index_of(reader) for reader in readers] == [9, 9]


def test_candles_known_already_do_not_move_a_reader_back() -> None:
    instrument = InstrumentFactory()
    store_klines(instrument.pk, Interval.H1, [kline(index) for index in range(8)])
    reader = cursor_at(instrument.pk, 7)
    store_klines(instrument.pk, Interval.H1, [kline(2), kline(5, trade_count=43)])
    assert index_of(reader) == 4


@pytest.mark.requirement("REL-6")
@pytest.mark.django_db(transaction=True)
def test_a_refused_candle_leaves_nothing_behind() -> None:
    instrument = InstrumentFactory()
    reader = cursor_at(instrument.pk, 9)
    bad = kline(2, trade_count=2**64)
    with pytest.raises(DatabaseOperationFailed, match="larger than its column"):
        store_klines(instrument.pk, Interval.H1, [kline(1), bad])
    assert KlineRow.objects.count() == 0
    assert index_of(reader) == 9
