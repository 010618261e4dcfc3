"""python-binance, in an environment of its own, understands the simulator without a change."""

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.proof

DAY_MS = 86_400_000


def test_python_binance_reads_listings_candles_tickers_and_refusals(
    understood_by: Callable[[str], dict[str, Any]],
):
    found = understood_by("python-binance")
    assert len(found["spot_symbols"]) >= 60
    assert {"币安人生USDT", "BTCUSDT_261225"} <= set(found["futures_symbols"])
    assert found["symbol_info"]["filterType"] == "PRICE_FILTER"
    assert len(found["klines"]) == 1000
    assert all(len(row) == 12 for row in found["klines"])
    assert len(found["futures_klines"]) == 20
    assert {after - before for before, after in zip(found["history"], found["history"][1:])} == {DAY_MS}
    assert len(found["history"]) >= 400
    assert min(found["tickers"], found["futures_tickers"]) >= 60
    assert found["ticker"]["symbol"] == "BTCUSDT"
    numbers = [trade["a"] for trade in found["aggregates"]]
    assert numbers == list(range(numbers[0], numbers[0] + 30))
    assert found["bad_symbol"] == [400, -1121, "Invalid symbol."]
    assert found["bad_interval"] == [400, -1120, "Invalid interval."]
    assert int(found["used_weight"]) > 0
    assert found["asynchronous"] == 7
