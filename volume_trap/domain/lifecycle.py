"""What becomes of one trap over the candles after its trigger.

A pure function of the candles and of what is already decided, so that one pass over years and a pass per candle
give the same steps.
"""

from dataclasses import dataclass

from volume_trap.domain.enums import Stage, TrapStatus
from volume_trap.domain.evaluator import (
    FIRST_CONFIRMATION_BAR,
    Metrics,
    Trigger,
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
# With this many candles before the first new one, a trigger or confirming candle whose window may still be open is
# in the series.
CONTEXT_BARS = 401


@dataclass(frozen=True, slots=True)
class TrapState:
    """What is already decided. Times are epoch milliseconds; ``None`` where a stage has not been reached."""

    status: TrapStatus
    trigger: Trigger
    suspected_ms: int | None = None
    confirmed_ms: int | None = None
    window_expired: bool = False

    @property
    def last_decided_ms(self) -> int:
        return max(self.trigger.time_ms, self.suspected_ms or 0, self.confirmed_ms or 0)

    def window_surely_open(self, newest_ms: int, interval_ms: int) -> bool:
        """Whether the candle at ``newest_ms`` lies in the window of the next stage even if no candle is missing."""
        opened, length = self.trigger.time_ms, LAST_CONFIRMATION_BAR
        if self.suspected_ms is not None:
            opened, length = self.suspected_ms, VALIDATION_ATTEMPTS - 1
        return newest_ms - opened <= length * interval_ms


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


def follow(series: KlineSeries, state: TrapState, start: int, thresholds: Thresholds, interval_ms: int) -> Life:
    """Judge the candles from index ``start`` on, none of them before the last decision.

    A trigger or confirming candle may be older than the series if its window is surely open or surely over
    (``CONTEXT_BARS`` candles before ``start`` settle that).
    """
    begin = max(start, series.first_index_after(state.last_decided_ms))
    recovery = first_recovery(series, state.trigger.close, begin)
    stop = len(series) if recovery is None else recovery
    search = _Search(series, state, thresholds, interval_ms)
    steps = search.stages(begin, stop)
    if recovery is not None:
        metrics: Metrics = {"current_close": float(series.close[recovery]), "trigger_close": state.trigger.close}
        steps.append(Step(Stage.INVALIDATION, recovery, metrics))
        return Life(tuple(steps), window_expired=False)
    return Life(tuple(steps), search.window_expired(steps))


@dataclass(frozen=True, slots=True)
class _Search:
    """Looks for the next stages of one trap in one series."""

    series: KlineSeries
    state: TrapState
    thresholds: Thresholds
    interval_ms: int

    def stages(self, begin: int, stop: int) -> list[Step]:
        if self.state.window_expired or self.state.status is TrapStatus.CONFIRMED:
            return []
        if self.state.status is TrapStatus.SUSPECTED:
            return self._validation(begin, min(stop, self._window_end()))
        confirmation = self._confirmation(begin, min(stop, self._window_end()))
        if confirmation is None:
            return []
        index = confirmation.index
        return [confirmation, *self._validation(index, min(stop, index + VALIDATION_ATTEMPTS))]

    def window_expired(self, steps: list[Step]) -> bool:
        """Whether the newest candle has used up the window of the stage that comes next."""
        reached = {step.stage: step.index for step in steps}
        if self.state.status is TrapStatus.CONFIRMED or Stage.VALIDATION in reached:
            return False
        if Stage.CONFIRMATION in reached:
            return len(self.series) >= reached[Stage.CONFIRMATION] + VALIDATION_ATTEMPTS
        return self.state.window_expired or len(self.series) >= self._window_end(beyond=1)

    def _window_end(self, beyond: int = 0) -> int:
        """Index after the last candle on which the next stage is tried; ``beyond`` the series' end where later."""
        suspected = self.state.suspected_ms
        opened = self.state.trigger.time_ms if suspected is None else suspected
        index = self.series.index_of(opened)
        if index is not None:
            return index + (LAST_CONFIRMATION_BAR + 1 if suspected is None else VALIDATION_ATTEMPTS)
        newest_ms = int(self.series.open_time_ms[-1]) if len(self.series) else opened
        return len(self.series) + beyond if self.state.window_surely_open(newest_ms, self.interval_ms) else 0

    def _confirmation(self, begin: int, stop: int) -> Step | None:
        trigger = self.series.index_of(self.state.trigger.time_ms)
        after = 0 if trigger is None else trigger + 1
        first = max(begin, after + FIRST_CONFIRMATION_BAR - 1)
        if first >= stop:
            return None
        candles = self.series.part(0, stop)
        confirmation = evaluate_confirmation(candles, after, self.state.trigger, self.thresholds)
        position = first_true(confirmation.fires[first - after :])
        if position is None:
            return None
        return Step(Stage.CONFIRMATION, first + position, confirmation.metrics(first + position - after))

    def _validation(self, begin: int, stop: int) -> list[Step]:
        if begin >= stop:
            return []
        validation = evaluate_validation(self.series, begin, stop, self.thresholds)
        position = first_true(validation.fires)
        if position is None:
            return []
        return [Step(Stage.VALIDATION, begin + position, validation.metrics(position))]
