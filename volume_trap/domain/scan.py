"""One pass over one series: new traps among the new candles, and the next steps of the traps already known."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from volume_trap.domain.enums import TrapStatus
from volume_trap.domain.evaluator import DISCOVERY_BARS, Metrics, Trigger, discover, trigger_at
from volume_trap.domain.lifecycle import CONTEXT_BARS, Life, TrapState, follow
from volume_trap.domain.series import KlineSeries
from volume_trap.domain.thresholds import Thresholds


@dataclass(frozen=True, slots=True)
class NewTrap:
    """A trigger candle at ``index`` and what became of it up to the end of the series."""

    index: int
    trigger: Trigger
    metrics: Metrics
    life: Life


@dataclass(frozen=True, slots=True)
class Verdict:
    """``continued`` has one entry per known trap, in the order given."""

    new: tuple[NewTrap, ...]
    continued: tuple[Life, ...]


def context_bars(known: Collection[TrapState], newest_ms: int, interval_ms: int) -> int:
    """How many candles before the first new one a pass needs: more only where a window may just have closed."""
    unsettled = any(
        state.status is not TrapStatus.CONFIRMED
        and not state.window_expired
        and not state.window_surely_open(newest_ms, interval_ms)
        for state in known
    )
    return CONTEXT_BARS if unsettled else DISCOVERY_BARS


def judge(
    series: KlineSeries,
    start: int,
    known: Sequence[TrapState],
    known_triggers_ms: Collection[int],
    thresholds: Thresholds,
    interval_ms: int,
) -> Verdict:
    """Judge the candles from index ``start`` on. Triggers in ``known_triggers_ms`` are not found again."""
    discovery = discover(series, thresholds)
    new = []
    for index in np.flatnonzero(discovery.fires[start:]) + start:
        if int(series.open_time_ms[index]) in known_triggers_ms:
            continue
        trigger = trigger_at(series, int(index))
        life = follow(series, TrapState(TrapStatus.PENDING, trigger), int(index) + 1, thresholds, interval_ms)
        new.append(NewTrap(int(index), trigger, discovery.metrics(int(index)), life))
    continued = tuple(follow(series, state, start, thresholds, interval_ms) for state in known)
    return Verdict(tuple(new), continued)
