"""What becomes of one trap over the candles after its trigger.

A pure function of the candles and of what is already decided, so that one pass over years and a pass per candle
give the same steps.
"""

from dataclasses import dataclass

from volume_trap.domain.enums import Stage, TrapStatus
from volume_trap.domain.evaluator import (
    FIRST_CONFIRMATION_BAR,
    Metrics,
    evaluate_confirmation,
    evaluate_validation,
    first_true,
)
from volume_trap.domain.invalidation import first_recovery
from volume_trap.domain.series import KlineSeries
from volume_trap.domain.thresholds import Thresholds

# Confirmation is tried up to this many candles after the trigger, Validation on this many from the confirming one.
LAST_CONFIRMATION_BAR = 399
VALIDATION_ATTEMPTS = 400
# Candles before the first new one that any open window can reach back to: a trigger 399 candles ago, its 30-candle
# baseline included.
CONTEXT_BARS = LAST_CONFIRMATION_BAR + 31


@dataclass(frozen=True, slots=True)
class TrapState:
    """What is already decided. Times are epoch milliseconds; ``None`` where a stage has not been reached."""

    status: TrapStatus
    trigger_time_ms: int
    trigger_close: float
    suspected_ms: int | None = None
    confirmed_ms: int | None = None

    @property
    def last_decided_ms(self) -> int:
        return max(self.trigger_time_ms, self.suspected_ms or 0, self.confirmed_ms or 0)


@dataclass(frozen=True, slots=True)
class Step:
    """One decision, on the candle at ``index`` of the series."""

    stage: Stage
    index: int
    metrics: Metrics


@dataclass(frozen=True, slots=True)
class Life:
    """The new steps in order, and whether the window of the next stage has passed."""

    steps: tuple[Step, ...]
    window_expired: bool


def follow(series: KlineSeries, state: TrapState, start: int, thresholds: Thresholds) -> Life:
    """Judge the candles from index ``start`` on, none of them before the last decision.

    A trigger or confirming candle that is not in ``series`` must lie more than CONTEXT_BARS before ``start``.
    """
    begin = max(start, series.first_index_after(state.last_decided_ms))
    recovery = first_recovery(series, state.trigger_close, begin)
    stop = len(series) if recovery is None else recovery
    steps = _stages(series, state, begin, stop, thresholds)
    if recovery is not None:
        metrics: Metrics = {
            "current_close": float(series.close[recovery]),
            "trigger_close": state.trigger_close,
        }
        steps.append(Step(Stage.INVALIDATION, recovery, metrics))
        return Life(tuple(steps), window_expired=False)
    return Life(tuple(steps), _window_expired(series, state, steps))


def _stages(series: KlineSeries, state: TrapState, begin: int, stop: int, thresholds: Thresholds) -> list[Step]:
    steps: list[Step] = []
    confirming = _confirming_index(series, state)
    if state.status is TrapStatus.PENDING:
        confirmation = _find_confirmation(series, state, begin, stop, thresholds)
        if confirmation is None:
            return steps
        steps.append(confirmation)
        confirming = begin = confirmation.index
    elif state.status is not TrapStatus.SUSPECTED:
        return steps
    validation = _find_validation(series, confirming, begin, stop, thresholds)
    return steps if validation is None else [*steps, validation]


def _confirming_index(series: KlineSeries, state: TrapState) -> int | None:
    return None if state.suspected_ms is None else series.index_of(state.suspected_ms)


def _find_confirmation(
    series: KlineSeries, state: TrapState, begin: int, stop: int, thresholds: Thresholds
) -> Step | None:
    trigger = series.index_of(state.trigger_time_ms)
    if trigger is None:
        return None
    first = max(begin, trigger + FIRST_CONFIRMATION_BAR)
    last = min(stop, trigger + LAST_CONFIRMATION_BAR + 1)
    if first >= last:
        return None
    confirmation = evaluate_confirmation(series.part(0, last), trigger, thresholds)
    position = first_true(confirmation.fires[first - trigger - 1 :])
    if position is None:
        return None
    index = first + position
    return Step(Stage.CONFIRMATION, index, confirmation.metrics(index - trigger - 1))


def _find_validation(
    series: KlineSeries, confirming: int | None, begin: int, stop: int, thresholds: Thresholds
) -> Step | None:
    if confirming is None:
        return None
    last = min(stop, confirming + VALIDATION_ATTEMPTS)
    if begin >= last:
        return None
    validation = evaluate_validation(series, begin, last, thresholds)
    position = first_true(validation.fires)
    if position is None:
        return None
    return Step(Stage.VALIDATION, begin + position, validation.metrics(position))


def _window_expired(series: KlineSeries, state: TrapState, steps: list[Step]) -> bool:
    """Whether the newest candle has used up the window of the stage that comes next."""
    newest = len(series) - 1
    reached = {step.stage: step.index for step in steps}
    if state.status is TrapStatus.CONFIRMED or Stage.VALIDATION in reached:
        return False
    if state.status is TrapStatus.SUSPECTED or Stage.CONFIRMATION in reached:
        confirming = reached.get(Stage.CONFIRMATION, _confirming_index(series, state))
        return confirming is None or newest - confirming >= VALIDATION_ATTEMPTS - 1
    trigger = series.index_of(state.trigger_time_ms)
    return trigger is None or newest - trigger >= LAST_CONFIRMATION_BAR
