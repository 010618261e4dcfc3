"""Thresholds from the environment: decimals allowed, nonsense refused with a sentence that helps."""

import pytest

from monitor.domain.enums import Interval
from volume_trap.domain.errors import InvalidInterval, InvalidThreshold
from volume_trap.domain.thresholds import Thresholds

pytestmark = pytest.mark.unit


def test_nothing_set_means_the_specifications_defaults():
    assert Thresholds.parse({}) == Thresholds(8, 3, 0.5, 15, 2, 5, 0.5, Interval.H4, 180, "default")


@pytest.mark.parametrize(
    ("name", "raw", "attribute", "value"),
    [
        ("RVOL_THRESHOLD", "8.5", "rvol_threshold", 8.5),
        ("AMPLITUDE_THRESHOLD", "2.25", "amplitude_threshold", 2.25),
        ("UPPER_SHADOW_THRESHOLD", "1", "upper_shadow_threshold", 1.0),
        ("VOLUME_RETENTION_THRESHOLD", "0", "volume_retention_threshold", 0.0),
        ("PE_MULTIPLIER", "1.5", "pe_multiplier", 1.5),
        ("OBV_LOOKBACK_PERIODS", "20", "obv_lookback_periods", 20),
        ("ATR_COMPRESSION_THRESHOLD", "0.25", "atr_compression_threshold", 0.25),
        ("DEFAULT_INTERVAL", "1d", "default_interval", Interval.D1),
        ("RETENTION_DAYS", "30", "retention_days", 30),
        ("PRESET", "strict", "preset", "strict"),
    ],
)
def test_every_threshold_can_be_set(name, raw, attribute, value):
    assert getattr(Thresholds.parse({name: raw}), attribute) == value


@pytest.mark.parametrize(
    ("name", "raw", "hint"),
    [
        ("RVOL_THRESHOLD", "0.5", "a number of at least 1"),
        ("RVOL_THRESHOLD", "nan", "a number of at least 1"),
        ("RVOL_THRESHOLD", "inf", "a number of at least 1"),
        ("RVOL_THRESHOLD", "eight", "a number of at least 1"),
        ("UPPER_SHADOW_THRESHOLD", "50", "a number from 0 to 1"),
        ("VOLUME_RETENTION_THRESHOLD", "101", "a number from 0 to 100"),
        ("OBV_LOOKBACK_PERIODS", "5.5", "a whole number from 3 to 20"),
        ("OBV_LOOKBACK_PERIODS", "2", "a whole number from 3 to 20"),
        ("RETENTION_DAYS", "29", "a whole number of at least 30"),
        ("PRESET", "loose", "default, strict"),
        ("PE_EFFICIENCY_MULTIPLIER", "2", "PE_MULTIPLIER"),
    ],
)
def test_a_wrong_value_is_refused_with_what_would_be_right(name, raw, hint):
    with pytest.raises(InvalidThreshold, match=hint) as refused:
        Thresholds.parse({name: raw})
    assert f"VT_{name}" in str(refused.value)


@pytest.mark.requirement("ERR_INVALID_INTERVAL")
def test_an_unknown_interval_lists_the_known_ones():
    with pytest.raises(InvalidInterval, match="1h, 4h, 1d") as refused:
        Thresholds.parse({"DEFAULT_INTERVAL": "2h"})
    assert refused.value.code == "ERR_INVALID_INTERVAL"
