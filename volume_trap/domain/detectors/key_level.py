"""Key level: the close has fallen through the trigger candle."""

from dataclasses import dataclass

from volume_trap.domain.series import Booleans, Floats, KlineSeries


@dataclass(frozen=True, slots=True)
class KeyLevelSignal:
    """The level and, per candle after the trigger, how far below it the close lies in percent (negative: above)."""

    key_level: float
    breach_percent: Floats
    fires: Booleans


def detect_key_level_breach(series: KlineSeries, first: int, *, trigger_low: float) -> KeyLevelSignal:
    """Fires strictly below the level, which is the lower of the trigger's midpoint and low: always its low.

    Position 0 is the candle at ``first``.
    """
    close = series.close[first:]
    return KeyLevelSignal(trigger_low, (trigger_low - close) / trigger_low * 100, close < trigger_low)
