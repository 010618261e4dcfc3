"""What each product app adds to the kernel, filled in its ``AppConfig.ready``; the kernel knows no product."""

from collections.abc import Callable, Mapping
from datetime import datetime

from monitor.domain.enums import Interval

# The open time from which on a product still needs the candles of an instrument, by instrument id, for one
# interval. Instruments without a need are left out.
HistoryGuard = Callable[[Interval], Mapping[int, datetime]]

history_guards: list[HistoryGuard] = []


def register_history_guard(guard: HistoryGuard) -> None:
    """Let ``guard`` protect candles from pruning. Registering it again changes nothing."""
    if guard not in history_guards:
        history_guards.append(guard)
