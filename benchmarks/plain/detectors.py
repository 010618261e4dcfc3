"""The eight detectors as one would write them first: each reads its own candles and loops over them."""

import itertools
from collections.abc import Sequence
from statistics import fmean
from typing import Any

from monitor.models import Kline
from volume_trap.domain.thresholds import Thresholds

Bar = dict[str, float]
LIMITS = Thresholds()


def newest_bars(instrument_id: int, interval: str, count: int, up_to: Any = None) -> list[Bar]:
    """One query per detector, as model instances, oldest candle first."""
    rows = Kline.objects.filter(instrument_id=instrument_id, interval=interval)
    if up_to is not None:
        rows = rows.filter(open_time__lte=up_to)
    return [bar_of(row) for row in rows.order_by("-open_time")[:count]][::-1]


def bars_after(instrument_id: int, interval: str, after: Any, count: int) -> list[Bar]:
    rows = Kline.objects.filter(instrument_id=instrument_id, interval=interval, open_time__gt=after)
    return [bar_of(row) for row in rows.order_by("-open_time")[:count]][::-1]


def bar_of(row: Kline) -> Bar:
    return {name: float(getattr(row, name)) for name in ("open", "high", "low", "close", "volume")}


def rvol_fires(bars: Sequence[Bar]) -> bool:
    """``bars``: 21 of them, the judged one last."""
    mean = fmean(bar["volume"] for bar in bars[:-1])
    return mean > 0 and bars[-1]["volume"] / mean >= LIMITS.rvol_threshold


def amplitude_fires(bars: Sequence[Bar]) -> bool:
    """``bars``: 31 of them, the judged one last."""
    amplitudes = [(bar["high"] - bar["low"]) / bar["low"] * 100 for bar in bars]
    mean, newest = fmean(amplitudes[:-1]), bars[-1]
    spread = newest["high"] - newest["low"]
    shadow = (newest["high"] - newest["close"]) / spread * 100 if spread else 0.0
    return mean > 0 and amplitudes[-1] / mean >= LIMITS.amplitude_threshold and shadow >= 50


def retention_fires(bars: Sequence[Bar], trigger_volume: float) -> bool:
    """``bars``: the latest 3 after the trigger."""
    if len(bars) < 3:
        return False
    return fmean(bar["volume"] for bar in bars) / trigger_volume * 100 < LIMITS.volume_retention_threshold


def key_level_fires(bars: Sequence[Bar], trigger_low: float) -> bool:
    return bool(bars) and bars[-1]["close"] < trigger_low


def efficiency(bars: Sequence[Bar]) -> float | None:
    moves = [abs(bar["close"] - bar["open"]) / bar["volume"] for bar in bars if bar["volume"] > 0]
    return fmean(moves) if moves else None


def efficiency_fires(after: Sequence[Bar], history: Sequence[Bar]) -> bool:
    now, before = efficiency(after), efficiency(history)
    return now is not None and before is not None and now > LIMITS.pe_multiplier * before


def ma_cross_fires(bars: Sequence[Bar]) -> bool:
    """``bars``: 26 of them."""
    closes = [bar["close"] for bar in bars]
    if len(closes) < 26:
        return False
    long_now, long_before = fmean(closes[-25:]), fmean(closes[-26:-1])
    return fmean(closes[-7:]) < long_now < long_before


def obv_fires(bars: Sequence[Bar]) -> bool:
    """``bars``: 30 of them."""
    if len(bars) < 30:
        return False
    obv, closes = [0.0], [bar["close"] for bar in bars]
    for before, bar in itertools.pairwise(bars):
        direction = (bar["close"] > before["close"]) - (bar["close"] < before["close"])
        obv.append(obv[-1] + direction * bar["volume"])
    return not any(
        closes[end] <= min(closes[end - 4 : end + 1]) and obv[end] > min(obv[end - 4 : end + 1])
        for end in range(25, 30)
    )


def atr_fires(bars: Sequence[Bar]) -> bool:
    """``bars``: 30 of them."""
    if len(bars) < 30:
        return False
    values = [bars[0]["high"] - bars[0]["low"]]
    for before, bar in itertools.pairwise(bars):
        close = before["close"]
        true_range = max(bar["high"] - bar["low"], abs(bar["high"] - close), abs(bar["low"] - close))
        values.append(2 / 15 * true_range + 13 / 15 * values[-1])
    falling = all(later < earlier for earlier, later in zip(values[-5:], values[-4:], strict=False))
    return falling and values[-1] < LIMITS.atr_compression_threshold * fmean(values)
