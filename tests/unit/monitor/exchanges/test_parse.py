"""Payloads to domain objects: what is believed, what is salvaged, what is refused."""

import json
import lzma
from contextlib import suppress
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.domain.enums import Interval, MarketType
from monitor.exchanges.binance.parse import (
    parse_futures_listing,
    parse_klines,
    parse_prices,
    parse_server_time,
    parse_spot_listing,
)
from monitor.exchanges.errors import MalformedPayload
from tests.wire.payloads import futures_symbol, kline_row, kline_rows, spot_symbol

AT = 1_767_225_600_000  # 2026-01-01 00:00 UTC
H4 = Interval.H4


def listing(*entries: Any) -> bytes:
    return json.dumps({"timezone": "UTC", "serverTime": AT, "symbols": entries}, ensure_ascii=False).encode()


def body(value: Any) -> bytes:
    return json.dumps(value).encode()


def without(entry: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if name != key}


# --- listings ---------------------------------------------------------------------------------


@pytest.mark.requirement("P0-3")
def test_a_spot_pair_carries_its_assets_and_sizes():
    spec = parse_spot_listing(listing(spot_symbol("BTCUSDT"))).instruments[0]
    assert (spec.symbol, spec.base_asset, spec.quote_asset) == ("BTCUSDT", "BTC", "USDT")
    assert spec.market_type is MarketType.SPOT
    assert (spec.tick_size, spec.step_size, spec.min_notional) == (Decimal("0.01"), Decimal("0.00001"), Decimal(5))


def test_a_futures_tick_is_its_price_filter_not_its_precision():
    spec = parse_futures_listing(listing(futures_symbol("BTCUSDT"))).instruments[0]
    assert (spec.tick_size, spec.step_size, spec.min_notional) == (Decimal("0.1"), Decimal("0.001"), Decimal(50))


@pytest.mark.requirement("P0-3")
@pytest.mark.parametrize(
    "changes",
    [{"quoteAsset": "BTC"}, {"isSpotTradingAllowed": False}, {"status": "BREAK"}, {"status": "HALT"}],
    ids=str,
)
def test_a_spot_pair_that_is_not_for_us_is_left_out_in_silence(changes):
    result = parse_spot_listing(listing(spot_symbol("XUSDT", **changes), spot_symbol("BTCUSDT")))
    assert [spec.symbol for spec in result.instruments] == ["BTCUSDT"]
    assert result.problems == ()


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "SETTLING"},
        {"status": "PENDING_TRADING"},
        {"quoteAsset": "USDC"},
        {"contractType": "CURRENT_QUARTER", "symbol": "BTCUSDT_261225"},
        {"contractType": "TRADIFI_PERPETUAL"},
        {"contractType": ""},
    ],
    ids=str,
)
def test_a_contract_that_is_no_live_crypto_perpetual_is_left_out_in_silence(changes):
    result = parse_futures_listing(listing(futures_symbol(**{"symbol": "XUSDT", **changes}), futures_symbol("BTCUSDT")))
    assert [spec.symbol for spec in result.instruments] == ["BTCUSDT"]
    assert result.problems == ()


def test_a_chinese_symbol_is_a_symbol():
    result = parse_futures_listing(listing(futures_symbol("币安人生USDT")))
    assert result.instruments[0].symbol == "币安人生USDT"
    assert result.instruments[0].base_asset == "币安人生"


@pytest.mark.parametrize("field", ["status", "baseAsset", "quoteAsset", "isSpotTradingAllowed", "filters"])
def test_a_missing_field_skips_that_instrument_and_names_it(field):
    result = parse_spot_listing(listing(without(spot_symbol("XUSDT"), field), spot_symbol("BTCUSDT")))
    assert [spec.symbol for spec in result.instruments] == ["BTCUSDT"]
    assert [problem.symbol for problem in result.problems] == ["XUSDT"]
    assert field in result.problems[0].message


@pytest.mark.parametrize(
    "filters",
    [
        [],
        None,
        "none",
        [{"filterType": "PRICE_FILTER", "tickSize": "0.01"}],
        [{"filterType": "PRICE_FILTER", "tickSize": 0.01}, {"filterType": "LOT_SIZE", "stepSize": "1"}],
        [{"filterType": "PRICE_FILTER", "tickSize": "-1"}, {"filterType": "LOT_SIZE", "stepSize": "1"}],
        [{"filterType": "PRICE_FILTER", "tickSize": "NaN"}, {"filterType": "LOT_SIZE", "stepSize": "1"}],
        [{"filterType": "PRICE_FILTER", "tickSize": "1_0"}, {"filterType": "LOT_SIZE", "stepSize": "1"}],
    ],
    ids=str,
)
def test_sizes_that_are_missing_or_no_numbers_skip_the_instrument(filters):
    result = parse_spot_listing(listing(spot_symbol("XUSDT", filters=filters), spot_symbol("BTCUSDT")))
    assert [spec.symbol for spec in result.instruments] == ["BTCUSDT"]
    assert [problem.symbol for problem in result.problems] == ["XUSDT"]


@pytest.mark.parametrize(
    "changes", [{"symbol": ""}, {"baseAsset": ""}, {"baseAsset": "X" * 49}, {"symbol": "X\x00Y"}], ids=str
)
def test_a_name_that_is_empty_or_endless_skips_the_instrument(changes):
    result = parse_spot_listing(listing(spot_symbol(**{"symbol": "XUSDT", **changes}), spot_symbol("BTCUSDT")))
    assert [spec.symbol for spec in result.instruments] == ["BTCUSDT"]
    assert len(result.problems) == 1


def test_an_entry_listed_twice_is_one_instrument_and_a_contradiction_a_problem():
    other = spot_symbol("BTCUSDT", baseAsset="XBT")
    result = parse_spot_listing(listing(spot_symbol("BTCUSDT"), spot_symbol("BTCUSDT"), other))
    assert [spec.base_asset for spec in result.instruments] == ["BTC"]
    assert [problem.symbol for problem in result.problems] == ["BTCUSDT"]


def test_a_pair_without_a_notional_rule_has_a_minimum_of_zero():
    filters = [{"filterType": "PRICE_FILTER", "tickSize": "0.01"}, {"filterType": "LOT_SIZE", "stepSize": "1"}]
    assert parse_spot_listing(listing(spot_symbol("XUSDT", filters=filters))).instruments[0].min_notional == 0


@pytest.mark.parametrize("entry", [42, "BTCUSDT", None, [], {"symbol": 7}, {}])
def test_an_entry_without_a_readable_name_is_a_nameless_problem(entry):
    result = parse_spot_listing(listing(entry, spot_symbol("BTCUSDT")))
    assert len(result.instruments) == 1
    assert [problem.symbol for problem in result.problems] == [""]


@pytest.mark.parametrize("raw", [b"{}", b"[]", b'{"symbols":{}}', b"<html>", b"", b'{"symbols":[{]}'])
def test_a_listing_without_symbols_is_malformed(raw):
    with pytest.raises(MalformedPayload):
        parse_spot_listing(raw)


def test_malformed_prices_are_left_out():
    entries = [
        {"symbol": "A", "price": "0.00000123"},
        {"symbol": "B", "price": 5},
        {"symbol": "C", "price": "NaN"},
        {"symbol": "D", "price": "0.00000000"},
        {"price": "1"},
        7,
    ]
    assert parse_prices(body(entries)) == {"A": Decimal("0.00000123")}


def test_the_exchanges_clock_must_be_a_number():
    assert parse_server_time(b'{"serverTime":1767225600000}') == AT
    for wrong in (b'"soon"', b"0", b"-5", b"1767225600000000", b"null"):
        with pytest.raises(MalformedPayload, match="serverTime"):
            parse_server_time(b'{"serverTime":' + wrong + b"}")


# --- candles ----------------------------------------------------------------------------------


@pytest.mark.requirement("P0-1")
def test_all_twelve_fields_arrive_with_every_digit():
    row = [AT, "0.01634790", "0.80000000", "0.01575800", "0.01577100", "148976.11427815",
           AT + H4.milliseconds - 1, "2434.19055334", 308, "1756.87402397", "28.46694368", "0"]  # fmt: skip
    kline = parse_klines(body([row]), H4)[0]
    fields = [getattr(kline, name) for name in kline.__slots__]
    assert fields == row


def test_futures_precisions_are_kept_as_they_are():
    row = kline_row(AT, H4, open="83137.90", high="83200", low="83000.1", close="83137.90", volume="102.437")
    assert parse_klines(body([row]), H4)[0].open == "83137.90"


def test_rows_out_of_order_are_sorted():
    rows = kline_rows(AT, 5, H4)
    shuffled = [rows[3], rows[0], rows[4], rows[2], rows[1]]
    assert parse_klines(body(shuffled), H4) == parse_klines(body(rows), H4)


def test_identical_duplicates_are_merged():
    rows = kline_rows(AT, 3, H4)
    assert parse_klines(body([*rows, rows[1], rows[2]]), H4) == parse_klines(body(rows), H4)


def test_two_versions_of_one_candle_are_refused():
    rows = [kline_row(AT, H4), kline_row(AT, H4, close="106.00000000")]
    with pytest.raises(MalformedPayload, match="two different candles"):
        parse_klines(body(rows), H4)


def test_a_gap_is_no_mistake():
    rows = kline_rows(AT, 5, H4)
    assert len(parse_klines(body([rows[0], rows[4]]), H4)) == 2


def test_zero_volume_is_a_fact():
    nothing = dict.fromkeys(("volume", "quote_volume", "taker_buy_volume", "taker_buy_quote_volume"), "0.00000000")
    row = kline_row(AT, H4, open="1", high="1", low="1", close="1", trade_count=0, **nothing)
    assert parse_klines(body([row]), H4)[0].volume == "0.00000000"


def test_a_candle_that_an_outage_cut_short_is_believed():
    row = kline_row(AT, H4, close_time=AT + 2_381_646)
    assert parse_klines(body([row]), H4)[0].close_time_ms == AT + 2_381_646


def test_no_candles_are_no_mistake():
    assert parse_klines(b"[]", H4) == []


@pytest.mark.requirement("SEC-3")
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"open": 100.0}, "open"),
        ({"open_time": "1767225600000"}, "open time"),
        ({"trade_count": "50"}, "trade count"),
        ({"volume": None}, "volume"),
        ({"high": "89.99999999"}, "low"),
        ({"low": "120"}, "low"),
        ({"low": "0.00000000"}, "low"),
        ({"low": "-1"}, "low"),
        ({"high": "NaN"}, "high"),
        ({"high": "Infinity"}, "high"),
        ({"high": "1e5"}, "high"),
        ({"open": ""}, "open"),
        ({"open": "1_00"}, "open"),
        ({"open": "111"}, "open"),
        ({"close": "89"}, "close"),
        ({"volume": "-0.5"}, "volume"),
        ({"quote_volume": "many"}, "quote volume"),
        ({"taker_buy_volume": " 5"}, "taker buy volume"),
        ({"trade_count": -1}, "trade count"),
        ({"trade_count": 2**63}, "trade count"),
        ({"high": "1000000000000"}, "high"),
        ({"open_time": AT + 1}, "open time"),
        ({"close_time": AT + H4.milliseconds}, "close time"),
        ({"close_time": AT}, "close time"),
        ({"ignore": "0\t1"}, "unused field"),
        ({"ignore": "0" * 33}, "unused field"),
        ({"open": "1,2"}, "open"),
    ],
    ids=str,
)
def test_a_row_that_cannot_be_true_makes_the_whole_answer_malformed(changes, field):
    rows = [*kline_rows(AT - 2 * H4.milliseconds, 2, H4), kline_row(AT, H4, **changes)]
    with pytest.raises(MalformedPayload) as caught:
        parse_klines(body(rows), H4)
    assert caught.value.field == field
    assert caught.value.sample
    assert caught.value.sample in str(caught.value)


@pytest.mark.parametrize(
    "raw",
    [b"{}", b'{"code":0}', b"[1,2]", b"[[]]", b"[[1]]", b"null", b'"x"', b"[[1,2,3", body([kline_row(AT, H4)[:11]])],
)
def test_another_shape_is_malformed(raw):
    with pytest.raises(MalformedPayload):
        parse_klines(raw, H4)


def test_candles_of_another_interval_are_refused():
    with pytest.raises(MalformedPayload):
        parse_klines(body(kline_rows(AT, 2, Interval.H1)), H4)


_json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=13) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=30,
)


@settings(max_examples=60, deadline=None)
@given(_json | st.lists(st.lists(_json, min_size=12, max_size=12), max_size=3))
def test_whatever_arrives_the_only_error_is_a_malformed_payload(value):
    raw = json.dumps(value).encode()
    parsers = [partial(parse_klines, interval=H4), parse_spot_listing, parse_futures_listing, parse_prices]
    for parse in [*parsers, parse_server_time]:
        with suppress(MalformedPayload):
            parse(raw)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200))
def test_noise_is_malformed(raw):
    with pytest.raises(MalformedPayload):
        parse_spot_listing(raw)


@settings(max_examples=60, deadline=None)
@given(
    st.permutations(kline_rows(AT, 8, H4)),
    st.lists(st.integers(0, 7), max_size=6),
)
def test_order_and_repetition_never_change_the_candles(rows, repeated):
    raw = body([*rows, *(rows[index] for index in repeated)])
    times = [kline.open_time_ms for kline in parse_klines(raw, H4)]
    assert times == [AT + n * H4.milliseconds for n in range(8)]


@pytest.mark.market_data
@pytest.mark.parametrize(("folder", "interval"), [("spot_full/1h", "1h"), ("spot/1h", "1h"), ("futures/4h", "4h")])
def test_recorded_candles_are_all_believed(market_data_dir: Path, folder: str, interval: str) -> None:
    for archive in sorted((market_data_dir / "klines" / folder).glob("*.xz"))[::12]:
        lines = [line.split(",") for line in lzma.decompress(archive.read_bytes()).decode().splitlines()]
        rows = [[int(f[0]), *f[1:6], int(f[6]), f[7], int(f[8]), *f[9:]] for f in lines]
        assert len(parse_klines(body(rows), Interval(interval))) == len(rows)
