"""Moving averages: the short one below the long one, and the long one falling."""

from dataclasses import dataclass

import numpy as np

from volume_trap.domain.indicators import moving_average
from volume_trap.domain.series import Booleans, Floats, KlineSeries

SHORT, LONG = 7, 25


@dataclass(frozen=True, slots=True)
class MaCrossSignal:
    """Per candle: SMA 7, SMA 25 of the close and the change of SMA 25 since the candle before, in percent."""

    ma7: Floats
    ma25: Floats
    ma25_slope_percent: Floats
    fires: Booleans


def detect_ma_cross(series: KlineSeries) -> MaCrossSignal:
    """Fires where SMA7 < SMA25 and SMA25 falls: a level, not a crossing event. NaN before the 26th candle."""
    ma7, ma25 = moving_average(series.close, SHORT), moving_average(series.close, LONG)
    slope = np.full(len(series), np.nan)
    slope[1:] = (ma25[1:] - ma25[:-1]) / ma25[:-1] * 100
    return MaCrossSignal(ma7, ma25, slope, (ma7 < ma25) & (slope < 0))
