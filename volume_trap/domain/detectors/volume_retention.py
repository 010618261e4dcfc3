"""Volume retention: how much of the trigger's volume is left."""

from dataclasses import dataclass

import numpy as np

from volume_trap.domain.indicators import windows
from volume_trap.domain.series import Booleans, Floats, KlineSeries

BARS = 3


@dataclass(frozen=True, slots=True)
class VolumeRetentionSignal:
    """Per candle after the trigger: mean volume of the latest 3 of them in percent of the trigger's volume."""

    percent: Floats
    fires: Booleans


def detect_volume_retention(
    series: KlineSeries, first: int, *, trigger_volume: float, threshold_percent: float
) -> VolumeRetentionSignal:
    """Fires strictly below the threshold. Position 0 is the candle at ``first``, the first after the trigger or,
    where the series begins later, its first one; NaN before the third."""
    after = series.volume[first:]
    percent = np.full(len(after), np.nan)
    if len(after) >= BARS:
        percent[BARS - 1 :] = windows(after, BARS).mean(axis=1) / trigger_volume * 100
    return VolumeRetentionSignal(percent, percent < threshold_percent)
