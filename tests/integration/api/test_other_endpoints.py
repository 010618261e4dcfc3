"""One monitor, statistics, candles, instruments."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from rest_framework.test import APIClient

from tests.factories.monitor import InstrumentFactory, KlineFactory, SpotInstrumentFactory
from tests.factories.volume_trap import MonitorFactory, MonitorWithHistoryFactory
from volume_trap.domain.enums import TrapStatus

ROOT = "/api/volume-trap"


def ok(response):
    assert response.status_code == 200, response.content
    return response.json()


def error(response, status: int = 400) -> dict:
    assert response.status_code == status, response.content
    return response.json()["error"]


# --- one monitor ------------------------------------------------------------------------------
def test_one_monitor_carries_its_whole_history_oldest_first(token_client: APIClient):
    monitor = MonitorWithHistoryFactory(status=TrapStatus.CONFIRMED.value)
    body = ok(token_client.get(f"{ROOT}/monitors/{monitor.pk}/"))
    assert [row["stage"] for row in body["indicators"]] == ["discovery", "confirmation", "validation"]
    assert [row["to_status"] for row in body["transitions"]] == [
        "pending",
        "suspected_abandonment",
        "confirmed_abandonment",
    ]
    assert body["transitions"][0]["evidence"] == {"stage": "discovery", "rvol_ratio": 9.25}
    assert body["latest_indicators"] == body["indicators"][-1]


def test_one_monitor_and_its_row_in_the_list_agree(token_client: APIClient):
    monitor = MonitorWithHistoryFactory(status=TrapStatus.INVALIDATED.value)
    row = ok(token_client.get(f"{ROOT}/monitors/"))["results"][0]
    body = ok(token_client.get(f"{ROOT}/monitors/{monitor.pk}/"))
    assert {name: body[name] for name in row} == row


def test_an_unknown_monitor_is_not_found(token_client: APIClient):
    answer = error(token_client.get(f"{ROOT}/monitors/999999999999999999/"), 404)
    assert answer == {
        "code": "not_found",
        "message": "There is no monitor 999999999999999999.",
        "details": {},
    }


def test_one_monitor_takes_no_parameters(token_client: APIClient):
    answer = error(token_client.get(f"{ROOT}/monitors/{MonitorFactory().pk}/", {"expand": "1"}))
    assert answer["message"] == "expand: Unknown parameter; there are none here."


def test_one_monitor_costs_the_same_queries_with_any_history(token_client: APIClient, django_assert_max_num_queries):
    monitor = MonitorWithHistoryFactory(status=TrapStatus.CONFIRMED.value)
    with django_assert_max_num_queries(5):
        ok(token_client.get(f"{ROOT}/monitors/{monitor.pk}/"))


# --- statistics -------------------------------------------------------------------------------
def test_statistics_count_per_status_interval_and_market(token_client: APIClient):
    MonitorFactory(interval="1h", instrument=SpotInstrumentFactory())
    MonitorFactory(status=TrapStatus.CONFIRMED.value)
    MonitorFactory(status=TrapStatus.INVALIDATED.value)
    body = ok(token_client.get(f"{ROOT}/stats/"))
    assert body["total"] == 3
    assert body["by_status"] == {
        "pending": 1,
        "suspected_abandonment": 0,
        "confirmed_abandonment": 1,
        "invalidated": 1,
    }
    assert body["by_interval"] == {"1h": 1, "4h": 2, "1d": 0}
    assert body["by_market_type"] == {"spot": 1, "futures": 2}


def test_the_trend_dates_every_step_on_its_own_utc_day(token_client: APIClient):
    last_hour = datetime(2026, 2, 3, 20, tzinfo=UTC)
    MonitorFactory(trigger_time=last_hour, status=TrapStatus.CONFIRMED.value)  # +20 h, +36 h
    MonitorFactory(trigger_time=last_hour, status=TrapStatus.INVALIDATED.value)  # +80 h
    MonitorFactory(trigger_time=last_hour - timedelta(days=7))
    trend = ok(token_client.get(f"{ROOT}/stats/", {"end_date": "2026-02-07"}))["trend"]
    assert [day["date"] for day in trend] == [f"2026-02-0{number}" for number in range(1, 8)]
    happened = {
        day["date"]: {name: number for name, number in day.items() if name != "date" and number} for day in trend
    }
    assert {day: counts for day, counts in happened.items() if counts} == {
        "2026-02-03": {"new": 2},
        "2026-02-04": {"suspected": 1},
        "2026-02-05": {"confirmed": 1},
        "2026-02-07": {"invalidated": 1},
    }


def test_the_trend_ends_today_by_default(token_client: APIClient):
    with time_machine.travel(datetime(2026, 3, 1, 23, 30, tzinfo=UTC), tick=False):
        trend = ok(token_client.get(f"{ROOT}/stats/"))["trend"]
    assert trend[-1]["date"] == date(2026, 3, 1).isoformat()
    assert len(trend) == 7


@pytest.mark.parametrize("value", ["yesterday", "2026-02-30", "0001-01-01", "9999-12-31", "2026-02-01T00:00:00Z"])
def test_a_bad_end_date_is_refused(token_client: APIClient, value):
    assert error(token_client.get(f"{ROOT}/stats/", {"end_date": value}))["code"] == "invalid_parameter"


# --- candles ----------------------------------------------------------------------------------
START = datetime(2026, 2, 1, tzinfo=UTC)


@pytest.fixture
def bitcoin(db: None):
    instrument = InstrumentFactory(base_asset="BTC")
    for number in range(6):
        KlineFactory(instrument=instrument, open_time=START + number * timedelta(hours=4), close=Decimal("0.000010500"))
    return instrument


def klines(client: APIClient, **parameters):
    wanted = {"symbol": "BTC/USDT", "market_type": "futures", "interval": "4h", **parameters}
    return client.get(f"{ROOT}/klines/", wanted)


def test_candles_come_oldest_first_as_plain_numbers(token_client: APIClient, bitcoin):
    body = ok(klines(token_client))
    assert {name: body[name] for name in body if name != "klines"} == {
        "symbol": "BTCUSDT",
        "display_symbol": "BTC/USDT",
        "market_type": "futures",
        "interval": "4h",
        "is_truncated": False,
    }
    assert [row["open_time"][11:13] for row in body["klines"]] == ["00", "04", "08", "12", "16", "20"]
    assert body["klines"][0] == {
        "time": 1769904000,
        "open_time": "2026-02-01T00:00:00Z",
        "open": "100",
        "high": "110",
        "low": "90",
        "close": "0.0000105",
        "volume": "1000",
        "quote_volume": "100000",
        "trade_count": 50,
        "taker_buy_volume": "500",
        "taker_buy_quote_volume": "50000",
    }


@pytest.mark.parametrize(
    ("parameters", "hours"),
    [
        ({"start_time": "2026-02-01T08:00:00Z"}, [8, 12, 16, 20]),
        ({"end_time": "2026-02-01T08:00:00Z"}, [0, 4, 8]),
        ({"start_time": "2026-02-01", "end_time": "2026-02-01"}, [0, 4, 8, 12, 16, 20]),
        ({"start_time": "2026-02-02"}, []),
        ({"limit": 2}, [16, 20]),
        ({"end_time": "2026-02-01T08:00:00Z", "limit": 2}, [4, 8]),
    ],
)
def test_a_range_and_a_limit_choose_the_candles(token_client: APIClient, bitcoin, parameters, hours):
    body = ok(klines(token_client, **parameters))
    assert [int(row["open_time"][11:13]) for row in body["klines"]] == hours
    assert body["is_truncated"] is ("limit" in parameters)


def test_candles_of_another_interval_or_market_stay_out(token_client: APIClient, bitcoin):
    SpotInstrumentFactory(base_asset="BTC")
    assert ok(klines(token_client, interval="1h"))["klines"] == []
    assert ok(klines(token_client, market_type="spot"))["klines"] == []


def test_candles_of_an_unknown_symbol_are_not_found(token_client: APIClient, bitcoin):
    answer = error(klines(token_client, symbol="NOSUCH"), 404)
    assert answer["message"] == "No futures instrument NOSUCH is known."


@pytest.mark.parametrize(
    ("name", "value", "hint"),
    [
        ("interval", "5m", "1h, 4h, 1d"),
        ("market_type", "all", "spot, futures, alpha"),
        ("limit", "0", "greater than or equal to 1"),
        ("limit", "5001", "less than or equal to 5000"),
        ("limit", "many", "integer"),
        ("start_time", "noon", "2026-01-31"),
        ("end_time", "2026-02-01 12:00", "with a zone"),
    ],
)
def test_a_bad_candle_parameter_is_refused(token_client: APIClient, bitcoin, name, value, hint):
    answer = error(klines(token_client, **{name: value}))
    assert list(answer["details"]) == [name]
    assert hint in answer["message"]


def test_candles_refuse_a_start_after_the_end(token_client: APIClient, bitcoin):
    answer = error(klines(token_client, start_time="2026-02-02", end_time="2026-02-01"))
    assert answer["details"] == {"start_time": ["Must not be after end_time."]}


def test_candles_need_symbol_market_and_interval(token_client: APIClient):
    answer = error(token_client.get(f"{ROOT}/klines/"))
    assert set(answer["details"]) == {"symbol", "market_type", "interval"}


def test_candles_cost_the_same_queries_whatever_their_number(
    token_client: APIClient, bitcoin, django_assert_max_num_queries
):
    # Two for the token, then instrument and candles.
    with django_assert_max_num_queries(4):
        ok(klines(token_client))


# --- instruments ------------------------------------------------------------------------------
def symbols(client: APIClient, **parameters) -> list[str]:
    return [row["symbol"] for row in ok(client.get(f"{ROOT}/instruments/", parameters))["results"]]


def test_instruments_are_filtered_by_market_status_and_text(token_client: APIClient):
    SpotInstrumentFactory(base_asset="BTC")
    InstrumentFactory(base_asset="BTC", status="delisted")
    InstrumentFactory(base_asset="ETH")
    assert symbols(token_client) == ["BTCUSDT", "ETHUSDT", "BTCUSDT"]
    assert symbols(token_client, market_type="spot") == ["BTCUSDT"]
    assert symbols(token_client, status="delisted") == ["BTCUSDT"]
    assert symbols(token_client, search="eth/u") == ["ETHUSDT"]
    assert symbols(token_client, search="tc") == ["BTCUSDT", "BTCUSDT"]


def test_an_instrument_shows_its_sizes_as_plain_numbers(token_client: APIClient):
    InstrumentFactory(base_asset="BTC", tick_size=Decimal("1E-7"), step_size=None, current_price=Decimal("1E+2"))
    row = ok(token_client.get(f"{ROOT}/instruments/"))["results"][0]
    assert (row["tick_size"], row["step_size"], row["current_price"]) == ("0.0000001", None, "100")
    assert (row["exchange"], row["display_symbol"]) == ("binance", "BTC/USDT")


@pytest.mark.parametrize(
    ("name", "value", "hint"),
    [("market_type", "all", "spot, futures, alpha"), ("status", "gone", "active, delisted")],
)
def test_a_bad_instrument_filter_is_refused(token_client: APIClient, name, value, hint):
    assert hint in error(token_client.get(f"{ROOT}/instruments/", {name: value}))["message"]


def test_a_page_of_instruments_costs_the_same_queries_whatever_its_size(
    token_client: APIClient, django_assert_max_num_queries
):
    for _ in range(8):
        InstrumentFactory()
    # Two for the token, then the page; the last page needs no count.
    with django_assert_max_num_queries(3):
        assert len(symbols(token_client, page_size="100")) == 8
