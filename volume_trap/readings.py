"""The eight detectors as a person reads them: each value beside the limit it was compared with."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from volume_trap.domain.enums import Stage
from volume_trap.domain.thresholds import Thresholds
from volume_trap.models import VolumeTrapIndicators, VolumeTrapStateTransition

Number = float | Decimal | None


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison: ``value`` must stand in ``relation`` to ``limit`` (both in ``unit``)."""

    label: Any
    value: Number
    relation: str
    limit: Number
    unit: str = ""

    @property
    def passed(self) -> bool:
        if self.value is None or self.limit is None:
            return False
        return _RELATIONS[self.relation](Decimal(str(self.value)), Decimal(str(self.limit)))

    @property
    def digits(self) -> int:
        """Significant digits worth reading: prices keep more than ratios."""
        return 4 if self.unit else 7

    @property
    def bar_percent(self) -> int | None:
        """Length of a bar on which the limit stands in the middle; None where a bar would say nothing."""
        if self.value is None or not self.limit or self.limit <= 0 or self.value < 0:
            return None
        return min(100, round(50 * float(self.value) / float(self.limit)))


_RELATIONS: dict[str, Callable[[Decimal, Decimal], bool]] = {
    "≥": lambda value, limit: value >= limit,
    ">": lambda value, limit: value > limit,
    "<": lambda value, limit: value < limit,
    "=": lambda value, limit: value == limit,
}


@dataclass(frozen=True, slots=True)
class DetectorReading:
    """One detector; it fires when all its conditions hold."""

    name: Any
    meaning: Any
    conditions: tuple[Condition, ...]

    @property
    def passed(self) -> bool:
        return all(condition.passed for condition in self.conditions)


@dataclass(frozen=True, slots=True)
class StageReading:
    """The detectors of one stage; ``snapshot`` is None until the stage is reached."""

    label: Any
    snapshot: VolumeTrapIndicators | None
    detectors: tuple[DetectorReading, ...]


# Where a transition's evidence keeps the limits that were in force, and what turns them into a threshold.
_LIMITS_IN_EVIDENCE: dict[str, tuple[str, float]] = {
    "rvol_ratio": ("rvol_threshold", 1),
    "amplitude_ratio": ("amplitude_threshold", 1),
    "upper_shadow_percent": ("upper_shadow_threshold", 0.01),
    "volume_retention_percent": ("volume_retention_threshold", 1),
    "price_efficiency_multiplier": ("pe_multiplier", 1),
    "atr_compression_ratio": ("atr_compression_threshold", 1),
}


def thresholds_in_force(transitions: Sequence[VolumeTrapStateTransition], current: Thresholds) -> Thresholds:
    """The limits each decision was made with; today's where nothing was decided yet."""
    recorded: dict[str, Any] = {}
    for transition in transitions:
        for name, limit in transition.evidence.get("thresholds", {}).items():
            if name in _LIMITS_IN_EVIDENCE:
                field, scale = _LIMITS_IN_EVIDENCE[name]
                recorded[field] = limit * scale
    return replace(current, **recorded)


def read_stages(snapshots: Sequence[VolumeTrapIndicators], thresholds: Thresholds) -> list[StageReading]:
    """All three stages in order, whether reached or not."""
    by_stage = {snapshot.stage: snapshot for snapshot in snapshots}
    labels = VolumeTrapIndicators.StageChoice
    readers = {
        Stage.DISCOVERY.value: _discovery,
        Stage.CONFIRMATION.value: _confirmation,
        Stage.VALIDATION.value: _validation,
    }
    return [
        StageReading(
            labels(stage).label,
            by_stage.get(stage),
            reader(by_stage.get(stage) or VolumeTrapIndicators(), thresholds),
        )
        for stage, reader in readers.items()
    ]


def _discovery(row: VolumeTrapIndicators, limits: Thresholds) -> tuple[DetectorReading, ...]:
    return (
        DetectorReading(
            _("Relative volume"),
            _("Volume against the mean of the 20 candles before."),
            (Condition(_("RVOL"), row.rvol_ratio, "≥", limits.rvol_threshold, "×"),),
        ),
        DetectorReading(
            _("Amplitude"),
            _("Range against the mean of the 30 candles before, with most of it given back by the close."),
            (
                Condition(_("Amplitude ratio"), row.amplitude_ratio, "≥", limits.amplitude_threshold, "×"),
                Condition(
                    _("Upper shadow"),
                    row.upper_shadow_percent,
                    "≥",
                    limits.upper_shadow_threshold * 100,
                    "%",
                ),
            ),
        ),
    )


def _confirmation(row: VolumeTrapIndicators, limits: Thresholds) -> tuple[DetectorReading, ...]:
    efficiency = _ratio(row.price_efficiency, row.price_efficiency_baseline)
    return (
        DetectorReading(
            _("Volume retention"),
            _("Mean volume of the latest 3 candles against the trigger's."),
            (Condition(_("Retained"), row.volume_retention_percent, "<", limits.volume_retention_threshold, "%"),),
        ),
        DetectorReading(
            _("Key level"),
            _("Close under the low of the trigger candle."),
            (
                Condition(
                    _("Closing price"),
                    row.kline_close_price if row.key_level else None,
                    "<",
                    row.key_level,
                ),
            ),
        ),
        DetectorReading(
            _("Price efficiency"),
            _("Price move per unit of volume against the 30 candles that end at the trigger."),
            (Condition(_("Mean of the latest 5"), efficiency, ">", limits.pe_multiplier, "×"),),
        ),
    )


def _validation(row: VolumeTrapIndicators, limits: Thresholds) -> tuple[DetectorReading, ...]:
    compression = _ratio(row.atr, row.atr_baseline)
    divergence = None if row.obv_divergence is None else float(row.obv_divergence)
    return (
        DetectorReading(
            _("Moving averages"),
            _("The short average under the long one, and the long one falling."),
            (
                Condition(_("MA 7 under MA 25"), row.ma7, "<", row.ma25),
                Condition(_("Slope of MA 25"), row.ma25_slope_percent, "<", 0.0, "%"),
            ),
        ),
        DetectorReading(
            _("On-balance volume"),
            _("No bottom divergence in the latest candles: nobody is buying the fall."),
            (Condition(_("Divergences"), divergence, "=", 0.0),),
        ),
        DetectorReading(
            _("ATR compression"),
            _("The true range keeps shrinking, under half of its 30-candle mean."),
            (Condition(_("ATR 14"), compression, "<", limits.atr_compression_threshold, "×"),),
        ),
    )


def _ratio(value: float | None, baseline: float | None) -> Decimal | None:
    """Quotient to 28 digits, so that the comparison is as exact as the stored numbers."""
    return None if value is None or not baseline else Decimal(value) / Decimal(baseline)
