"""Average true range: movement dries up."""

from dataclasses import dataclass

import numpy as np

from volume_trap.domain.indicators import exponential_average, true_range, windows
from volume_trap.domain.series import Booleans, Floats, KlineSeries

BARS = 30
SPAN = 14
DECREASING_VALUES = 5


@dataclass(frozen=True, slots=True)
class AtrCompressionSignal:
    """Per candle, over the 30 candles ending there: the exponential ATR (span 14, seeded with the first true range,
    not Wilder's) and the mean of its 30 values."""

    atr: Floats
    baseline: Floats
    fires: Booleans


def detect_atr_compression(series: KlineSeries, *, threshold: float) -> AtrCompressionSignal:
    """Fires where the last 5 values strictly decrease and the newest is below threshold x baseline."""
    atr, baseline = np.full(len(series), np.nan), np.full(len(series), np.nan)
    fires = np.zeros(len(series), dtype=bool)
    if len(series) < BARS:
        return AtrCompressionSignal(atr, baseline, fires)
    ranges = true_range(windows(series.high, BARS), windows(series.low, BARS), windows(series.close, BARS))
    values = exponential_average(ranges, SPAN)
    falling = (np.diff(values[:, -DECREASING_VALUES:], axis=1) < 0).all(axis=1)
    atr[BARS - 1 :], baseline[BARS - 1 :] = values[:, -1], values.mean(axis=1)
    fires[BARS - 1 :] = falling & (values[:, -1] < threshold * baseline[BARS - 1 :])
    return AtrCompressionSignal(atr, baseline, fires)
