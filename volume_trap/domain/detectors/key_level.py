"""Key level: the close has fallen through the trigger candle."""

from dataclasses import dataclass

from volume_trap.domain.series import Booleans, Floats, KlineSeries


@dataclass(frozen=True, slots=True)
class KeyLevelSignal:
    """The level and, per candle after the trigger, how far below it the close lies in percent (negative: above)."""

    key_level: float
    breach_percent: Floats
    fires: Booleans


def detect_key_level_breach(series: KlineSeries, trigger: int) -> KeyLevelSignal:
    """Fires strictly below the level, which is the lower of the trigger's midpoint and low: always its low."""
    level = float(series.low[trigger])
    close = series.close[trigger + 1 :]
    return KeyLevelSignal(level, (level - close) / level * 100, close < level)
