"""The list of monitors: filters, order, fields, bad parameters."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from rest_framework.test import APIClient

from tests.factories.monitor import InstrumentFactory, SpotInstrumentFactory
from tests.factories.volume_trap import IndicatorsFactory, MonitorFactory, MonitorWithHistoryFactory
from volume_trap.domain.enums import Stage, TrapStatus

URL = "/api/volume-trap/monitors/"


def ids(response) -> list[int]:
    assert response.status_code == 200, response.json()
    return [row["id"] for row in response.json()["results"]]


def error(response, status: int = 400) -> dict:
    assert response.status_code == status, response.content
    body = response.json()
    assert set(body) == {"error"}
    assert set(body["error"]) == {"code", "message", "details"}
    return body["error"]


@pytest.mark.requirement("P0-5")
@pytest.mark.parametrize(("market_type", "expected"), [("spot", {"spot"}), ("futures", {"futures"})])
def test_market_type_narrows_the_list_to_one_market(token_client: APIClient, market_type, expected):
    MonitorFactory(instrument=SpotInstrumentFactory())
    MonitorFactory()
    results = token_client.get(URL, {"market_type": market_type}).json()["results"]
    assert {row["market_type"] for row in results} == expected


@pytest.mark.requirement("P0-5")
@pytest.mark.parametrize("parameters", [{}, {"market_type": "all"}, {"market_type": ""}])
def test_both_markets_are_listed_together_by_default_and_with_all(token_client: APIClient, parameters):
    spot, futures = MonitorFactory(instrument=SpotInstrumentFactory()), MonitorFactory()
    assert set(ids(token_client.get(URL, parameters))) == {spot.pk, futures.pk}


@pytest.mark.requirement("VT-U4")
@pytest.mark.requirement("P0-5")
def test_market_type_and_status_combine(token_client: APIClient):
    wanted = MonitorFactory(instrument=SpotInstrumentFactory())
    MonitorFactory(instrument=SpotInstrumentFactory(), status=TrapStatus.SUSPECTED.value)
    MonitorFactory()
    assert ids(token_client.get(URL, {"market_type": "spot", "status": "pending"})) == [wanted.pk]


@pytest.mark.requirement("P0-5")
def test_the_same_symbol_on_two_markets_is_two_monitors(token_client: APIClient):
    spot = MonitorFactory(instrument=SpotInstrumentFactory(base_asset="BTC"))
    futures = MonitorFactory(instrument=InstrumentFactory(base_asset="BTC"))
    both = ids(token_client.get(URL, {"symbol": "BTCUSDT"}))
    assert set(both) == {spot.pk, futures.pk}
    assert ids(token_client.get(URL, {"symbol": "BTCUSDT", "market_type": "spot"})) == [spot.pk]


@pytest.mark.parametrize("status", [status.value for status in TrapStatus])
def test_status_narrows_the_list(token_client: APIClient, status):
    for value in TrapStatus:
        MonitorFactory(status=value.value)
    results = token_client.get(URL, {"status": status}).json()["results"]
    assert [row["status"] for row in results] == [status]


def test_interval_narrows_the_list(token_client: APIClient):
    hourly = MonitorFactory(interval="1h")
    MonitorFactory(interval="4h")
    assert ids(token_client.get(URL, {"interval": "1h"})) == [hourly.pk]


@pytest.mark.parametrize("symbol", ["BTCUSDT", "BTC/USDT", "btcusdt", "btc/Usdt", " BTCUSDT "])
def test_a_symbol_is_found_however_it_is_written(token_client: APIClient, symbol):
    bitcoin = MonitorFactory(instrument=InstrumentFactory(base_asset="BTC"))
    MonitorFactory(instrument=InstrumentFactory(base_asset="ETH"))
    assert ids(token_client.get(URL, {"symbol": symbol})) == [bitcoin.pk]


def test_a_chinese_symbol_is_found(token_client: APIClient):
    monitor = MonitorFactory(instrument=InstrumentFactory(base_asset="币安人生"))
    assert ids(token_client.get(URL, {"symbol": "币安人生/usdt"})) == [monitor.pk]


def test_a_symbol_nobody_knows_gives_an_empty_list(token_client: APIClient):
    MonitorFactory()
    assert ids(token_client.get(URL, {"symbol": "NOSUCHUSDT"})) == []


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"start_date": "2026-02-02"}, [3, 2, 1]),
        ({"end_date": "2026-02-02"}, [2, 1, 0]),
        ({"start_date": "2026-02-02", "end_date": "2026-02-02"}, [2, 1]),
        ({"start_date": "2026-02-02T20:00:00Z"}, [3, 2]),
        ({"end_date": "2026-02-02T20:00:00Z"}, [2, 1, 0]),
        ({"end_date": "2026-02-02T19:59:59Z"}, [1, 0]),
        ({"start_date": "2026-02-03T04:00:00+08:00"}, [3, 2]),
        ({"start_date": "2026-02-03T04:00:00 08:00"}, [3, 2]),
    ],
)
def test_dates_bound_the_trigger_time_and_the_end_day_counts_whole(token_client: APIClient, parameters, expected):
    moments = [(1, 20), (2, 0), (2, 20), (3, 0)]
    rows = [MonitorFactory(trigger_time=datetime(2026, 2, day, hour, tzinfo=UTC)) for day, hour in moments]
    assert ids(token_client.get(URL, parameters)) == [rows[index].pk for index in expected]


def test_the_newest_trigger_comes_first(token_client: APIClient):
    rows = [MonitorFactory() for _ in range(3)]
    assert ids(token_client.get(URL)) == [row.pk for row in reversed(rows)]


@pytest.mark.parametrize(
    ("ordering", "reverse"),
    [("trigger_time", False), ("-trigger_time", True), ("id", False), ("-id", True)],
)
def test_the_order_can_be_chosen(token_client: APIClient, ordering, reverse):
    rows = [MonitorFactory() for _ in range(3)]
    expected = sorted((row.pk for row in rows), reverse=reverse)
    assert ids(token_client.get(URL, {"ordering": ordering})) == expected


@pytest.mark.parametrize("ordering", ["trigger_time", "-trigger_time", ""])
def test_pages_of_equal_trigger_times_neither_repeat_nor_lose_a_monitor(token_client: APIClient, ordering):
    moment = datetime(2026, 2, 3, tzinfo=UTC)
    rows = {MonitorFactory(trigger_time=moment).pk for _ in range(7)}
    pages = [ids(token_client.get(URL, {"ordering": ordering, "page": page, "page_size": 2})) for page in (1, 2, 3, 4)]
    assert [len(page) for page in pages] == [2, 2, 2, 1]
    assert {pk for page in pages for pk in page} == rows


def test_a_monitor_has_exactly_the_documented_fields(token_client: APIClient):
    instrument = InstrumentFactory(base_asset="PEPE", current_price=Decimal("0.00000900"))
    MonitorWithHistoryFactory(
        instrument=instrument,
        status=TrapStatus.SUSPECTED.value,
        trigger_time=datetime(2026, 2, 3, 8, tzinfo=UTC),
        trigger_price=Decimal("0.000012"),
        trigger_volume=Decimal("12345678901234.5"),
        trigger_kline_high=Decimal("0.00002"),
        trigger_kline_low=Decimal("0.00001"),
    )
    row = token_client.get(URL).json()["results"][0]
    indicators = row.pop("latest_indicators")
    moving = {name: row.pop(name) for name in ("id", "created_at", "updated_at")}
    assert row == {
        "symbol": "PEPEUSDT",
        "display_symbol": "PEPE/USDT",
        "market_type": "futures",
        "interval": "4h",
        "trigger_time": "2026-02-03T08:00:00Z",
        "trigger_price": "0.000012",
        "trigger_volume": "12345678901234.5",
        "trigger_kline_high": "0.00002",
        "trigger_kline_low": "0.00001",
        "status": "suspected_abandonment",
        "phase_1_passed": True,
        "phase_2_passed": True,
        "phase_3_passed": False,
        "market_wide": False,
        "window_expired": False,
        "suspected_at": "2026-02-04T04:00:00Z",
        "confirmed_at": None,
        "invalidated_at": None,
        "current_price": "0.000009",
        "price_change_percent": "-25",
    }
    assert all(moving.values())
    assert indicators["stage"] == "confirmation"
    assert indicators["snapshot_time"] == "2026-02-04T04:00:00Z"
    assert indicators["volume_retention_percent"] == 9.5
    assert indicators["rvol_ratio"] is None


def test_a_monitor_without_price_or_indicators_shows_null(token_client: APIClient):
    MonitorFactory(instrument=InstrumentFactory(current_price=None))
    row = token_client.get(URL).json()["results"][0]
    assert (row["current_price"], row["price_change_percent"], row["latest_indicators"]) == (None, None, None)


def test_a_ratio_that_json_cannot_carry_is_null(token_client: APIClient):
    IndicatorsFactory(price_efficiency=float("inf"))
    row = token_client.get(URL).json()["results"][0]
    assert row["latest_indicators"]["price_efficiency"] is None


def test_two_stages_on_one_candle_show_the_later_stage(token_client: APIClient):
    first = IndicatorsFactory(stage=Stage.CONFIRMATION.value)
    IndicatorsFactory(monitor=first.monitor, stage=Stage.VALIDATION.value, snapshot_time=first.snapshot_time)
    row = token_client.get(URL).json()["results"][0]
    assert row["latest_indicators"]["stage"] == "validation"


@pytest.mark.parametrize(
    ("name", "value", "hint"),
    [
        ("status", "open", "pending"),
        ("status", "PENDING", "pending"),
        ("interval", "5m", "1h, 4h, 1d"),
        ("market_type", "alpha", "spot, futures, all"),
        ("ordering", "symbol", "-trigger_time"),
        ("start_date", "yesterday", "2026-01-31"),
        ("start_date", "2026-02-30", "2026-01-31"),
        ("start_date", "20260230", "2026-01-31"),
        ("end_date", "2026-02-01T08:00:00", "with a zone"),
        ("end_date", "0001-01-01T00:00:00+08:00", "with a zone"),
        ("page", "0", "at least 1"),
        ("page", "-1", "at least 1"),
        ("page", "abc", "at least 1"),
        ("page", "1.5", "at least 1"),
        ("page", "²", "at least 1"),
        ("page", "9" * 40, "at least 1"),
        ("page_size", "0", "from 1 to 100"),
        ("page_size", "abc", "from 1 to 100"),
        ("page_size", "101", "from 1 to 100"),
        ("symbol", "A\x00B", "ull characters"),
        ("symbol", "A" * 65, "64"),
    ],
)
def test_a_bad_value_is_refused_with_what_would_be_right(token_client: APIClient, name, value, hint):
    answer = error(token_client.get(URL, {name: value}))
    assert answer["code"] == "invalid_parameter"
    assert list(answer["details"]) == [name]
    assert hint in answer["message"]


def test_a_start_after_the_end_is_refused(token_client: APIClient):
    answer = error(token_client.get(URL, {"start_date": "2026-02-02", "end_date": "2026-02-01"}))
    assert answer["details"] == {"start_date": ["Must not be after end_date."]}


def test_the_last_day_of_the_calendar_is_an_end_like_any_other(token_client: APIClient):
    monitor = MonitorFactory()
    assert ids(token_client.get(URL, {"end_date": "9999-12-31", "start_date": "0001-01-01"})) == [monitor.pk]


def test_an_unknown_parameter_is_refused_by_naming_the_known_ones(token_client: APIClient):
    answer = error(token_client.get(URL, {"state": "pending"}))
    assert answer["code"] == "unknown_parameter"
    assert (
        "market_type, status, interval, symbol, start_date, end_date, ordering, page, page_size" in (answer["message"])
    )


def test_a_parameter_given_twice_is_refused(token_client: APIClient):
    answer = error(token_client.get(f"{URL}?status=pending&status=invalidated"))
    assert answer["details"] == {"status": ["Given more than once."]}


def test_several_bad_values_are_reported_together(token_client: APIClient):
    answer = error(token_client.get(URL, {"status": "x", "interval": "y"}))
    assert set(answer["details"]) == {"status", "interval"}


@pytest.mark.parametrize("page", ["2", "999999999999"])
def test_a_page_beyond_the_end_is_not_found(token_client: APIClient, page):
    MonitorFactory()
    assert error(token_client.get(URL, {"page": page}), 404)["code"] == "not_found"


def test_an_empty_list_has_a_first_page(token_client: APIClient):
    body = token_client.get(URL).json()
    assert (body["count"], body["results"], body["next"], body["previous"]) == (0, [], None, None)


@pytest.mark.parametrize("number", [1, 8])
def test_a_page_costs_the_same_queries_whatever_its_size(
    token_client: APIClient, django_assert_max_num_queries, number
):
    for _ in range(number):
        MonitorWithHistoryFactory(status=TrapStatus.CONFIRMED.value)
    token_client.get(URL)
    # Two for the token, then ids, monitors, indicators; the last page needs no count.
    with django_assert_max_num_queries(5):
        rows = token_client.get(URL, {"page_size": 100, "market_type": "futures"}).json()["results"]
    assert len(rows) == number
