"""Shapes, weights and times of the replies."""

from decimal import Decimal

import pytest
import time_machine

from simulator import futures, spot
from tests.unit.simulator.conftest import NOW_MS, STILL, Caller

pytestmark = pytest.mark.unit

HOUR_MS = 3_600_000


@pytest.mark.parametrize(
    ("path", "query", "weight"),
    [
        ("/api/v3/ping", {}, 1),
        ("/api/v3/exchangeInfo", {}, 20),
        ("/api/v3/klines", {"symbol": "BTCUSDT", "interval": "1h", "limit": 1000}, 2),
        ("/api/v3/ticker/price", {}, 4),
        ("/api/v3/ticker/price", {"symbol": "BTCUSDT"}, 2),
        ("/api/v3/ticker/24hr", {"symbols": '["BTCUSDT"]'}, 2),
        ("/api/v3/ticker/24hr", {}, 80),
        ("/api/v3/aggTrades", {"symbol": "BTCUSDT"}, 4),
        ("/api/v3/trades", {"symbol": "BTCUSDT"}, 25),
        ("/fapi/v1/exchangeInfo", {}, 1),
        ("/fapi/v1/klines", {"symbol": "BTCUSDT", "interval": "1h"}, 5),
        ("/fapi/v1/klines", {"symbol": "BTCUSDT", "interval": "1h", "limit": 100}, 1),
        ("/fapi/v1/klines", {"symbol": "BTCUSDT", "interval": "1h", "limit": 101}, 2),
        ("/fapi/v1/klines", {"symbol": "BTCUSDT", "interval": "1h", "limit": 500}, 2),
        ("/fapi/v1/klines", {"symbol": "BTCUSDT", "interval": "1h", "limit": 501}, 5),
        ("/fapi/v1/klines", {"symbol": "BTCUSDT", "interval": "1h", "limit": 1500}, 10),
        ("/fapi/v1/klines", {"symbol": "BTCUSDT", "interval": "1h", "limit": 1501}, 10),
        ("/fapi/v1/ticker/24hr", {}, 40),
        ("/fapi/v2/ticker/price", {}, 2),
        ("/fapi/v1/aggTrades", {"symbol": "BTCUSDT"}, 20),
        ("/fapi/v1/premiumIndex", {}, 10),
        ("/api/v3/depth", {"symbol": "BTCUSDT"}, 5),
        ("/api/v3/depth", {"symbol": "BTCUSDT", "limit": 5000}, 250),
        ("/fapi/v1/depth", {"symbol": "BTCUSDT"}, 1),
        ("/fapi/v1/depth", {"symbol": "BTCUSDT", "limit": 500}, 10),
        ("/api/v3/ticker", {"symbols": '["BTCUSDT","ETHUSDT"]'}, 8),
    ],
)
def test_every_route_costs_its_weight(caller: Caller, path: str, query: dict[str, object], weight: int):
    assert caller.get(path, **query).headers["x-mbx-used-weight-1m"] == str(weight)


@pytest.mark.parametrize("path", [*spot.ROUTES, *futures.ROUTES])
def test_every_route_answers_a_right_request(caller: Caller, path: str):
    query = {}
    if any(word in path for word in ("lines", "rades", "avgPrice", "depth", "Interest", "Rate", "tradingDay")):
        query = {"symbol": "BTCUSDT"}
    if "lines" in path:
        query |= {"interval": "4h"}
    if "continuous" in path:
        query = {"pair": "BTCUSDT", "contractType": "CURRENT_QUARTER", "interval": "1d"}
    if path == "/api/v3/ticker":
        query = {"symbol": "BTCUSDT"}
    answer = caller.get(path, **query)
    assert answer.status == 200, answer.body


def test_the_hosts_count_apart(caller: Caller):
    caller.get("/api/v3/ticker/24hr")
    assert caller.get("/fapi/v1/ping").headers["x-mbx-used-weight-1m"] == "1"


def test_a_kline_row_has_the_exchanges_twelve_cells(caller: Caller):
    row = caller.get("/api/v3/klines", symbol="BTCUSDT", interval="1h", limit=2).json[0]
    kinds = [type(cell) for cell in row]
    assert kinds == [int, str, str, str, str, str, int, str, int, str, str, str]
    assert row[6] == row[0] + HOUR_MS - 1
    assert row[11] == "0"
    assert all(len(row[place].partition(".")[2]) == 8 for place in (1, 2, 3, 4, 5, 7, 9, 10))


def test_the_last_row_is_the_open_candle(caller: Caller):
    for path in ("/api/v3/klines", "/fapi/v1/klines"):
        rows = caller.get(path, symbol="BTCUSDT", interval="1h", limit=2).json
        assert rows[-1][0] <= NOW_MS <= rows[-1][6]
        assert rows[0][6] < NOW_MS


def test_bounds_are_inclusive_and_only_a_start_gives_the_oldest(caller: Caller):
    hour = NOW_MS // HOUR_MS * HOUR_MS
    rows = caller.get("/api/v3/klines", symbol="BTCUSDT", interval="1h", startTime=hour - 5 * HOUR_MS, limit=3).json
    assert [row[0] for row in rows] == [hour - 5 * HOUR_MS, hour - 4 * HOUR_MS, hour - 3 * HOUR_MS]
    both = {"startTime": hour - 5 * HOUR_MS, "endTime": hour - 3 * HOUR_MS}
    assert len(caller.get("/api/v3/klines", symbol="BTCUSDT", interval="1h", **both).json) == 3
    rows = caller.get("/api/v3/klines", symbol="BTCUSDT", interval="1h", endTime=hour - HOUR_MS, limit=2).json
    assert [row[0] for row in rows] == [hour - 2 * HOUR_MS, hour - HOUR_MS]
    assert caller.get("/api/v3/klines", symbol="BTCUSDT", interval="1h", startTime=NOW_MS + HOUR_MS).json == []


def test_microseconds_on_request_and_in_bounds(caller: Caller):
    unit = {"X-MBX-TIME-UNIT": "MICROSECOND"}
    assert caller.get("/api/v3/time", unit).json == {"serverTime": NOW_MS * 1000}
    start = NOW_MS // HOUR_MS * HOUR_MS * 1000
    row = caller.get("/api/v3/klines", unit, symbol="BTCUSDT", interval="1h", startTime=start).json[0]
    assert (row[0], row[6]) == (start, start + HOUR_MS * 1000 - 1)


def test_a_time_zone_moves_the_candle_boundaries(caller: Caller):
    row = caller.get("/api/v3/klines", symbol="BTCUSDT", interval="1d", timeZone="+8:00", limit=1).json[0]
    assert row[0] % (24 * HOUR_MS) == 16 * HOUR_MS


def test_one_symbol_is_an_object_and_a_list_of_one_is_a_list(caller: Caller):
    assert isinstance(caller.get("/api/v3/ticker/price", symbol="BTCUSDT").json, dict)
    assert isinstance(caller.get("/api/v3/ticker/price", symbols='["BTCUSDT"]').json, list)
    assert len(caller.get("/api/v3/ticker/price").json) >= 60


def test_utf8_symbols_are_served_as_they_are(caller: Caller):
    answer = caller.get("/fapi/v1/klines", symbol="币安人生USDT", interval="1h", limit=1)
    assert answer.status == 200
    assert "币安人生USDT".encode() in caller.get("/fapi/v1/exchangeInfo").body


def test_no_candle_of_the_future_is_ever_shown(caller: Caller):
    caller.clock.step(-90 * 24 * HOUR_MS)
    rows = caller.get("/fapi/v1/klines", symbol="BTCUSDT", interval="1h", limit=1500, endTime=NOW_MS).json
    assert rows[-1][0] <= caller.clock.now_ms()


def test_spot_exchange_info_has_every_key_and_the_filters_in_order(caller: Caller):
    info = caller.get("/api/v3/exchangeInfo", symbol="BTCUSDT").json
    assert set(info) == {"timezone", "serverTime", "rateLimits", "exchangeFilters", "symbols"}
    assert info["rateLimits"][0] == {
        "rateLimitType": "REQUEST_WEIGHT",
        "interval": "MINUTE",
        "intervalNum": 1,
        "limit": 6000,
    }
    symbol = info["symbols"][0]
    assert len(symbol) == 26
    assert [item["filterType"] for item in symbol["filters"]] == [
        "PRICE_FILTER",
        "LOT_SIZE",
        "ICEBERG_PARTS",
        "MARKET_LOT_SIZE",
        "TRAILING_DELTA",
        "PERCENT_PRICE_BY_SIDE",
        "NOTIONAL",
        "MAX_NUM_ORDERS",
        "MAX_NUM_ORDER_LISTS",
        "MAX_NUM_ALGO_ORDERS",
        "MAX_NUM_ORDER_AMENDS",
    ]


def test_futures_exchange_info_has_precisions_apart_from_steps(caller: Caller):
    info = caller.get("/fapi/v1/exchangeInfo").json
    symbols = {symbol["symbol"]: symbol for symbol in info["symbols"]}
    bitcoin = symbols["BTCUSDT"]
    assert len(bitcoin) == 25
    assert bitcoin["marginAsset"] == "USDT"
    assert bitcoin["filters"][0]["tickSize"] == "0.10"
    assert bitcoin["pricePrecision"] == 2
    assert bitcoin["filters"][4] == {"filterType": "MIN_NOTIONAL", "notional": "5"}
    assert symbols["SETTLEDUSDT"]["status"] == "SETTLING"
    assert symbols["SETTLEDUSDT"]["deliveryDate"] < NOW_MS
    assert symbols["XAUUSDT"]["contractType"] == "TRADIFI_PERPETUAL"
    assert symbols["BTCUSDT_261225"]["contractType"] == "CURRENT_QUARTER"


def test_permission_sets_can_be_hidden_and_unknown_permissions_find_nothing(caller: Caller):
    query = {"symbol": "BTCUSDT", "showPermissionSets": "false"}
    assert caller.get("/api/v3/exchangeInfo", **query).json["symbols"][0]["permissionSets"] == []
    assert caller.get("/api/v3/exchangeInfo", permissions='["TRD_GRP_099"]').json["symbols"] == []


@time_machine.travel(STILL, tick=False)
def test_used_up_weight_is_429_and_going_on_is_418(caller: Caller):
    caller.control("POST", "state", {"used_weight": {"spot": 6000}})
    answers = [caller.get("/api/v3/ping") for _ in range(12)]
    assert [answer.status for answer in answers[:10]] == [429] * 10
    assert [answer.status for answer in answers[10:]] == [418] * 2
    assert all(answer.json["code"] == -1003 for answer in answers)
    assert 1 <= int(answers[0].headers["retry-after"]) <= 61
    assert int(answers[-1].headers["retry-after"]) > 61
    assert caller.get("/fapi/v1/ping").status == 200
    assert caller.get("/api/v3/ping", client="127.0.0.2").status == 200


def test_the_book_surrounds_the_last_price(caller: Caller):
    last = float(caller.get("/api/v3/ticker/price", symbol="BTCUSDT").json["price"])
    book = caller.get("/api/v3/depth", symbol="BTCUSDT", limit=5).json
    bids, asks = ([float(price) for price, _ in book[side]] for side in ("bids", "asks"))
    assert len(bids) == len(asks) == 5
    assert bids == sorted(bids, reverse=True)
    assert asks == sorted(asks)
    assert bids[0] < last < asks[0]


def test_a_rolling_window_is_its_minutes_and_a_trading_day_its_hours(caller: Caller):
    window = caller.get("/api/v3/ticker", symbol="BTCUSDT", windowSize="15m").json
    rows = caller.get("/api/v3/klines", symbol="BTCUSDT", interval="1m", limit=15).json
    assert window["openTime"] == rows[0][0]
    assert Decimal(window["volume"]) == sum(Decimal(row[5]) for row in rows)
    day = caller.get("/api/v3/ticker/tradingDay", symbol="BTCUSDT").json
    row = caller.get("/api/v3/klines", symbol="BTCUSDT", interval="1d", limit=1).json[0]
    assert (day["openPrice"], day["highPrice"], day["volume"]) == (row[1], row[2], row[5])


def test_funding_replies_carry_no_weight(caller: Caller):
    answer = caller.get("/fapi/v1/fundingRate", symbol="BTCUSDT", limit=3)
    assert "x-mbx-used-weight-1m" not in answer.headers
    assert [row["fundingTime"] % (8 * HOUR_MS) for row in answer.json] == [0, 0, 0]
    assert answer.json[-1]["fundingTime"] <= NOW_MS
