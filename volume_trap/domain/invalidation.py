"""The rule that ends a monitor: the price has recovered."""

from volume_trap.domain.evaluator import first_true
from volume_trap.domain.series import KlineSeries


def first_recovery(series: KlineSeries, trigger_close: float, start: int) -> int | None:
    """Index of the first candle from ``start`` on that closes strictly above the trigger's close."""
    position = first_true(series.close[start:] > trigger_close)
    return None if position is None else start + position
