"""The synthetic market: one tape, exact aggregates, the same for the same seed."""

from decimal import Decimal
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.market.bars import Bars
from simulator.market.catalogue import build_catalogue
from simulator.market.instrument import Caches, SyntheticInstrument
from simulator.market.intervals import DAY_MS, HOUR_MS, INTERVALS, MINUTE_MS
from simulator.market.source import KlineQuery, Row, TapeQuery
from simulator.market.synthetic import SyntheticMarket
from simulator.market.tape import Tape, aggregate_id, first_trade_of
from tests.unit.simulator.conftest import NOW_MS

pytestmark = pytest.mark.unit

SPECS = [spec for spec in build_catalogue() if not spec.life.period_ms and spec.life.is_on(NOW_MS)]
SEEDS = st.integers(0, 2**32)
HOURS = st.integers(1, 4 * 365 * 24).map(lambda hours: NOW_MS // HOUR_MS * HOUR_MS - hours * HOUR_MS)
NAMES = ("open_ms", "open", "high", "low", "close", "trades", "buy_lots", "buy_quote", "sell_lots", "sell_quote")


def columns(bars: Bars) -> list[list[int]]:
    return [getattr(bars, name).tolist() for name in NAMES]


def instrument(seed: int, spec_number: int) -> SyntheticInstrument:
    return SyntheticInstrument(SPECS[spec_number % len(SPECS)], seed, Caches())


@settings(max_examples=60, deadline=None)
@given(seed=SEEDS, spec=st.integers(0, 200), hour=HOURS)
def test_minutes_add_up_to_their_hours_to_the_last_digit(seed: int, spec: int, hour: int):
    made = instrument(seed, spec)
    hours = made.hours(hour - 24 * HOUR_MS, hour)
    assert columns(made.minutes(hour - 24 * HOUR_MS, hour).grouped("1h")) == columns(hours)


@settings(max_examples=60, deadline=None)
@given(seed=SEEDS, spec=st.integers(0, 200), hour=HOURS, minute=st.integers(0, 59))
def test_trades_add_up_to_their_minute_to_the_last_digit(seed: int, spec: int, hour: int, minute: int):
    made = instrument(seed, spec)
    start = hour + minute * MINUTE_MS
    tape = made.trades_of_minute(start)
    assert tape is not None
    assert columns(tape.as_bar(start)) == columns(made.minutes(start, start + MINUTE_MS))
    assert (tape.lots > 0).all()
    assert (np.diff(tape.time_ms) >= 0).all()
    assert start <= tape.time_ms[0] <= tape.time_ms[-1] < start + MINUTE_MS


@settings(max_examples=25, deadline=None)
@given(seed=SEEDS, spec=st.integers(0, 200), hour=HOURS)
def test_trade_ids_are_consecutive_over_every_border(seed: int, spec: int, hour: int):
    made = instrument(seed, spec)
    tapes = [made.trades_of_minute(hour + step * MINUTE_MS) for step in (-1, 0, 1)]
    ids = np.concatenate([tape.trade_id for tape in tapes if tape is not None])
    assert (np.diff(ids) == 1).all()
    assert made.time_of_trade(int(tapes[1].trade_id[0])) == hour


@settings(max_examples=40, deadline=None)
@given(seed=SEEDS, spec=st.integers(0, 200), hour=HOURS)
def test_candles_are_possible_and_each_opens_where_the_last_closed(seed: int, spec: int, hour: int):
    hours = instrument(seed, spec).hours(hour - 60 * DAY_MS, hour)
    assert (hours.low > 0).all()
    assert (hours.low <= np.minimum(hours.open, hours.close)).all()
    assert (hours.high >= np.maximum(hours.open, hours.close)).all()
    assert (hours.open[1:] == hours.close[:-1]).all()
    assert (np.diff(hours.open_ms) == HOUR_MS).all()


def combined(rows: list[Row]) -> tuple[object, ...]:
    """One row of several."""
    return (
        rows[0][0],
        rows[0][1],
        max((row[2] for row in rows), key=Decimal),
        min((row[3] for row in rows), key=Decimal),
        rows[-1][4],
        *(sum(Decimal(str(row[place])) for row in rows) for place in (5, 7, 8, 9, 10)),
    )


def alone(row: Row) -> tuple[object, ...]:
    return (*row[:5], *(Decimal(str(row[place])) for place in (5, 7, 8, 9, 10)))


@pytest.mark.parametrize(
    ("large", "small", "count"),
    [
        ("1m", "1s", 60),
        ("15m", "3m", 5),
        ("1h", "1m", 60),
        ("1h", "30m", 2),
        ("4h", "1h", 4),
        ("12h", "2h", 6),
        ("1d", "1h", 24),
        ("1d", "4h", 6),
        ("1w", "1d", 7),
    ],
)
@pytest.mark.parametrize("symbol", ["BTCUSDT", "DOGEUSDT", "SUIUSDT"])
def test_larger_candles_are_exact_aggregates_of_smaller_ones(
    market: SyntheticMarket, symbol: str, large: str, small: str, count: int
):
    query = KlineQuery(market="spot", symbol=symbol, interval=large, limit=3)
    for row in market.klines(query, NOW_MS)[:-1]:
        bounds = {"start_ms": row[0], "end_ms": row[6], "limit": count}
        parts = market.klines(KlineQuery(market="spot", symbol=symbol, interval=small, **bounds), NOW_MS)
        assert len(parts) == count
        assert combined(parts) == alone(row)


@pytest.mark.parametrize("interval", [interval for interval in INTERVALS if interval not in {"1s", "1w", "1M", "3d"}])
def test_there_are_400_candles_of_every_interval_from_1m_to_1d(market: SyntheticMarket, interval: str):
    for name in ("spot", "futures"):
        rows = market.klines(KlineQuery(market=name, symbol="BTCUSDT", interval=interval, limit=401), NOW_MS)
        assert len(rows) == 401
        assert {after[0] - before[6] for before, after in pairwise(rows)} == {1}


@pytest.mark.parametrize("interval", ["1m", "1h", "1d"])
def test_the_open_candle_is_what_the_tape_has_shown_so_far(market: SyntheticMarket, interval: str):
    minute = NOW_MS // MINUTE_MS * MINUTE_MS
    row = market.klines(KlineQuery(market="spot", symbol="BTCUSDT", interval="1m", limit=1), NOW_MS)[-1]
    prints = market.trades(TapeQuery(market="spot", symbol="BTCUSDT", start_ms=minute, limit=1000), NOW_MS)
    assert all(trade.traded_ms <= NOW_MS for trade in prints)
    assert Decimal(row[5]) == sum(Decimal(trade.quantity) for trade in prints)
    assert Decimal(row[7]) == sum(Decimal(trade.quote_quantity) for trade in prints)
    bought = sum(Decimal(trade.quantity) for trade in prints if not trade.buyer_is_maker)
    assert Decimal(row[9]) == bought
    same_close = market.klines(KlineQuery(market="spot", symbol="BTCUSDT", interval=interval, limit=1), NOW_MS)
    assert same_close[-1][4] == prints[-1].price == market.last_price("spot", "BTCUSDT", NOW_MS)


def test_the_open_candle_only_grows(market: SyntheticMarket):
    query = KlineQuery(market="futures", symbol="ETHUSDT", interval="1h", limit=1)
    shown = [market.klines(query, NOW_MS + step * 7_000)[-1] for step in range(20)]
    for before, after in pairwise(shown):
        assert before[:2] == after[:2]
        assert Decimal(before[2]) <= Decimal(after[2])
        assert Decimal(before[3]) >= Decimal(after[3])
        assert Decimal(before[5]) <= Decimal(after[5])


def test_aggregate_trades_join_all_prints_without_a_gap(market: SyntheticMarket):
    joined = market.agg_trades(TapeQuery(market="spot", symbol="BTCUSDT", limit=200), NOW_MS)
    assert [trade.agg_id for trade in joined] == list(range(joined[0].agg_id, joined[0].agg_id + 200))
    assert all(after.first_id == before.last_id + 1 for before, after in pairwise(joined))
    query = TapeQuery(market="spot", symbol="BTCUSDT", from_id=joined[0].first_id, limit=1000)
    prints = [trade for trade in market.trades(query, NOW_MS) if trade.trade_id <= joined[-1].last_id]
    assert sum(Decimal(trade.quantity) for trade in joined) == sum(Decimal(trade.quantity) for trade in prints)
    from_id = TapeQuery(market="spot", symbol="BTCUSDT", from_id=joined[50].agg_id, limit=10)
    assert market.agg_trades(from_id, NOW_MS) == joined[50:60]


@given(agg_id=st.integers(0, 10**9))
def test_the_number_of_an_aggregate_trade_follows_from_its_first_trade(agg_id: int):
    assert aggregate_id(first_trade_of(agg_id)) == agg_id
    assert first_trade_of(agg_id + 1) - first_trade_of(agg_id) in {1, 2}


def test_the_same_seed_is_the_same_market_whatever_is_asked_first(market: SyntheticMarket):
    again = SyntheticMarket(seed=5)
    daily = KlineQuery(market="futures", symbol="POLUSDT", interval="1d", limit=50)
    fine = KlineQuery(market="futures", symbol="POLUSDT", interval="5m", limit=50)
    later = market.klines(daily, NOW_MS), market.klines(fine, NOW_MS)
    assert (again.klines(fine, NOW_MS), again.klines(daily, NOW_MS)) == later[::-1]
    assert SyntheticMarket(seed=6).klines(daily, NOW_MS) != later[0]


def test_the_past_does_not_depend_on_when_it_is_looked_at(market: SyntheticMarket):
    query = KlineQuery(market="spot", symbol="ETHUSDT", interval="4h", end_ms=NOW_MS - DAY_MS, limit=100)
    assert market.klines(query, NOW_MS) == market.klines(query, NOW_MS + 90 * DAY_MS)


def test_a_tape_is_cut_where_time_says():
    times = np.array([1, 2, 2, 5])
    tape = Tape(np.arange(4), times, np.full(4, 10), np.ones(4, dtype=np.int64), np.full(4, fill_value=True))
    assert len(tape.until(2)) == 3
    assert tape.since(2).trade_id.tolist() == [1, 2, 3]
    assert len(tape.until(0).as_bar(0)) == 0
