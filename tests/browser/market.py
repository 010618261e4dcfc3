"""A small invented market for the browser: candles with one clear trap, and monitors in every status."""

import math
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from django.contrib.auth.models import User

from monitor.domain.enums import Interval
from monitor.models import Instrument, JobRun, Kline
from tests.factories.monitor import InstrumentFactory, JobRunFactory
from tests.factories.volume_trap import MonitorFactory, MonitorWithHistoryFactory
from volume_trap.domain.enums import TrapStatus
from volume_trap.models import VolumeTrapMonitor

BARS = 300
TRIGGER_BAR = 160
BAR = Interval.H4.duration
FIRST_OPEN = datetime(2026, 3, 1, tzinfo=UTC)
CHEAP_PRICE = Decimal("0.00001234")


@dataclass(frozen=True, slots=True)
class Market:
    """What the tests look for on the pages."""

    trader: User
    trap: VolumeTrapMonitor
    cheap: VolumeTrapMonitor
    bare: VolumeTrapMonitor


def make_market() -> Market:
    """Write the rows; the trap of SOLUSDT has candles, the bare monitor has none."""
    trader = User.objects.create_user("trader", password="a-login-for-tests", is_staff=True, is_superuser=True)
    sol = InstrumentFactory(base_asset="SOL", current_price=Decimal("117.5"))
    klines = _klines(sol)
    Kline.objects.bulk_create(klines)
    trigger = klines[TRIGGER_BAR]
    trap = MonitorWithHistoryFactory(
        instrument=sol,
        status=TrapStatus.CONFIRMED.value,
        trigger_time=trigger.open_time,
        trigger_price=trigger.close,
        trigger_volume=trigger.volume,
        trigger_kline_high=trigger.high,
        trigger_kline_low=trigger.low,
    )
    MonitorFactory(
        instrument=sol, trigger_time=trigger.open_time + 60 * BAR, status=TrapStatus.PENDING.value, window_expired=True
    )
    cheap = MonitorWithHistoryFactory(
        instrument=InstrumentFactory(base_asset="PEPE", market_type="spot", current_price=Decimal("0.0000098")),
        trigger_price=CHEAP_PRICE,
        status=TrapStatus.SUSPECTED.value,
        market_wide=True,
    )
    bare = MonitorFactory(instrument=InstrumentFactory(base_asset="币安人生"), status=TrapStatus.INVALIDATED.value)
    _fill_pool()
    _job_history()
    return Market(trader, trap, cheap, bare)


def _klines(instrument: Instrument) -> list[Kline]:
    rng = random.Random(11)
    price, klines = 150.0, []
    for bar in range(BARS):
        opened, faded = price, TRIGGER_BAR < bar < TRIGGER_BAR + 50
        price *= math.exp(rng.gauss(-0.004 if faded else 0, 0.005))
        high, low = max(opened, price) * 1.003, min(opened, price) * 0.997
        volume = 900 * rng.lognormvariate(0, 0.3) * (0.1 if faded else 1)
        if bar == TRIGGER_BAR:
            price, high, volume = opened * 1.03, opened * 1.15, 14_000
        klines.append(_kline(instrument, bar, (opened, high, low, price), volume))
    return klines


def _kline(instrument: Instrument, bar: int, prices: tuple[float, float, float, float], volume: float) -> Kline:
    opened, high, low, close = (Decimal(f"{price:.2f}") for price in prices)
    amount = Decimal(f"{volume:.3f}")
    open_time = FIRST_OPEN + bar * BAR
    return Kline(
        instrument=instrument,
        interval=Interval.H4.value,
        open_time=open_time,
        open=opened,
        high=max(high, close),
        low=min(low, opened),
        close=close,
        volume=amount,
        close_time=open_time + BAR - timedelta(milliseconds=1),
        quote_volume=amount * close,
        trade_count=100,
        taker_buy_volume=amount / 2,
        taker_buy_quote_volume=amount * close / 2,
    )


def _fill_pool() -> None:
    """Enough rows for a second page, in every status and both markets."""
    for number in range(24):
        MonitorWithHistoryFactory(
            instrument=InstrumentFactory(market_type="spot" if number % 2 else "futures"),
            status=list(TrapStatus)[number % 4].value,
            interval=list(Interval)[number % 3].value,
        )


def _job_history() -> None:
    JobRunFactory(job="volume_traps:futures:4h", summary=_summary("scan_volume_traps", {"series": 26}))
    failure = {"symbol": "SOLUSDT", "code": "ERR_API_REQUEST_FAILED", "message": "no answer within 10 s"}
    JobRunFactory(
        job="update_klines:spot:4h",
        outcome=JobRun.Outcome.FAILED,
        summary=_summary("update_klines", {"stored": 0}, failure),
    )


def _summary(command: str, counts: dict[str, int], *failures: dict[str, str]) -> dict[str, object]:
    return {"command": command, "counts": counts, "failures": list(failures)}
