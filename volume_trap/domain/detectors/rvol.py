"""Relative volume: how many times the usual volume was traded."""

from dataclasses import dataclass

from volume_trap.domain.indicators import mean_before, ratio_or_zero
from volume_trap.domain.series import Booleans, Floats, KlineSeries

LOOKBACK = 20


@dataclass(frozen=True, slots=True)
class RvolSignal:
    """Per candle: volume over the mean volume of the 20 candles before it (0 where that mean is 0)."""

    ratio: Floats
    fires: Booleans


def detect_rvol(series: KlineSeries, *, threshold: float) -> RvolSignal:
    """Fires at ratio >= threshold; a candle without 20 predecessors has NaN and never fires."""
    ratio = ratio_or_zero(series.volume, mean_before(series.volume, LOOKBACK))
    return RvolSignal(ratio, ratio >= threshold)
