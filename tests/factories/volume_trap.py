"""Rows of the volume-trap scanner. A status brings the dates and flags that the database demands of it."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import factory
from factory.django import DjangoModelFactory

from monitor.domain.enums import Interval
from tests.factories.monitor import InstrumentFactory
from volume_trap.domain.enums import Stage, TrapStatus
from volume_trap.models import VolumeTrapIndicators, VolumeTrapMonitor, VolumeTrapStateTransition

FIRST_TRIGGER = datetime(2026, 1, 1, tzinfo=UTC)
_SUSPECTED_OR_LATER = {TrapStatus.SUSPECTED.value, TrapStatus.CONFIRMED.value}


def _after(row: Any, bars: int) -> datetime:
    moment: datetime = row.trigger_time + bars * Interval(row.interval).duration
    return moment


class MonitorFactory(DjangoModelFactory[VolumeTrapMonitor]):
    """A bare monitor. ``status=`` takes any ``TrapStatus``; an invalidated one was never suspected."""

    class Meta:
        model = VolumeTrapMonitor

    instrument = factory.SubFactory(InstrumentFactory)
    market_type = factory.SelfAttribute("instrument.market_type")
    interval = Interval.H4.value
    trigger_time = factory.LazyAttributeSequence(lambda row, n: FIRST_TRIGGER + n * Interval(row.interval).duration)
    trigger_price = Decimal(100)
    trigger_volume = Decimal(8000)
    trigger_kline_high = Decimal(120)
    trigger_kline_low = Decimal(90)
    status = TrapStatus.PENDING.value
    phase_2_passed = factory.LazyAttribute(lambda row: row.status in _SUSPECTED_OR_LATER)
    phase_3_passed = factory.LazyAttribute(lambda row: row.status == TrapStatus.CONFIRMED.value)
    suspected_at = factory.LazyAttribute(lambda row: _after(row, 5) if row.phase_2_passed else None)
    confirmed_at = factory.LazyAttribute(lambda row: _after(row, 9) if row.phase_3_passed else None)
    invalidated_at = factory.LazyAttribute(
        lambda row: _after(row, 20) if row.status == TrapStatus.INVALIDATED.value else None
    )


class IndicatorsFactory(DjangoModelFactory[VolumeTrapIndicators]):
    """The snapshot of Discovery."""

    class Meta:
        model = VolumeTrapIndicators

    monitor = factory.SubFactory(MonitorFactory)
    stage = Stage.DISCOVERY.value
    snapshot_time = factory.SelfAttribute("monitor.trigger_time")
    kline_close_price = factory.SelfAttribute("monitor.trigger_price")
    rvol_ratio = 9.25
    amplitude_ratio = 3.5
    upper_shadow_percent = 66.5


class TransitionFactory(DjangoModelFactory[VolumeTrapStateTransition]):
    """The creation of a monitor."""

    class Meta:
        model = VolumeTrapStateTransition

    monitor = factory.SubFactory(MonitorFactory)
    from_status = ""
    to_status = TrapStatus.PENDING.value
    transition_time = factory.SelfAttribute("monitor.trigger_time")
    evidence = factory.LazyFunction(lambda: {"stage": "discovery", "rvol_ratio": 9.25})


_CONFIRMATION = {
    "volume_retention_percent": 9.5,
    "key_level": 90.0,
    "key_level_breach_percent": 2.5,
    "price_efficiency": 0.004,
    "price_efficiency_baseline": 0.001,
}
_VALIDATION = {
    "ma7": 84.0,
    "ma25": 88.0,
    "ma25_slope_percent": -0.5,
    "obv": -12000.0,
    "obv_divergence": True,
    "atr": 1.5,
    "atr_baseline": 4.0,
}


class MonitorWithHistoryFactory(MonitorFactory):
    """A monitor with the indicators and transitions that led to its status."""

    class Meta:
        model = VolumeTrapMonitor
        skip_postgeneration_save = True

    @factory.post_generation
    def history(self: VolumeTrapMonitor, create: bool, _extracted: Any, **_kwargs: Any) -> None:  # type: ignore[misc]
        if not create:
            return
        IndicatorsFactory(monitor=self)
        TransitionFactory(monitor=self)
        _record(self, Stage.CONFIRMATION, self.suspected_at, _CONFIRMATION)
        _record(self, Stage.VALIDATION, self.confirmed_at, _VALIDATION)
        if self.invalidated_at:
            TransitionFactory(
                monitor=self,
                from_status=_status_before_the_end(self),
                to_status=TrapStatus.INVALIDATED.value,
                transition_time=self.invalidated_at,
                evidence={"stage": "invalidation", "close": "101", "trigger_price": "100"},
            )


def _record(monitor: VolumeTrapMonitor, stage: Stage, at: datetime | None, values: dict[str, float | bool]) -> None:
    if at is None:
        return
    confirmation = stage is Stage.CONFIRMATION
    IndicatorsFactory(
        monitor=monitor,
        stage=stage.value,
        snapshot_time=at,
        kline_close_price=Decimal(85),
        rvol_ratio=None,
        amplitude_ratio=None,
        upper_shadow_percent=None,
        **values,
    )
    TransitionFactory(
        monitor=monitor,
        from_status=(TrapStatus.PENDING if confirmation else TrapStatus.SUSPECTED).value,
        to_status=(TrapStatus.SUSPECTED if confirmation else TrapStatus.CONFIRMED).value,
        transition_time=at,
        evidence={"stage": stage.value, **values},
    )


def _status_before_the_end(monitor: VolumeTrapMonitor) -> str:
    if monitor.confirmed_at:
        return TrapStatus.CONFIRMED.value
    return (TrapStatus.SUSPECTED if monitor.suspected_at else TrapStatus.PENDING).value
