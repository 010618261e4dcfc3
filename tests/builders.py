"""Series of candles for tests, as plain numbers."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from volume_trap.domain.series import KlineSeries

FIRST_OPEN_TIME_MS = 1_767_225_600_000  # 2026-01-01 00:00 UTC
STEP_MS = 14_400_000  # 4 h

Bar = tuple[float, float, float, float, float]  # open, high, low, close, volume
QUIET: Bar = (100.0, 101.0, 99.0, 100.0, 1000.0)
# Twenty times the volume, ten times the range, closed near its low: both Discovery detectors fire after quiet bars.
TRIGGER: Bar = (100.0, 121.0, 99.5, 101.0, 20_000.0)


def series(bars: Sequence[Bar]) -> KlineSeries:
    """Consecutive 4 h candles from 2026 on."""
    return KlineSeries.from_table(table(bars))


def table(bars: Sequence[Bar]) -> NDArray[np.float64]:
    times = FIRST_OPEN_TIME_MS + STEP_MS * np.arange(len(bars), dtype=np.float64)
    return np.column_stack([times, np.array(bars, dtype=np.float64).reshape(-1, 5)])


def volumes(values: Sequence[float]) -> KlineSeries:
    """Flat prices with these volumes."""
    return series([(100.0, 101.0, 99.0, 100.0, volume) for volume in values])


def closes(values: Sequence[float]) -> KlineSeries:
    """Candles that open at the close before, one unit wide around both."""
    bars = []
    before = values[0]
    for close in values:
        bars.append((before, max(before, close) + 0.5, min(before, close) - 0.5, close, 1000.0))
        before = close
    return series(bars)


def restless_market(seed: int, length: int) -> NDArray[np.float64]:
    """A random walk with pumps that fade, so that every stage of a trap happens somewhere."""
    random = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(random.normal(-0.002, 0.01, length)))
    opened = np.concatenate([[100.0], close[:-1]])
    spread = np.abs(random.normal(0, 0.004, length)) * close + 1e-6
    high, low = np.maximum(opened, close) + spread, np.minimum(opened, close) - spread
    volume = random.lognormal(6, 0.4, length)
    for pump in np.flatnonzero(random.random(length) < 0.02):
        volume[pump] *= random.uniform(10, 30)
        high[pump] *= random.uniform(1.05, 1.4)
        volume[pump + 1 : pump + 40] *= random.uniform(0.05, 0.8)
    volume[random.random(length) < 0.01] = 0.0
    times = FIRST_OPEN_TIME_MS + STEP_MS * np.flatnonzero(random.random(length * 2) < 0.97)[:length].astype(np.float64)
    return np.column_stack([times, opened, high, low, close, volume])
