"""The three stages: which detectors must fire together, and the values to show for it."""

from dataclasses import dataclass

import numpy as np

from volume_trap.domain.detectors import (
    AmplitudeSignal,
    AtrCompressionSignal,
    KeyLevelSignal,
    MaCrossSignal,
    ObvSignal,
    PriceEfficiencySignal,
    RvolSignal,
    VolumeRetentionSignal,
    detect_amplitude,
    detect_atr_compression,
    detect_key_level_breach,
    detect_ma_cross,
    detect_obv_decline,
    detect_price_efficiency,
    detect_rvol,
    detect_volume_retention,
    efficiency_baseline,
)
from volume_trap.domain.detectors.amplitude import LOOKBACK, has_true_upper_wick
from volume_trap.domain.detectors.obv_divergence import BARS as VALIDATION_BARS
from volume_trap.domain.series import Booleans, KlineSeries
from volume_trap.domain.thresholds import Thresholds

DISCOVERY_BARS = LOOKBACK + 1
FIRST_CONFIRMATION_BAR = 3

Metrics = dict[str, float | bool | None]


@dataclass(frozen=True, slots=True)
class Discovery:
    """Stage 1, one entry per candle of the series."""

    rvol: RvolSignal
    amplitude: AmplitudeSignal
    fires: Booleans

    def metrics(self, index: int) -> Metrics:
        return {
            "rvol_ratio": float(self.rvol.ratio[index]),
            "amplitude_ratio": float(self.amplitude.ratio[index]),
            "upper_shadow_percent": float(self.amplitude.upper_shadow_percent[index]),
        }


def discover(series: KlineSeries, thresholds: Thresholds) -> Discovery:
    """Relative volume and amplitude fire on the same candle; it needs 30 candles before it."""
    rvol = detect_rvol(series, threshold=thresholds.rvol_threshold)
    amplitude = detect_amplitude(
        series,
        ratio_threshold=thresholds.amplitude_threshold,
        upper_shadow_threshold=thresholds.upper_shadow_threshold,
    )
    fires = rvol.fires & amplitude.fires & (series.volume > 0)
    if thresholds.strict:
        fires &= has_true_upper_wick(series)
    return Discovery(rvol, amplitude, fires)


@dataclass(frozen=True, slots=True)
class Confirmation:
    """Stage 2, one entry per candle from the first after the trigger on."""

    retention: VolumeRetentionSignal
    key_level: KeyLevelSignal
    efficiency: PriceEfficiencySignal
    fires: Booleans

    def metrics(self, position: int) -> Metrics:
        return {
            "volume_retention_percent": float(self.retention.percent[position]),
            "key_level": self.key_level.key_level,
            "key_level_breach_percent": float(self.key_level.breach_percent[position]),
            "price_efficiency": float(self.efficiency.mean[position]),
            "price_efficiency_baseline": self.efficiency.baseline,
        }


@dataclass(frozen=True, slots=True)
class Trigger:
    """What the later stages need of a trigger candle; ``efficiency_baseline`` is NaN where nothing was traded."""

    time_ms: int
    close: float
    low: float
    volume: float
    efficiency_baseline: float


def trigger_at(series: KlineSeries, index: int) -> Trigger:
    """The trigger candle at ``index``; needs 29 candles before it."""
    return Trigger(
        int(series.open_time_ms[index]),
        float(series.close[index]),
        float(series.low[index]),
        float(series.volume[index]),
        efficiency_baseline(series, index),
    )


def evaluate_confirmation(series: KlineSeries, first: int, trigger: Trigger, thresholds: Thresholds) -> Confirmation:
    """Volume gone, close under the trigger's low, price moving on little volume: all on the same candle.

    ``first`` is the index of the first candle after the trigger, or 0 where the series begins later.
    """
    retention = detect_volume_retention(
        series, first, trigger_volume=trigger.volume, threshold_percent=thresholds.volume_retention_threshold
    )
    key_level = detect_key_level_breach(series, first, trigger_low=trigger.low)
    efficiency = detect_price_efficiency(
        series, first, baseline=trigger.efficiency_baseline, multiplier=thresholds.pe_multiplier
    )
    fires = retention.fires & key_level.fires & efficiency.fires
    return Confirmation(retention, key_level, efficiency, fires)


@dataclass(frozen=True, slots=True)
class Validation:
    """Stage 3, one entry per candle judged."""

    ma: MaCrossSignal
    obv: ObvSignal
    atr: AtrCompressionSignal
    fires: Booleans
    offset: int

    def metrics(self, position: int) -> Metrics:
        index = self.offset + position
        return {
            "ma7": float(self.ma.ma7[index]),
            "ma25": float(self.ma.ma25[index]),
            "ma25_slope_percent": float(self.ma.ma25_slope_percent[index]),
            "obv": float(self.obv.obv[index]),
            "obv_divergence": bool(self.obv.divergence[index]),
            "atr": float(self.atr.atr[index]),
            "atr_baseline": float(self.atr.baseline[index]),
        }


def evaluate_validation(series: KlineSeries, start: int, stop: int, thresholds: Thresholds) -> Validation:
    """Averages falling, no bottom divergence, range dried up: all on the same candle of [start, stop)."""
    first = max(start + 1 - VALIDATION_BARS, 0)
    part = series.part(first, stop)
    ma = detect_ma_cross(part)
    obv = detect_obv_decline(part, lookback=thresholds.obv_lookback_periods)
    atr = detect_atr_compression(part, threshold=thresholds.atr_compression_threshold)
    offset = start - first
    return Validation(ma, obv, atr, (ma.fires & obv.fires & atr.fires)[offset:], offset)


def first_true(values: Booleans) -> int | None:
    """Position of the first True, None where there is none."""
    position = int(np.argmax(values)) if len(values) else 0
    return position if len(values) and values[position] else None
