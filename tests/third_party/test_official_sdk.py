"""The exchange's own SDK, in an environment of its own, understands the simulator without a change."""

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.proof


def test_the_official_sdk_reads_both_markets_and_maps_every_refusal(understood_by: Callable[[str], dict[str, Any]]):
    found = understood_by("official-sdk")
    assert found["server_time_us"] // 1000 - found["server_time"] < 60_000
    assert len(found["spot_symbols"]) >= 60
    assert {"币安人生USDT", "BTCUSDT_261225"} <= set(found["futures_symbols"])
    assert (found["klines"], found["futures_klines"]) == (50, 99)
    assert found["ticker_symbol"] == "ETHUSDT"
    assert found["bad_symbol"] == ["BadRequestError", "(-1121, 'Invalid symbol.')"]
    assert found["rate_limited"][0] == "TooManyRequestsError"
    assert found["banned"][0] == "RateLimitBanError"
    assert found["broken"][0] == "ServerError"
