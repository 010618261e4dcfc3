"""One pass over one series: new traps among the new candles, and the next steps of the traps already known."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from volume_trap.domain.enums import TrapStatus
from volume_trap.domain.evaluator import DISCOVERY_BARS, Metrics, discover
from volume_trap.domain.lifecycle import CONTEXT_BARS, Life, TrapState, follow
from volume_trap.domain.series import KlineSeries
from volume_trap.domain.thresholds import Thresholds


@dataclass(frozen=True, slots=True)
class NewTrap:
    """A trigger candle at ``index`` and what became of it up to the end of the series."""

    index: int
    metrics: Metrics
    life: Life


@dataclass(frozen=True, slots=True)
class Verdict:
    """``continued`` has one entry per known trap, in the order given."""

    new: tuple[NewTrap, ...]
    continued: tuple[Life, ...]


def context_bars(known: Collection[TrapState]) -> int:
    """How many candles before the first new one a pass needs: more where a trap's window may still be open."""
    return CONTEXT_BARS if any(state.status is not TrapStatus.CONFIRMED for state in known) else DISCOVERY_BARS


def judge(
    series: KlineSeries,
    start: int,
    known: Sequence[TrapState],
    known_triggers_ms: Collection[int],
    thresholds: Thresholds,
) -> Verdict:
    """Judge the candles from index ``start`` on. Triggers in ``known_triggers_ms`` are not found again."""
    discovery = discover(series, thresholds)
    new = []
    for index in np.flatnonzero(discovery.fires[start:]) + start:
        trigger = int(index)
        trigger_ms = int(series.open_time_ms[trigger])
        if trigger_ms in known_triggers_ms:
            continue
        state = TrapState(TrapStatus.PENDING, trigger_ms, float(series.close[trigger]))
        life = follow(series, state, trigger + 1, thresholds)
        new.append(NewTrap(trigger, discovery.metrics(trigger), life))
    continued = tuple(follow(series, state, start, thresholds) for state in known)
    return Verdict(tuple(new), continued)
