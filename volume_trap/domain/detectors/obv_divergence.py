"""On-balance volume: a decline that nobody buys into shows no bottom divergence."""

from dataclasses import dataclass

import numpy as np

from volume_trap.domain.indicators import on_balance_volume, windows
from volume_trap.domain.series import Booleans, Floats, KlineSeries

BARS = 30


@dataclass(frozen=True, slots=True)
class ObvSignal:
    """Per candle: OBV counted from the first of the 30 candles ending there, and whether a divergence is recent."""

    obv: Floats
    divergence: Booleans
    fires: Booleans


def detect_obv_decline(series: KlineSeries, *, lookback: int) -> ObvSignal:
    """Fires where none of the last ``lookback`` candles diverges: a new low of the close over ``lookback`` candles
    without a new low of OBV. Never fires before the 30th candle."""
    obv, divergence = np.full(len(series), np.nan), np.zeros(len(series), dtype=bool)
    fires = np.zeros(len(series), dtype=bool)
    if len(series) < BARS:
        return ObvSignal(obv, divergence, fires)
    close, volume = windows(series.close, BARS), windows(series.volume, BARS)
    rows = on_balance_volume(close, volume)
    obv[BARS - 1 :] = rows[:, -1]
    divergence[BARS - 1 :] = _recent_divergence(close, rows, lookback)
    fires[BARS - 1 :] = ~divergence[BARS - 1 :]
    return ObvSignal(obv, divergence, fires)


def _recent_divergence(close: Floats, obv: Floats, lookback: int) -> Booleans:
    found = np.zeros(len(close), dtype=bool)
    for end in range(BARS - lookback, BARS):
        window = slice(max(end + 1 - lookback, 0), end + 1)
        new_low = close[:, end] <= close[:, window].min(axis=1)
        found |= new_low & (obv[:, end] > obv[:, window].min(axis=1))
    return found
