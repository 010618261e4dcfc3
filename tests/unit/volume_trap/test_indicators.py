"""Indicator arrays: independent of where a series starts, and equal to an independent library where it agrees."""

import numpy as np
import pytest
import talib
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import restless_market
from volume_trap.domain import indicators
from volume_trap.domain.evaluator import discover, evaluate_validation
from volume_trap.domain.series import KlineSeries
from volume_trap.domain.thresholds import Thresholds

pytestmark = [pytest.mark.unit, pytest.mark.requirement("P0-4")]


@given(seed=st.integers(0, 10_000), start=st.integers(0, 150), length=st.integers(31, 120))
@settings(max_examples=60, deadline=None)
def test_discovery_gives_the_same_last_digit_wherever_the_series_starts(seed, start, length):
    market = restless_market(seed, 300)
    whole = discover(KlineSeries.from_table(market), Thresholds())
    part = discover(KlineSeries.from_table(market[start : start + length]), Thresholds())
    judged = slice(start + 30, start + length)
    assert part.fires[30:].tolist() == whole.fires[judged].tolist()
    assert np.array_equal(part.rvol.ratio[30:], whole.rvol.ratio[judged])
    assert np.array_equal(part.amplitude.ratio[30:], whole.amplitude.ratio[judged])


@given(seed=st.integers(0, 10_000), index=st.integers(29, 199))
@settings(max_examples=60, deadline=None)
def test_validation_of_one_candle_equals_validation_of_years(seed, index):
    market = KlineSeries.from_table(restless_market(seed, 200))
    whole = evaluate_validation(market, 0, 200, Thresholds())
    single = evaluate_validation(market, index, index + 1, Thresholds())
    assert single.fires[0] == whole.fires[index]
    assert single.metrics(0) == whole.metrics(index)


def test_moving_averages_agree_with_ta_lib():
    close = restless_market(3, 400)[:, 4].copy()
    for length in (7, 25):
        ours, theirs = indicators.moving_average(close, length), talib.SMA(close, length)
        np.testing.assert_allclose(ours[length - 1 :], theirs[length - 1 :], rtol=1e-12)


def test_relative_volume_agrees_with_ta_lib():
    volume = restless_market(4, 400)[:, 5].copy()
    np.testing.assert_allclose(indicators.mean_before(volume, 20)[20:], talib.SMA(volume, 20)[19:-1], rtol=1e-12)


def test_true_range_agrees_with_ta_lib_after_the_first_candle():
    market = restless_market(5, 400)
    high, low, close = (market[:, column].copy() for column in (2, 3, 4))
    ours = indicators.true_range(high[None], low[None], close[None])[0]
    np.testing.assert_allclose(ours[1:], talib.TRANGE(high, low, close)[1:], rtol=1e-12)
    assert ours[0] == high[0] - low[0]


def test_on_balance_volume_differs_from_ta_lib_by_its_starting_value_only():
    market = restless_market(6, 400)
    close, volume = market[:, 4].copy(), market[:, 5].copy()
    ours = indicators.on_balance_volume(close[None], volume[None])[0]
    np.testing.assert_allclose(ours + volume[0], talib.OBV(close, volume), rtol=1e-9)


def test_the_exponential_average_is_not_wilders():
    row = np.array([[10.0, 1.0]])
    assert indicators.exponential_average(row, 14)[0, 1] == pytest.approx(2 / 15 * 1 + 13 / 15 * 10)
