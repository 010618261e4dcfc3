"""Writes what a scan decided: the only place that makes monitors, moves them and logs why.

New monitors take their steps in memory through the state machine and are inserted in bulk; known ones are saved
one by one, and a save fails when somebody else moved the monitor meanwhile.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from math import isnan, nan

from django.db.models import Count
from django_fsm import ConcurrentTransition, TransitionNotAllowed

from monitor.domain.enums import Interval, MarketType
from monitor.domain.intervals import from_milliseconds, to_milliseconds
from volume_trap.domain.enums import Stage, TrapStatus
from volume_trap.domain.errors import InvalidTransition
from volume_trap.domain.evaluator import Metrics, Trigger
from volume_trap.domain.lifecycle import Life, Step, TrapState
from volume_trap.domain.scan import NewTrap, Verdict
from volume_trap.domain.series import KlineSeries
from volume_trap.domain.thresholds import Thresholds
from volume_trap.models import VolumeTrapIndicators, VolumeTrapMonitor, VolumeTrapStateTransition

MARKET_WIDE_SYMBOLS = 20
_PHASES = {Stage.DISCOVERY: 1, Stage.CONFIRMATION: 2, Stage.VALIDATION: 3}


def exact(number: float) -> Decimal:
    """The decimal that was stored: the shortest one that reads back as the same float."""
    return Decimal(repr(float(number)))


def trap_state(monitor: VolumeTrapMonitor) -> TrapState:
    """What the domain needs to know of a stored monitor."""
    baseline = monitor.efficiency_baseline
    trigger = Trigger(
        to_milliseconds(monitor.trigger_time),
        float(monitor.trigger_price),
        float(monitor.trigger_kline_low),
        float(monitor.trigger_volume),
        nan if baseline is None else baseline,
    )
    return TrapState(
        TrapStatus(monitor.status),
        trigger,
        to_milliseconds(monitor.suspected_at) if monitor.suspected_at else None,
        to_milliseconds(monitor.confirmed_at) if monitor.confirmed_at else None,
        monitor.window_expired,
    )


@dataclass(slots=True)
class Recording:
    """Decisions of one chunk of series, collected first and written in one go."""

    market_type: MarketType
    interval: Interval
    thresholds: Thresholds
    created: list[VolumeTrapMonitor] = field(default_factory=list)
    changed: list[VolumeTrapMonitor] = field(default_factory=list)
    indicators: list[VolumeTrapIndicators] = field(default_factory=list)
    transitions: list[VolumeTrapStateTransition] = field(default_factory=list)
    suspected: int = 0
    confirmed: int = 0
    invalidated: int = 0

    @property
    def trigger_times(self) -> set[datetime]:
        return {monitor.trigger_time for monitor in self.created}

    def add(
        self, instrument_id: int, series: KlineSeries, verdict: Verdict, known: Sequence[VolumeTrapMonitor]
    ) -> None:
        """Collect one series' decisions; ``known`` are the monitors that were given to ``judge``, in its order."""
        for monitor, life in zip(known, verdict.continued, strict=True):
            self._continue(monitor, series, life)
        for trap in verdict.new:
            self._create(instrument_id, series, trap)

    def write(self) -> None:
        """Write everything; call inside a transaction. Raises InvalidTransition when a monitor moved meanwhile."""
        VolumeTrapMonitor.objects.bulk_create(self.created)
        for monitor in self.changed:
            _save(monitor)
        VolumeTrapIndicators.objects.bulk_create(self.indicators)
        VolumeTrapStateTransition.objects.bulk_create(self.transitions)

    def _create(self, instrument_id: int, series: KlineSeries, trap: NewTrap) -> None:
        index, baseline = trap.index, trap.trigger.efficiency_baseline
        monitor = VolumeTrapMonitor(
            instrument_id=instrument_id,
            market_type=self.market_type.value,
            interval=self.interval.value,
            trigger_time=_time(series, index),
            trigger_price=exact(series.close[index]),
            trigger_volume=exact(series.volume[index]),
            trigger_kline_high=exact(series.high[index]),
            trigger_kline_low=exact(series.low[index]),
            efficiency_baseline=None if isnan(baseline) else baseline,
        )
        self.created.append(monitor)
        self._snapshot(monitor, series, Step(Stage.DISCOVERY, index, trap.metrics))
        self._log(monitor, "", index, series, {"phase": 1, **trap.metrics, **self._limits(Stage.DISCOVERY)})
        self._take_steps(monitor, series, trap.life)

    def _continue(self, monitor: VolumeTrapMonitor, series: KlineSeries, life: Life) -> None:
        if life.steps or life.window_expired != monitor.window_expired:
            self.changed.append(monitor)
            self._take_steps(monitor, series, life)

    def _take_steps(self, monitor: VolumeTrapMonitor, series: KlineSeries, life: Life) -> None:
        for step in life.steps:
            self._take_step(monitor, series, step)
        monitor.window_expired = life.window_expired

    def _take_step(self, monitor: VolumeTrapMonitor, series: KlineSeries, step: Step) -> None:
        before, at = monitor.status, _time(series, step.index)
        try:
            self._transition(monitor, step.stage, at)
        except TransitionNotAllowed as error:
            raise InvalidTransition(f"{before} allows no {step.stage.value}") from error
        if step.stage is Stage.INVALIDATION:
            evidence: dict[str, object] = {
                "reason": "price_recovery",
                "current_close": str(exact(series.close[step.index])),
                # PostgreSQL pads what it stored with zeros; evidence reads the same wherever the monitor came from.
                "trigger_price": str(exact(float(monitor.trigger_price))),
            }
        else:
            evidence = {"phase": _PHASES[step.stage], **step.metrics, **self._limits(step.stage)}
            self._snapshot(monitor, series, step)
        self._log(monitor, before, step.index, series, evidence)

    def _transition(self, monitor: VolumeTrapMonitor, stage: Stage, at: datetime) -> None:
        if stage is Stage.CONFIRMATION:
            monitor.suspect(at)
            self.suspected += 1
        elif stage is Stage.VALIDATION:
            monitor.confirm(at)
            self.confirmed += 1
        else:
            monitor.invalidate(at)
            self.invalidated += 1

    def _limits(self, stage: Stage) -> dict[str, Metrics]:
        limits = self.thresholds
        by_stage: dict[Stage, Metrics] = {
            Stage.DISCOVERY: {
                "rvol_ratio": limits.rvol_threshold,
                "amplitude_ratio": limits.amplitude_threshold,
                "upper_shadow_percent": limits.upper_shadow_threshold * 100,
            },
            Stage.CONFIRMATION: {
                "volume_retention_percent": limits.volume_retention_threshold,
                "price_efficiency_multiplier": limits.pe_multiplier,
            },
            Stage.VALIDATION: {
                "obv_lookback_periods": limits.obv_lookback_periods,
                "atr_compression_ratio": limits.atr_compression_threshold,
            },
        }
        return {"thresholds": by_stage[stage]}

    def _snapshot(self, monitor: VolumeTrapMonitor, series: KlineSeries, step: Step) -> None:
        self.indicators.append(
            VolumeTrapIndicators(
                monitor=monitor,
                stage=step.stage.value,
                snapshot_time=_time(series, step.index),
                kline_close_price=exact(series.close[step.index]),
                **step.metrics,
            )
        )

    def _log(
        self, monitor: VolumeTrapMonitor, before: str, index: int, series: KlineSeries, evidence: dict[str, object]
    ) -> None:
        self.transitions.append(
            VolumeTrapStateTransition(
                monitor=monitor,
                from_status=before,
                to_status=monitor.status,
                transition_time=_time(series, index),
                evidence=evidence,
            )
        )


def _time(series: KlineSeries, index: int) -> datetime:
    return from_milliseconds(int(series.open_time_ms[index]))


def _save(monitor: VolumeTrapMonitor) -> None:
    try:
        monitor.save()
    except ConcurrentTransition as error:
        raise InvalidTransition(f"monitor {monitor.pk} was moved by another process; run again") from error


def mark_market_wide(market_type: MarketType, interval: Interval, trigger_times: set[datetime]) -> None:
    """Mark all monitors of those candles on which more than MARKET_WIDE_SYMBOLS symbols triggered."""
    same_candle = VolumeTrapMonitor.objects.filter(market_type=market_type.value, interval=interval.value)
    crowded = (
        same_candle.filter(trigger_time__in=trigger_times)
        .values("trigger_time")
        .annotate(symbols=Count("pk"))
        .filter(symbols__gt=MARKET_WIDE_SYMBOLS)
        .values_list("trigger_time", flat=True)
        .order_by()
    )
    same_candle.filter(trigger_time__in=list(crowded), market_wide=False).update(market_wide=True)
