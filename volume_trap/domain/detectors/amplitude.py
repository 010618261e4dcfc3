"""Amplitude: a candle much wider than usual that gave back most of its range."""

from dataclasses import dataclass

import numpy as np

from volume_trap.domain.indicators import mean_before, ratio_or_zero
from volume_trap.domain.series import Booleans, Floats, KlineSeries

LOOKBACK = 30
STRICT_WICK_RATIO = 0.5


@dataclass(frozen=True, slots=True)
class AmplitudeSignal:
    """Per candle: (H-L)/L over its mean of the 30 candles before, and the upper shadow (H-C)/(H-L) in percent.

    The shadow is measured from the close, so a falling candle that closes on its low has 100 %.
    """

    ratio: Floats
    upper_shadow_percent: Floats
    fires: Booleans


def detect_amplitude(series: KlineSeries, *, ratio_threshold: float, upper_shadow_threshold: float) -> AmplitudeSignal:
    """Fires where the ratio and the shadow (a ratio 0..1) both reach their thresholds."""
    spread = series.high - series.low
    amplitude_percent = spread / series.low * 100
    ratio = ratio_or_zero(amplitude_percent, mean_before(amplitude_percent, LOOKBACK))
    shadow_percent = ratio_or_zero(series.high - series.close, spread) * 100
    fires = (ratio >= ratio_threshold) & (shadow_percent >= upper_shadow_threshold * 100)
    return AmplitudeSignal(ratio, shadow_percent, fires)


def has_true_upper_wick(series: KlineSeries) -> Booleans:
    """The strict filter: half the range or more lies above the body, on a candle that rose above the close before.

    A crash candle, which the plain shadow cannot tell from a pump, has no such wick.
    """
    spread = series.high - series.low
    wick = ratio_or_zero(series.high - np.maximum(series.open, series.close), spread)
    rose = np.zeros(len(series), dtype=bool)
    rose[1:] = series.high[1:] > series.close[:-1]
    return (wick >= STRICT_WICK_RATIO) & rose
