"""Monitors and candles for the list benchmark: ``python -m benchmarks._list_data MONITORS KLINES`` prints a token."""

import random
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from monitor.domain.enums import Interval, MarketType
from monitor.domain.market_data import Kline

INSTRUMENTS = 500
FIRST = datetime(2024, 1, 1, tzinfo=UTC)
STATUSES = ("pending", "suspected_abandonment", "confirmed_abandonment", "invalidated")
WEIGHTS = (10, 10, 5, 75)
BATCH = 5000


def candles(number: int) -> list[Kline]:
    """A gently falling series."""
    step, start = Interval.H4.milliseconds, int(FIRST.timestamp() * 1000)
    rows = []
    for index in range(number):
        opened, price = start + index * step, f"{100 - index / number:.4f}"
        rows.append(Kline(opened, price, price, price, price, "10.5", opened + step - 1, "1050", 7, "5", "500", "0"))
    return rows


def monitors(number: int, instruments: list[tuple[int, str]]) -> Iterator["VolumeTrapMonitor"]:  # noqa: F821
    """Triggers spread over instruments and intervals; the constraints of the database hold."""
    from volume_trap.models import VolumeTrapMonitor

    chance = random.Random(7)
    for index in range(number):
        instrument_id, market_type = instruments[index % len(instruments)]
        interval = list(Interval)[index // len(instruments) % 3]
        trigger = FIRST + (index // len(instruments) // 3 * 7 + index % 5) * interval.duration
        status = chance.choices(STATUSES, WEIGHTS)[0]
        confirmed = status == "confirmed_abandonment"
        suspected = confirmed or status == "suspected_abandonment"
        yield VolumeTrapMonitor(
            instrument_id=instrument_id,
            market_type=market_type,
            interval=interval.value,
            trigger_time=trigger,
            trigger_price=Decimal(chance.randrange(1, 10**9)).scaleb(-8),
            trigger_volume=Decimal(chance.randrange(1, 10**12)).scaleb(-3),
            trigger_kline_high=Decimal(20),
            trigger_kline_low=Decimal(10),
            status=status,
            phase_2_passed=suspected,
            phase_3_passed=confirmed,
            suspected_at=trigger + timedelta(days=2) if suspected else None,
            confirmed_at=trigger + timedelta(days=3) if confirmed else None,
            invalidated_at=trigger + timedelta(days=4) if status == "invalidated" else None,
        )


def write_monitors(number: int, instruments: list[tuple[int, str]]) -> None:
    """Monitors with one to three indicator snapshots each."""
    from django.db import transaction

    from volume_trap.models import VolumeTrapIndicators, VolumeTrapMonitor

    with transaction.atomic():
        VolumeTrapMonitor.objects.bulk_create(monitors(number, instruments), batch_size=BATCH)
    stages = (("discovery", "trigger_time"), ("confirmation", "suspected_at"), ("validation", "confirmed_at"))
    rows = VolumeTrapMonitor.objects.values("pk", "trigger_price", *(field for _stage, field in stages))
    snapshots = (
        VolumeTrapIndicators(
            monitor_id=row["pk"],
            stage=stage,
            snapshot_time=row[field],
            kline_close_price=row["trigger_price"],
            rvol_ratio=9.5,
            amplitude_ratio=3.25,
        )
        for row in rows
        for stage, field in stages
        if row[field] is not None
    )
    with transaction.atomic():
        VolumeTrapIndicators.objects.bulk_create(snapshots, batch_size=BATCH)


def main(monitor_number: int, kline_number: int) -> None:
    import django

    django.setup()
    from django.contrib.auth import get_user_model
    from django.db import connection
    from knox.models import AuthToken

    from monitor.models import Exchange, Instrument
    from monitor.services.kline_store import store_klines

    exchange = Exchange.objects.create(code="binance", name="Binance")
    Instrument.objects.bulk_create(
        Instrument(
            exchange=exchange,
            market_type=(MarketType.SPOT if number % 2 else MarketType.FUTURES).value,
            symbol=f"COIN{number // 2}USDT",
            base_asset=f"COIN{number // 2}",
            quote_asset="USDT",
            current_price=Decimal(number + 1).scaleb(-2),
        )
        for number in range(INSTRUMENTS)
    )
    instruments = list(Instrument.objects.order_by("id").values_list("pk", "market_type"))
    series = candles(kline_number // INSTRUMENTS)
    for instrument_id, _market in instruments:
        store_klines(instrument_id, Interval.H4, series)
    write_monitors(monitor_number, instruments)
    if connection.vendor == "postgresql":
        # What autovacuum does within a minute on a server that keeps running.
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
    print(AuthToken.objects.create(get_user_model().objects.create_user("benchmark"))[1])


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
