"""Scripted bad days, and the other controls under /_sim/."""

import pytest

from tests.unit.simulator.conftest import NOW_MS, Caller

pytestmark = pytest.mark.unit

PATH = "/api/v3/klines"


def klines(caller: Caller, symbol: str = "BTCUSDT"):
    return caller.get(PATH, symbol=symbol, interval="1h", limit=9)


def times(caller: Caller) -> list[int]:
    return [row[0] for row in klines(caller).json]


def script(caller: Caller, **rule: object) -> None:
    assert caller.control("POST", "faults", rule).status == 200


@pytest.mark.parametrize(
    ("rule", "status", "content"),
    [
        ({"kind": "error_json", "status": 500}, 500, b'"code":-1001'),
        ({"kind": "error_text", "status": 502}, 502, b"<html>"),
        ({"kind": "forbidden_html"}, 403, b"<html>"),
        ({"kind": "rate_limited", "retry_after": 7}, 429, b"-1003"),
        ({"kind": "banned"}, 418, b"-1003"),
    ],
)
def test_a_reply_can_be_replaced(caller: Caller, rule: dict[str, object], status: int, content: bytes):
    script(caller, **rule)
    answer = klines(caller)
    assert answer.status == status
    assert content in answer.body
    if status in {429, 418}:
        assert answer.headers["retry-after"] == str(rule.get("retry_after", 30))


def test_html_replies_say_so(caller: Caller):
    script(caller, kind="error_text")
    assert klines(caller).headers["content-type"].startswith("text/html")


def test_a_rule_meets_its_path_its_symbol_and_its_count_only(caller: Caller):
    script(caller, kind="error_json", path="/api/v3/k*", symbol="ETHUSDT", count=2)
    assert klines(caller).status == 200
    assert caller.get("/api/v3/ticker/price", symbol="ETHUSDT").status == 200
    assert [klines(caller, "ETHUSDT").status for _ in range(3)] == [503, 503, 200]
    assert caller.control("GET", "faults").json["faults"][0]["applied"] == 2


def test_a_probability_is_the_same_dice_for_the_same_seed(caller: Caller):
    def throws() -> list[int]:
        caller.control("DELETE", "faults")
        script(caller, kind="error_json", probability=0.5, seed=3)
        return [klines(caller).status for _ in range(30)]

    assert set(first := throws()) == {200, 503}
    assert first == throws()


def test_rows_can_come_backwards_twice_or_with_holes(caller: Caller):
    honest = times(caller)
    for kind, expected in (
        ("out_of_order", honest[::-1]),
        ("duplicated", sorted(honest * 2)),
        ("missing_rows", [time for place, time in enumerate(honest) if place % 3 != 1]),
    ):
        caller.control("DELETE", "faults")
        script(caller, kind=kind)
        assert times(caller) == expected


def test_rows_can_lie(caller: Caller):
    script(caller, kind="zero_volume")
    assert {float(row[5]) for row in klines(caller).json} == {0.0}
    caller.control("DELETE", "faults")
    script(caller, kind="high_below_low")
    assert all(float(row[2]) < float(row[3]) for row in klines(caller).json)
    caller.control("DELETE", "faults")
    script(caller, kind="wrong_types")
    assert {type(row[0]) for row in klines(caller).json} == {str}


def test_one_instrument_of_a_listing_can_lose_fields_or_change_types(caller: Caller):
    script(caller, kind="missing_fields", symbol="ETHUSDT", fields=["filters", "status"])
    script(caller, kind="wrong_types", symbol="BNBUSDT", fields=["baseAsset"])
    symbols = {item["symbol"]: item for item in caller.get("/api/v3/exchangeInfo").json["symbols"]}
    assert "filters" not in symbols["ETHUSDT"]
    assert symbols["BNBUSDT"]["baseAsset"] is None
    assert symbols["BTCUSDT"]["filters"]


def test_a_body_can_be_cut_short_of_its_announced_length(caller: Caller):
    script(caller, kind="truncated_body")
    answer = klines(caller)
    assert 0 < len(answer.body) < int(answer.headers["content-length"])


def test_clearing_ends_all_faults(caller: Caller):
    script(caller, kind="error_json")
    script(caller, kind="error_text")
    assert caller.control("DELETE", "faults").json == {"removed": 2}
    assert klines(caller).status == 200


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("latency", "is a JSON object"),
        ({"kind": "earthquake"}, "must be one of"),
        ({"kind": "latency", "milliseconds": 5}, "'milliseconds' is unknown"),
        ({"kind": "latency", "latency_ms": "5"}, "wrong type"),
        ({"kind": "latency", "probability": 2}, "between 0 and 1"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_with_what_would(caller: Caller, rule: object, words: str):
    answer = caller.control("POST", "faults", rule)
    assert answer.status == 400
    assert words in answer.json["error"]
    assert caller.control("GET", "faults").json == {"faults": []}


def test_the_clock_can_be_read_set_stepped_and_sped_up(caller: Caller):
    assert caller.control("GET", "clock").json["now_ms"] == NOW_MS
    stepped = caller.control("POST", "clock", {"step_seconds": 90}).json
    assert stepped["now_ms"] == NOW_MS + 90_000
    jumped = caller.control("POST", "clock", {"now": "2025-03-01T00:00:00", "speed": 0}).json
    assert jumped == {"now_ms": 1_740_787_200_000, "now": "2025-03-01T00:00:00+00:00", "speed": 0.0}
    assert caller.get("/fapi/v1/time").json == {"serverTime": 1_740_787_200_000}


@pytest.mark.parametrize("body", [{}, {"when": 1}, {"speed": -1}, {"speed": "fast"}, {"now": "soon"}])
def test_a_clock_order_that_makes_no_sense_is_refused(caller: Caller, body: dict[str, object]):
    assert caller.control("POST", "clock", body).status == 400


def test_the_state_counts_requests_and_can_be_forgotten(caller: Caller):
    klines(caller)
    state = caller.control("GET", "state").json
    assert state["requests"] == {PATH: 1}
    assert state["used_weight"]["spot"] == {"127.0.0.1": 2}
    assert caller.control("DELETE", "state").json["requests"] == {}


def test_an_unknown_control_names_the_known_ones(caller: Caller):
    answer = caller.control("GET", "weather")
    assert answer.status == 404
    assert "/_sim/clock" in answer.json["error"]
    assert caller.send("POST", "/_sim/faults", body=b"{").status == 400
