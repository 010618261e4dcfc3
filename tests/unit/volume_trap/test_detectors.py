"""The eight detectors against values worked out by hand."""

import numpy as np
import pytest

from tests.builders import QUIET, closes, series, volumes
from volume_trap.domain.detectors import (
    detect_amplitude,
    detect_atr_compression,
    detect_key_level_breach,
    detect_ma_cross,
    detect_obv_decline,
    detect_price_efficiency,
    detect_rvol,
    detect_volume_retention,
    efficiency_baseline,
)
from volume_trap.domain.detectors.amplitude import has_true_upper_wick
from volume_trap.domain.errors import DataInsufficient, DetectorEvaluationFailed

pytestmark = [pytest.mark.unit, pytest.mark.requirement("P0-4")]


@pytest.mark.parametrize(
    ("history", "newest", "ratio", "fires"),
    [
        ([1000.0] * 20, 8000.0, 8.0, True),
        ([1000.0] * 20, 7500.0, 7.5, False),
        ([500.0 + 100 * step for step in range(20)], 11_600.0, 8.0, True),
        ([0.0] * 20, 8000.0, 0.0, False),
        ([1000.0] * 20, 0.0, 0.0, False),
    ],
)
def test_relative_volume_is_volume_over_the_mean_of_twenty_before(history, newest, ratio, fires):
    signal = detect_rvol(volumes([*history, newest]), threshold=8)
    assert signal.ratio[-1] == ratio
    assert signal.fires[-1] == fires


@pytest.mark.requirement("VT-A1")
def test_relative_volume_needs_twenty_candles_before():
    signal = detect_rvol(volumes([1000.0] * 19 + [9000.0]), threshold=8)
    assert np.isnan(signal.ratio).all()
    assert not signal.fires.any()


def amplitude_of(newest):
    ten_percent = (105.0, 110.0, 100.0, 105.0, 1000.0)
    return detect_amplitude(series([ten_percent] * 30 + [newest]), ratio_threshold=3, upper_shadow_threshold=0.5)


@pytest.mark.parametrize(
    ("newest", "ratio", "shadow", "fires"),
    [
        ((100.0, 130.0, 100.0, 115.0, 1.0), 3.0, 50.0, True),
        ((100.0, 130.0, 100.0, 115.1, 1.0), 3.0, 49.666666666666664, False),
        ((100.0, 129.9, 100.0, 100.0, 1.0), 2.99, 100.0, False),
        ((100.0, 100.0, 100.0, 100.0, 1.0), 0.0, 0.0, False),
    ],
)
def test_amplitude_compares_the_range_with_thirty_before_and_measures_the_shadow_from_the_close(
    newest, ratio, shadow, fires
):
    signal = amplitude_of(newest)
    assert signal.ratio[-1] == pytest.approx(ratio, rel=1e-12)
    assert signal.upper_shadow_percent[-1] == pytest.approx(shadow, rel=1e-12)
    assert signal.fires[-1] == fires


def test_thirty_flat_candles_before_give_an_amplitude_ratio_of_zero():
    flat = (100.0, 100.0, 100.0, 100.0, 1.0)
    wide = (100.0, 130.0, 100.0, 100.0, 1.0)
    signal = detect_amplitude(series([flat] * 30 + [wide]), ratio_threshold=3, upper_shadow_threshold=0.5)
    assert signal.ratio[-1] == 0
    assert not signal.fires[-1]


@pytest.mark.parametrize(
    ("newest", "expected"),
    [
        ((100.0, 110.0, 99.0, 101.0, 1.0), True),
        ((110.0, 110.0, 99.0, 99.0, 1.0), False),
        ((97.0, 99.9, 96.0, 97.0, 1.0), False),
    ],
    ids=["pump that fell back", "crash candle", "wick below the close before"],
)
def test_the_strict_wick_lies_above_the_body_of_a_candle_that_rose(newest, expected):
    assert has_true_upper_wick(series([QUIET, newest]))[-1] == expected


@pytest.mark.parametrize(("after", "percent", "fires"), [(1000.0, 12.5, True), (1200.0, 15.0, False)])
def test_volume_retention_fires_strictly_below_the_threshold(after, percent, fires):
    signal = detect_volume_retention(volumes([8000.0, *[after] * 5]), 1, trigger_volume=8000.0, threshold_percent=15)
    assert signal.percent[-1] == percent
    assert signal.fires[-1] == fires


def test_volume_retention_looks_at_the_latest_three_and_needs_three():
    signal = detect_volume_retention(
        volumes([1000.0, 900.0, 900.0, 900.0, 0.0, 0.0, 0.0]), 1, trigger_volume=1000.0, threshold_percent=15
    )
    assert np.isnan(signal.percent[:2]).all()
    assert signal.percent[2:].tolist() == [90.0, 60.0, 30.0, 0.0]


@pytest.mark.parametrize(("close", "breach", "fires"), [(48_500.0, 1.0204081632653061, True), (49_000.0, 0.0, False)])
def test_the_key_level_is_the_low_of_the_trigger_and_must_be_undercut(close, breach, fires):
    trigger = (50_000.0, 51_000.0, 49_000.0, 50_000.0, 1.0)
    signal = detect_key_level_breach(
        series([trigger, (close, 50_000.0, 48_000.0, close, 1.0)]), 1, trigger_low=49_000.0
    )
    assert signal.key_level == 49_000.0
    assert signal.breach_percent[-1] == pytest.approx(breach, rel=1e-12)
    assert signal.fires[-1] == fires


def moves(*efficiencies):
    return [(100.0, 200.0, 50.0, 100.0 + move * 1000, 1000.0) for move in efficiencies]


def efficiency_after(after):
    bars = series([*moves(*[0.001] * 30), *after])
    baseline = efficiency_baseline(bars, 29)
    return detect_price_efficiency(bars, 30, baseline=baseline, multiplier=2)


@pytest.mark.parametrize(("now", "fires"), [(0.003, True), (0.0015, False), (0.0019999, False)])
def test_price_efficiency_fires_strictly_above_twice_the_history(now, fires):
    signal = efficiency_after(moves(*[now] * 3))
    assert signal.baseline == pytest.approx(0.001, rel=1e-9)
    assert signal.mean[-1] == pytest.approx(now, rel=1e-9)
    assert signal.fires[-1] == fires


def test_price_efficiency_of_exactly_twice_the_history_does_not_fire():
    bars = series(moves(*[0.001] * 3))
    baseline = detect_price_efficiency(bars, 0, baseline=1.0, multiplier=2).mean[-1] / 2
    assert not detect_price_efficiency(bars, 0, baseline=baseline, multiplier=2).fires[-1]


def test_price_efficiency_averages_at_most_five_candles_after_the_trigger():
    assert efficiency_after(moves(1, 2, 3, 4, 5, 6)).mean == pytest.approx([1, 1.5, 2, 2.5, 3, 4])


def test_price_efficiency_leaves_out_candles_without_volume():
    quiet = [(100.0, 200.0, 50.0, 150.0, 0.0)]
    signal = efficiency_after(quiet + moves(0.004) + quiet)
    assert np.isnan(signal.mean[0])
    assert signal.mean[1:] == pytest.approx([0.004, 0.004])
    assert not signal.fires[0]


def test_a_history_without_any_volume_has_no_baseline_and_never_fires():
    bars = series([(100.0, 101.0, 99.0, 100.5, 0.0)] * 30)
    baseline = efficiency_baseline(bars, 29)
    assert np.isnan(baseline)
    assert not detect_price_efficiency(series(moves(1, 2, 3)), 0, baseline=baseline, multiplier=2).fires.any()


@pytest.mark.requirement("ERR_DATA_INSUFFICIENT")
def test_the_efficiency_baseline_needs_thirty_candles_up_to_the_trigger():
    with pytest.raises(DataInsufficient) as refused:
        efficiency_baseline(series(moves(*[0.001] * 35)), 28)
    assert (refused.value.needed, refused.value.available) == (30, 29)
    assert refused.value.code == "ERR_DATA_INSUFFICIENT"


def test_the_average_cross_is_a_level_and_needs_a_falling_long_average():
    falling = detect_ma_cross(closes([200.0 - step for step in range(40)]))
    rising = detect_ma_cross(closes([100.0 + step for step in range(40)]))
    assert falling.fires[25:].all()
    assert not falling.fires[:25].any()
    assert not rising.fires.any()


def test_flat_prices_have_no_slope_and_no_cross():
    signal = detect_ma_cross(closes([100.0] * 40))
    assert (signal.ma25_slope_percent[25:] == 0).all()
    assert not signal.fires.any()


def test_a_new_low_on_falling_on_balance_volume_is_no_divergence():
    signal = detect_obv_decline(closes([200.0 - step for step in range(40)]), lookback=5)
    assert signal.fires[29:].all()
    assert not signal.fires[:29].any()


def test_a_new_low_without_a_new_low_of_on_balance_volume_is_a_divergence():
    prices = [100.0] * 30 + [99.0, 99.5, 98.0]
    bars = closes(prices)
    bars.volume[30:] = [5000.0, 4000.0, 10.0]
    signal = detect_obv_decline(bars, lookback=5)
    assert signal.divergence[-1]
    assert not signal.fires[-1]


def test_a_range_that_dries_up_fires_and_a_steady_one_does_not():
    shrinking = [(100.0, 100.0 + width, 100.0 - width, 100.0, 1.0) for width in [10.0] * 12 + [0.1] * 18]
    assert detect_atr_compression(series(shrinking), threshold=0.5).fires[-1]
    assert not detect_atr_compression(series([QUIET] * 30), threshold=0.5).fires[-1]


def test_the_average_true_range_is_seeded_with_the_first_range_of_its_thirty():
    bars = [(100.0, 102.0, 100.0, 101.0, 1.0)] + [(101.0, 102.0, 101.0, 101.0, 1.0)] * 29
    value = 2.0
    for _ in range(29):
        value = 2 / 15 * 1.0 + 13 / 15 * value
    assert detect_atr_compression(series(bars), threshold=0.5).atr[-1] == pytest.approx(value, rel=1e-12)


@pytest.mark.requirement("SEC-3")
@pytest.mark.requirement("ERR_DETECTOR_EVALUATION_FAILED")
@pytest.mark.parametrize(
    "impossible",
    [(100.0, 99.0, 101.0, 100.0, 1.0), (1.0, 1.0, 0.0, 1.0, 1.0), (1.0, 1.0, 1.0, 1.0, -1.0), (np.nan, 1, 1, 1, 1)],
    ids=["high below low", "low of zero", "negative volume", "not a number"],
)
def test_candles_that_no_market_can_produce_are_refused_by_name(impossible):
    with pytest.raises(DetectorEvaluationFailed, match="2026-01-01 04:00") as refused:
        series([QUIET, impossible])
    assert refused.value.code == "ERR_DETECTOR_EVALUATION_FAILED"
