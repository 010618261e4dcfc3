"""Rows of the shared kernel."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from monitor.domain.enums import Interval, MarketType
from monitor.models import Exchange, Instrument, JobRun, Kline, KlineGap, SeriesCursor, WorkerLease

FIRST_OPEN_TIME = datetime(2026, 1, 1, tzinfo=UTC)


class ExchangeFactory(DjangoModelFactory[Exchange]):
    class Meta:
        model = Exchange
        django_get_or_create = ["code"]

    code = "binance"
    name = "Binance"


class InstrumentFactory(DjangoModelFactory[Instrument]):
    """A futures instrument; its symbol follows from its assets."""

    class Meta:
        model = Instrument

    exchange = factory.SubFactory(ExchangeFactory)
    market_type = MarketType.FUTURES.value
    base_asset = factory.Sequence(lambda n: f"COIN{n}")
    quote_asset = "USDT"
    symbol = factory.LazyAttribute(lambda row: f"{row.base_asset}{row.quote_asset}")
    tick_size = Decimal("0.01")
    step_size = Decimal("0.001")
    min_notional = Decimal(5)
    current_price = Decimal(100)


class SpotInstrumentFactory(InstrumentFactory):
    market_type = MarketType.SPOT.value


class KlineFactory(DjangoModelFactory[Kline]):
    """One candle; consecutive calls on one interval give consecutive open times."""

    class Meta:
        model = Kline

    instrument = factory.SubFactory(InstrumentFactory)
    interval = Interval.H4.value
    open_time = factory.LazyAttributeSequence(lambda row, n: FIRST_OPEN_TIME + n * Interval(row.interval).duration)
    open = Decimal("100")
    high = Decimal("110")
    low = Decimal("90")
    close = Decimal("105")
    volume = Decimal("1000")
    close_time = factory.LazyAttribute(
        lambda row: row.open_time + Interval(row.interval).duration - timedelta(milliseconds=1)
    )
    quote_volume = Decimal("100000")
    trade_count = 50
    taker_buy_volume = Decimal("500")
    taker_buy_quote_volume = Decimal("50000")


class KlineGapFactory(DjangoModelFactory[KlineGap]):
    class Meta:
        model = KlineGap

    instrument = factory.SubFactory(InstrumentFactory)
    interval = Interval.H4.value
    first_open_time = FIRST_OPEN_TIME
    last_open_time = FIRST_OPEN_TIME


class SeriesCursorFactory(DjangoModelFactory[SeriesCursor]):
    class Meta:
        model = SeriesCursor

    reader = "volume_trap"
    instrument = factory.SubFactory(InstrumentFactory)
    interval = Interval.H4.value
    position = FIRST_OPEN_TIME


class WorkerLeaseFactory(DjangoModelFactory[WorkerLease]):
    class Meta:
        model = WorkerLease

    name = factory.Sequence(lambda n: f"job-{n}")
    expires_at = factory.LazyFunction(timezone.now)


class JobRunFactory(DjangoModelFactory[JobRun]):
    class Meta:
        model = JobRun

    job = "scan_volume_traps"
    started_at = factory.LazyFunction(timezone.now)
    finished_at = factory.LazyAttribute(lambda row: row.started_at + timedelta(seconds=1))
    outcome = JobRun.Outcome.SUCCEEDED
    summary: Any = factory.LazyFunction(lambda: {"scanned": 1})
