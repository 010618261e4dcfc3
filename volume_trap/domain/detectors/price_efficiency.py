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


def efficiency_baseline(series: KlineSeries, trigger: int) -> float:
    """Mean over the 30 candles ending at the trigger. Raises DataInsufficient where there are fewer."""
    if trigger + 1 < BASELINE_BARS:
        raise DataInsufficient(BASELINE_BARS, trigger + 1)
    history = series.part(trigger + 1 - BASELINE_BARS, trigger + 1)
    return float(_window_means(_moves(history), history.volume > 0, BASELINE_BARS)[0])


def detect_price_efficiency(
    series: KlineSeries, first: int, *, baseline: float, multiplier: float
) -> PriceEfficiencySignal:
    """Fires strictly above multiplier x baseline. Position 0 is the candle at ``first``; none before it counts."""
    after = series.part(first, len(series))
    if not len(after):
        return PriceEfficiencySignal(baseline, np.empty(0), np.empty(0, dtype=bool))
    moves = np.concatenate([np.zeros(LATEST_BARS - 1), _moves(after)])
    traded = np.concatenate([np.zeros(LATEST_BARS - 1, dtype=bool), after.volume > 0])
    mean = _window_means(moves, traded, LATEST_BARS)
    return PriceEfficiencySignal(baseline, mean, mean > multiplier * baseline)


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
