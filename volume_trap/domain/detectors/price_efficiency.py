"""Price efficiency: how little volume now moves the price, compared with before the trigger."""

from dataclasses import dataclass

import numpy as np

from volume_trap.domain.errors import DataInsufficient
from volume_trap.domain.indicators import windows
from volume_trap.domain.series import Booleans, Floats, KlineSeries

BASELINE_BARS = 30
LATEST_BARS = 5


@dataclass(frozen=True, slots=True)
class PriceEfficiencySignal:
    """Mean |close-open| / volume: ``baseline`` of the 30 candles ending at the trigger, ``mean`` of the latest
    up to 5 candles after it. Candles without volume are left out; NaN where all of them are."""

    baseline: float
    mean: Floats
    fires: Booleans


def detect_price_efficiency(series: KlineSeries, trigger: int, *, multiplier: float) -> PriceEfficiencySignal:
    """Fires strictly above multiplier x baseline. Raises DataInsufficient without 29 candles before the trigger."""
    if trigger + 1 < BASELINE_BARS:
        raise DataInsufficient(BASELINE_BARS, trigger + 1)
    moves, traded = _moves(series), series.volume > 0
    history = slice(trigger + 1 - BASELINE_BARS, trigger + 1)
    baseline = float(_window_means(moves[history], traded[history], BASELINE_BARS)[0])
    mean = _latest_means(moves, traded, trigger)
    return PriceEfficiencySignal(baseline, mean, mean > multiplier * baseline)


def _latest_means(moves: Floats, traded: Booleans, trigger: int) -> Floats:
    """Means over the latest 5 candles, of which those up to the trigger do not count."""
    first = trigger + 2 - LATEST_BARS
    counted = traded[first:].copy()
    counted[: LATEST_BARS - 1] = False
    if len(counted) < LATEST_BARS:
        return np.empty(0)
    return _window_means(moves[first:], counted, LATEST_BARS)


def _moves(series: KlineSeries) -> Floats:
    """Price move per unit of volume, 0 where nothing was traded."""
    moves = np.zeros(len(series))
    np.divide(np.abs(series.close - series.open), series.volume, out=moves, where=series.volume > 0)
    return moves


def _window_means(moves: Floats, traded: Booleans, length: int) -> Floats:
    sums = windows(np.where(traded, moves, 0.0), length).sum(axis=1)
    counts = windows(traded.astype(np.float64), length).sum(axis=1)
    means = np.full(len(sums), np.nan)
    np.divide(sums, counts, out=means, where=counts > 0)
    return means
