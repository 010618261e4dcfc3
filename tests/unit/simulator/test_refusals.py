"""Requests that are refused, with the exchange's exact codes and messages."""

import pytest
import time_machine

from tests.unit.simulator.conftest import NOW_MS, STILL, Caller

pytestmark = pytest.mark.unit

MANDATORY = "Mandatory parameter '{}' was not sent, was empty/null, or malformed."
DIGITS = "Illegal characters found in parameter '{}'; legal range is '^[0-9]{{1,20}}$'."
NOT_VALID = "Data sent for parameter '{}' is not valid."
SYMBOL_RANGE = r"Illegal characters found in parameter 'symbol'; legal range is '^[\w\-._&&[^a-z]]{1,50}$'."

SPOT_KLINES = "/api/v3/klines"
FUTURES_KLINES = "/fapi/v1/klines"

REFUSALS = [
    (SPOT_KLINES, "interval=1h", -1102, MANDATORY.format("symbol")),
    (SPOT_KLINES, "symbol=&interval=1h", -1102, MANDATORY.format("symbol")),
    (SPOT_KLINES, "symbol=BTCUSDT", -1102, MANDATORY.format("interval")),
    (SPOT_KLINES, "symbol=NOPEUSDT&interval=1h", -1121, "Invalid symbol."),
    (SPOT_KLINES, "symbol=btcusdt&interval=1h", -1100, SYMBOL_RANGE),
    (SPOT_KLINES, "symbol=BTC/USDT&interval=1h", -1100, SYMBOL_RANGE),
    (SPOT_KLINES, "symbol=BTCUSDT&interval=7h", -1120, "Invalid interval."),
    (SPOT_KLINES, "symbol=BTCUSDT&interval=1H", -1120, "Invalid interval."),
    (SPOT_KLINES, "symbol=BTCUSDT&interval=1h&limit=abc", -1100, DIGITS.format("limit")),
    (SPOT_KLINES, "symbol=BTCUSDT&interval=1h&limit=-5", -1100, DIGITS.format("limit")),
    (SPOT_KLINES, "symbol=BTCUSDT&interval=1h&limit=0", -1130, NOT_VALID.format("limit")),
    (SPOT_KLINES, "symbol=BTCUSDT&interval=1h&startTime=yesterday", -1100, DIGITS.format("startTime")),
    (SPOT_KLINES, "symbol=BTCUSDT&interval=1h&timeZone=15", -1130, NOT_VALID.format("timeZone")),
    (
        SPOT_KLINES,
        "symbol=BTCUSDT&interval=1h&depth=5",
        -1104,
        "Not all sent parameters were read; read '2' parameter(s) but was sent '3'.",
    ),
    (SPOT_KLINES, "symbol=BTCUSDT&symbol=ETHUSDT&interval=1h", -1101, "Duplicate values for a parameter detected."),
    ("/api/v3/ping", "x=1", -1101, "Too many parameters; expected '0' and received '1'."),
    ("/api/v3/ticker/price", "symbol=", -1105, "Parameter 'symbol' was empty."),
    ("/api/v3/ticker/price", "symbol=NOPEUSDT", -1121, "Invalid symbol."),
    (
        "/api/v3/ticker/price",
        'symbol=BTCUSDT&symbols=["ETHUSDT"]',
        -1128,
        "Combination of optional parameters invalid.",
    ),
    ("/api/v3/ticker/price", "symbols=BTCUSDT", -1135, "JSON sent for parameter 'symbols' is not valid"),
    (
        "/api/v3/ticker/price",
        'symbols=["BTCUSDT","BTCUSDT"]',
        -1151,
        "Symbol is present multiple times in the list.",
    ),
    (
        "/api/v3/ticker/price",
        "symbol=MATICUSDT&symbolStatus=TRADING",
        -1220,
        "The symbol's status does not match the requested symbolStatus.",
    ),
    (
        "/api/v3/ticker",
        "windowSize=1h",
        -1102,
        "Param 'symbol' or 'symbols' must be sent, but both were empty/null!",
    ),
    ("/api/v3/ticker", "symbol=BTCUSDT&windowSize=60m", -1130, NOT_VALID.format("windowSize")),
    ("/fapi/v1/depth", "symbol=BTCUSDT&limit=7", -4021, "7 is not valid depth limit"),
    ("/api/v3/ticker/24hr", "symbol=BTCUSDT&type=HUGE", -1139, "Invalid ticker type."),
    ("/api/v3/exchangeInfo", "symbol=NOPEUSDT", -1121, "Invalid symbol."),
    ("/api/v3/exchangeInfo", "symbolStatus=OPEN", -1122, "Invalid symbolStatus."),
    (
        "/api/v3/exchangeInfo",
        "symbol=BTCUSDT&permissions=SPOT",
        -1128,
        "Combination of optional parameters invalid.",
    ),
    (FUTURES_KLINES, "interval=1h", -1102, MANDATORY.format("symbol")),
    (FUTURES_KLINES, "symbol=NOPEUSDT&interval=1h", -1121, "Invalid symbol."),
    (FUTURES_KLINES, "symbol=BTCUSDT&interval=1s", -1120, "Invalid interval."),
    (FUTURES_KLINES, "symbol=BTCUSDT&interval=1h&limit=1501", -1130, NOT_VALID.format("limit")),
    (
        "/fapi/v1/aggTrades",
        f"symbol=BTCUSDT&startTime={NOW_MS - 3 * 86_400_000}",
        -4166,
        "Search window is restricted to recent 2 days only.",
    ),
]


@pytest.mark.parametrize(("path", "query", "code", "message"), REFUSALS)
def test_a_wrong_request_is_refused_with_the_code_and_message(
    caller: Caller, path: str, query: str, code: int, message: str
):
    answer = caller.send("GET", path, query)
    assert (answer.status, answer.json) == (400, {"code": code, "msg": message})
    assert answer.headers["content-type"] == "application/json;charset=UTF-8"


@time_machine.travel(STILL, tick=False)
def test_a_refused_request_costs_its_weight(caller: Caller):
    caller.send("GET", SPOT_KLINES, "symbol=NOPEUSDT&interval=1h")
    answer = caller.send("GET", SPOT_KLINES, "symbol=NOPEUSDT&interval=1h")
    assert answer.headers["x-mbx-used-weight-1m"] == answer.headers["x-mbx-used-weight"] == "4"


def test_an_unknown_time_unit_is_refused(caller: Caller):
    answer = caller.get("/api/v3/time", {"X-MBX-TIME-UNIT": "fortnight"})
    message = "Invalid value for time unit; expected either MICROSECOND or MILLISECOND."
    assert (answer.status, answer.json) == (400, {"code": -1194, "msg": message})


def test_an_unknown_path_is_404(caller: Caller):
    answer = caller.get("/api/v3/nothing")
    assert (answer.status, answer.json["error"]) == (404, "Not Found")


def test_spot_caps_a_high_limit_silently(caller: Caller):
    assert len(caller.get(SPOT_KLINES, symbol="BTCUSDT", interval="1h", limit=1001).json) == 1000


def test_futures_ignore_unknown_parameters_and_case(caller: Caller):
    rows = caller.get(FUTURES_KLINES, symbol="btcusdt", interval="1h", limit=3, whatever=1).json
    assert rows == caller.get(FUTURES_KLINES, symbol="BTCUSDT", interval="1h", limit=3).json
