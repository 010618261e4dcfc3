"""What becomes of a trap: order of stages, windows, recovery; and the same steps however often one looks."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import QUIET, STEP_MS, TRIGGER, restless_market, series
from volume_trap.domain.enums import Stage, TrapStatus
from volume_trap.domain.evaluator import trigger_at
from volume_trap.domain.lifecycle import TrapState, follow
from volume_trap.domain.scan import context_bars, judge
from volume_trap.domain.series import KlineSeries
from volume_trap.domain.thresholds import Thresholds

pytestmark = [pytest.mark.unit, pytest.mark.requirement("P0-4")]

# Loose enough that random candles walk through every stage.
LOOSE = Thresholds(
    rvol_threshold=4, amplitude_threshold=1.5, upper_shadow_threshold=0.3, volume_retention_threshold=60,
    pe_multiplier=1, atr_compression_threshold=1,
)  # fmt: skip
FADED = (99.0, 99.2, 98.0, 98.2, 20.0)  # under the trigger's low, hardly any volume, a large move for it


def trap(bars, trigger):
    return TrapState(TrapStatus.PENDING, trigger_at(bars, trigger))


def lived(after, thresholds=None):
    """The life of a trap whose trigger stands at index 30, and its series."""
    bars = series([*[QUIET] * 30, TRIGGER, *after])
    return follow(bars, trap(bars, 30), 31, thresholds or Thresholds(), STEP_MS), bars


def stages(life):
    return [(step.stage, step.index - 30) for step in life.steps]


def test_a_fade_is_confirmed_on_the_third_candle_at_the_earliest():
    life, _ = lived([FADED] * 5)
    assert stages(life) == [(Stage.CONFIRMATION, 3)]


def test_confirmation_shows_the_values_it_was_based_on():
    life, _ = lived([FADED] * 3)
    metrics = life.steps[0].metrics
    assert metrics["volume_retention_percent"] == pytest.approx(0.1)
    assert metrics["key_level"] == 99.5
    assert metrics["key_level_breach_percent"] == pytest.approx(1.306532663)
    assert metrics["price_efficiency"] == pytest.approx(0.04)


def test_a_close_above_the_triggers_close_ends_it_and_nothing_follows():
    recovery = (100.0, 102.0, 100.0, 101.1, 20.0)
    life, _ = lived([FADED, FADED, recovery, FADED, FADED, FADED])
    assert stages(life) == [(Stage.INVALIDATION, 3)]


def test_a_close_equal_to_the_triggers_close_is_no_recovery():
    life, _ = lived([(100.0, 102.0, 100.0, 101.0, 20_000.0)] * 5)
    assert life.steps == ()


def test_confirmation_is_tried_last_on_the_399th_candle_after_the_trigger():
    in_time, _ = lived([(100.0, 101.0, 99.6, 100.0, 10_000.0)] * 396 + [FADED] * 3)
    too_late, _ = lived([(100.0, 101.0, 99.6, 100.0, 10_000.0)] * 397 + [FADED] * 4)
    assert stages(in_time) == [(Stage.CONFIRMATION, 399)]
    assert too_late.steps == ()


@pytest.mark.parametrize(("candles", "expired"), [(398, False), (399, True), (450, True)])
def test_an_unconfirmed_trap_is_flagged_when_its_400_candles_are_used_up(candles, expired):
    life, _ = lived([(100.0, 101.0, 99.6, 100.0, 4000.0)] * candles)
    assert life.window_expired == expired


@pytest.mark.parametrize(("candles", "expired"), [(401, False), (402, True)])
def test_a_suspected_trap_is_flagged_when_its_own_400_candles_are_used_up(candles, expired):
    noisy = [(99.0, 99.2, 98.0, 98.2, 20.0), (98.2, 99.2, 98.0, 99.0, 20.0)]
    life, _ = lived([FADED, FADED, FADED, *(noisy * 250)[: candles - 3]])
    assert stages(life) == [(Stage.CONFIRMATION, 3)]
    assert life.window_expired == expired


def test_recovery_has_no_limit():
    recovery = (100.0, 102.0, 100.0, 101.1, 20.0)
    life, _ = lived([(100.0, 101.0, 99.6, 100.0, 4000.0)] * 900 + [recovery])
    assert stages(life) == [(Stage.INVALIDATION, 901)]
    assert not life.window_expired


def test_validation_may_pass_on_the_very_candle_that_confirmed():
    quiet_fall = [
        (99.0 - step / 100, 99.1 - step / 100, 98.8 - step / 100, 98.9 - step / 100, 500.0) for step in range(60)
    ]
    everything = replace(Thresholds(), volume_retention_threshold=3, pe_multiplier=1, atr_compression_threshold=0.9)
    life, _ = lived(quiet_fall, everything)
    assert [stage for stage, _ in stages(life)][:2] == [Stage.CONFIRMATION, Stage.VALIDATION]


def test_a_confirmed_trap_only_waits_for_recovery():
    bars = series([*[QUIET] * 30, TRIGGER, *[FADED] * 10])
    state = replace(
        trap(bars, 30),
        status=TrapStatus.CONFIRMED,
        suspected_ms=int(bars.open_time_ms[33]),
        confirmed_ms=int(bars.open_time_ms[35]),
    )
    assert follow(bars, state, 34, Thresholds(), STEP_MS).steps == ()


def test_candles_up_to_the_last_decision_are_not_judged_again():
    recovered_before_it_was_suspected = (100.0, 102.0, 100.0, 101.1, 20.0)
    bars = series([*[QUIET] * 30, TRIGGER, recovered_before_it_was_suspected, FADED, FADED, FADED])
    state = replace(trap(bars, 30), status=TrapStatus.SUSPECTED, suspected_ms=int(bars.open_time_ms[34]))
    assert follow(bars, state, 31, Thresholds(), STEP_MS).steps == ()


# --- one pass equals many ---------------------------------------------------------------------


def scan_once(market):
    """Every trap with its steps, in one pass over everything."""
    bars = KlineSeries.from_table(market)
    verdict = judge(bars, 0, [], set(), LOOSE, STEP_MS)
    return {
        int(bars.open_time_ms[new.index]): (
            [(step.stage, int(bars.open_time_ms[step.index]), step.metrics) for step in new.life.steps],
            new.life.window_expired,
        )
        for new in verdict.new
    }


def scan_in_passes(market, cuts):
    """The same in several passes, each reading only new candles and the context it asks for."""
    traps = {}
    states = {}
    start = 0
    for stop in [*cuts, len(market)]:
        alive = {time: state for time, state in states.items() if state.status is not TrapStatus.INVALIDATED}
        newest_ms = int(market[stop - 1, 0])
        first = max(start - context_bars(alive.values(), newest_ms, STEP_MS), 0)
        bars = KlineSeries.from_table(market[first:stop])
        verdict = judge(bars, start - first, list(alive.values()), set(states), LOOSE, STEP_MS)
        for (time, state), life in zip(alive.items(), verdict.continued, strict=True):
            advance(traps, states, time, state, bars, life)
        for new in verdict.new:
            time = int(bars.open_time_ms[new.index])
            advance(traps, states, time, TrapState(TrapStatus.PENDING, new.trigger), bars, new.life)
        start = stop
    return traps


def advance(traps, states, time, state, bars, life):
    steps, _ = traps.get(time, ([], False))
    for step in life.steps:
        at = int(bars.open_time_ms[step.index])
        steps.append((step.stage, at, step.metrics))
        state = {
            Stage.CONFIRMATION: replace(state, status=TrapStatus.SUSPECTED, suspected_ms=at),
            Stage.VALIDATION: replace(state, status=TrapStatus.CONFIRMED, confirmed_ms=at),
            Stage.INVALIDATION: replace(state, status=TrapStatus.INVALIDATED),
        }[step.stage]
    traps[time] = (steps, life.window_expired)
    states[time] = replace(state, window_expired=life.window_expired)


@given(
    seed=st.integers(0, 10_000),
    length=st.integers(31, 1200),
    cuts=st.lists(st.integers(1, 1199), max_size=12, unique=True),
)
@settings(max_examples=120, deadline=None)
def test_one_pass_gives_the_same_steps_times_and_values_as_any_number_of_passes(seed, length, cuts):
    market = restless_market(seed, length)
    assert scan_in_passes(market, sorted(cut for cut in cuts if cut < length)) == scan_once(market)


@given(seed=st.integers(0, 10_000))
@settings(max_examples=10, deadline=None)
def test_one_pass_gives_the_same_as_a_pass_per_candle(seed):
    market = restless_market(seed, 500)
    assert scan_in_passes(market, list(range(1, 500))) == scan_once(market)


def test_the_random_markets_of_these_properties_reach_every_stage():
    reached = {
        stage
        for seed in range(12)
        for steps, _ in scan_once(restless_market(seed, 1200)).values()
        for stage, _, _ in steps
    }
    assert reached == {Stage.CONFIRMATION, Stage.VALIDATION, Stage.INVALIDATION}
