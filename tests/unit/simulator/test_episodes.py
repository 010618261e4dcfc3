"""The scheduled stories: the detectors of volume traps find every phase on every interval."""

from collections import Counter

import numpy as np
import pytest

from simulator.market.intervals import LENGTH_MS
from simulator.market.source import KlineQuery, Market
from simulator.market.synthetic import SyntheticMarket
from tests.unit.simulator.conftest import NOW_MS
from volume_trap.domain.enums import Stage
from volume_trap.domain.scan import NewTrap, judge
from volume_trap.domain.series import KlineSeries
from volume_trap.domain.thresholds import Thresholds

pytestmark = pytest.mark.unit

FRESH_FILL = 400


def traps(market: SyntheticMarket, name: Market, interval: str) -> list[NewTrap]:
    """What a scan of a freshly filled database finds."""
    found: list[NewTrap] = []
    for listing in market.listings(name, NOW_MS):
        query = KlineQuery(market=name, symbol=listing.symbol, interval=interval, limit=FRESH_FILL + 1)
        rows = market.klines(query, NOW_MS)[:-1]
        series = KlineSeries.from_table(np.array([[float(cell) for cell in row[:6]] for row in rows]))
        found += judge(series, 0, [], [], Thresholds(), LENGTH_MS[interval]).new
    return found


@pytest.mark.parametrize("interval", ["1h", "4h", "1d"])
@pytest.mark.parametrize("name", ["spot", "futures"])
def test_a_fresh_database_has_monitors_in_every_phase(market: SyntheticMarket, name: Market, interval: str):
    found = traps(market, name, interval)
    last = Counter(trap.life.steps[-1].stage if trap.life.steps else None for trap in found)
    assert set(last) == {None, Stage.CONFIRMATION, Stage.VALIDATION, Stage.INVALIDATION}
    assert 10 <= len(found) <= 200


@pytest.mark.parametrize("name", ["spot", "futures"])
def test_more_than_twenty_symbols_trigger_on_one_hour(market: SyntheticMarket, name: Market):
    bars = Counter(trap.trigger.time_ms for trap in traps(market, name, "1h"))
    assert max(bars.values()) > 20


def test_some_triggers_are_crash_candles(market: SyntheticMarket):
    query = KlineQuery(market="spot", symbol="BTCUSDT", interval="1h", limit=FRESH_FILL)
    rows = market.klines(query, NOW_MS)[:-1]
    falls = [float(row[4]) / float(row[1]) - 1 for row in rows]
    assert min(falls) < -0.05
