"""What the synthetic exchange lists, and how listings come and go."""

import pytest

from simulator.market.intervals import DAY_MS, HOUR_MS
from simulator.market.source import KlineQuery
from simulator.market.synthetic import SyntheticMarket
from tests.unit.simulator.conftest import NOW_MS, Caller

pytestmark = pytest.mark.unit

# The pairs of the large-order specification; MATIC has become POL.
LARGE_ORDER_BASES = (
    "BTC ETH BNB ADA XRP SOL DOT DOGE POL LTC AVAX UNI ATOM LINK ETC BCH FIL TRX XLM VET".split()  # noqa: SIM905
)


@pytest.mark.parametrize("name", ["spot", "futures"])
def test_sixty_instruments_trade_on_each_market_the_twenty_among_them(market: SyntheticMarket, name: str):
    trading = {item.symbol for item in market.listings(name, NOW_MS) if item.is_trading}
    assert len(trading) >= 60
    assert {f"{base}USDT" for base in LARGE_ORDER_BASES} <= trading
    assert not any(symbol.endswith("BUSD") or symbol.startswith("BUSD") for symbol in trading)


def test_matic_is_halted_on_spot_since_its_delisting(market: SyntheticMarket):
    assert market.listing("spot", "MATICUSDT", NOW_MS).status == "BREAK"
    rows = market.klines(KlineQuery(market="spot", symbol="MATICUSDT", interval="1d", limit=5), NOW_MS)
    assert rows[-1][6] < NOW_MS - 400 * DAY_MS


def moments_of_change(market: SyntheticMarket, name: str, symbol: str) -> set[str | None]:
    statuses = set()
    for day in range(30):
        listing = market.listing(name, symbol, NOW_MS + day * DAY_MS)
        statuses.add(None if listing is None else listing.status)
    return statuses


def test_some_instruments_are_delisted_and_come_back_within_a_month(market: SyntheticMarket):
    assert moments_of_change(market, "spot", "ROTAUSDT") == {"TRADING", "BREAK"}
    assert moments_of_change(market, "spot", "NOMADUSDT") == {"TRADING", None}
    assert moments_of_change(market, "futures", "ROTAUSDT") == {"TRADING", "SETTLING"}


def test_a_halted_instrument_has_no_candles_of_the_time_it_was_halted(market: SyntheticMarket):
    start = NOW_MS // (14 * DAY_MS) * 14 * DAY_MS - 14 * DAY_MS
    query = KlineQuery(market="spot", symbol="ROTAUSDT", interval="1h", start_ms=start, limit=300)
    times = [row[0] for row in market.klines(query, NOW_MS)]
    assert times[0] == start
    assert times[239] == start + 239 * HOUR_MS
    assert times[240] == start + 14 * DAY_MS


def test_a_request_for_candles_of_an_unlisted_instrument_is_refused(caller: Caller):
    while caller.get("/api/v3/ticker/price", symbol="NOMADUSDT").status == 200:
        caller.clock.step(DAY_MS)
    assert caller.get("/api/v3/klines", symbol="NOMADUSDT", interval="1h").json["code"] == -1121


def test_more_instruments_can_be_ordered():
    market = SyntheticMarket(seed=1, symbols_per_market=200)
    for name in ("spot", "futures"):
        symbols = [item.symbol for item in market.listings(name, NOW_MS)]
        assert len(symbols) == len(set(symbols)) >= 199
