"""Indicator arrays over whole series.

Means are taken over real windows, never by running sums: a value then depends on its own window only, so that
judging one new candle and replaying years give the same last digit.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from volume_trap.domain.series import Floats


def windows(values: Floats, length: int) -> Floats:
    """Every run of ``length`` consecutive values, one per row, oldest first."""
    return sliding_window_view(values, length)


def moving_average(values: Floats, length: int) -> Floats:
    """Mean of the ``length`` values ending at each position; NaN where there are fewer."""
    result = np.full(len(values), np.nan)
    if len(values) >= length:
        result[length - 1 :] = windows(values, length).mean(axis=1)
    return result


def mean_before(values: Floats, length: int) -> Floats:
    """Mean of the ``length`` values before each position, the position itself excluded; NaN where there are fewer."""
    result = np.full(len(values), np.nan)
    if len(values) > length:
        result[length:] = windows(values[:-1], length).mean(axis=1)
    return result


def ratio_or_zero(numerator: Floats, denominator: Floats) -> Floats:
    """Quotient, 0 where the denominator is 0; NaN stays NaN."""
    result = np.zeros_like(numerator)
    np.divide(numerator, denominator, out=result, where=denominator != 0)
    return result


def true_range(high: Floats, low: Floats, close: Floats) -> Floats:
    """Rows of max(H-L, |H-C'|, |L-C'|) with C' the close before; the first of each row is H-L."""
    spread = high - low
    result = spread.copy()
    before = close[:, :-1]
    gap = np.maximum(np.abs(high[:, 1:] - before), np.abs(low[:, 1:] - before))
    result[:, 1:] = np.maximum(spread[:, 1:], gap)
    return result


def exponential_average(rows: Floats, span: int) -> Floats:
    """Exponential average along each row, alpha = 2 / (span + 1), seeded with the row's first value."""
    alpha = 2.0 / (span + 1)
    result = np.empty_like(rows)
    result[:, 0] = rows[:, 0]
    for column in range(1, rows.shape[1]):
        result[:, column] = alpha * rows[:, column] + (1.0 - alpha) * result[:, column - 1]
    return result


def on_balance_volume(close: Floats, volume: Floats) -> Floats:
    """Rows of running volume signed by the change of close, 0 on the first of each row (Granville)."""
    result = np.zeros_like(close)
    np.cumsum(volume[:, 1:] * np.sign(np.diff(close, axis=1)), axis=1, out=result[:, 1:])
    return result
