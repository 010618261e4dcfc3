"""``update_klines``: exactly what is missing, judged by the exchange's clock."""

import json
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command

from monitor.domain.enums import Interval
from monitor.domain.intervals import from_milliseconds, to_milliseconds
from monitor.management.base import EXIT_FAILED, EXIT_USAGE
from monitor.models import Instrument, Kline, KlineGap
from tests.conftest import NOW_MS
from tests.factories.monitor import InstrumentFactory, SpotInstrumentFactory
from tests.wire.exchange import StubExchange
from tests.wire.payloads import kline_row, kline_rows

pytestmark = pytest.mark.django_db

H1 = Interval.H1
STEP = H1.milliseconds
LAST = NOW_MS - STEP  # the exchange's clock stands at 00:25, so the candle of 23:00 is the newest closed one


def update(market: str = "spot", *words: str, interval: str = "1h") -> dict[str, Any]:
    """Run the command; its JSON."""
    out = StringIO()
    call_command("update_klines", "--interval", interval, "--market-type", market, "--json", *words, stdout=out)
    return json.loads(out.getvalue())


def failing(*words: str, market: str = "spot", interval: str = "1h") -> tuple[CommandError, dict[str, Any]]:
    out = StringIO()
    options = ("--interval", interval, "--market-type", market, "--json", *words)
    with pytest.raises(CommandError) as caught:
        call_command("update_klines", *options, stdout=out)
    return caught.value, json.loads(out.getvalue() or "{}")


def stored(symbol: str = "BTCUSDT") -> list[int]:
    times = Kline.objects.filter(instrument__symbol=symbol).order_by("open_time")
    return [to_milliseconds(moment) for moment in times.values_list("open_time", flat=True)]


def asked(exchange: StubExchange) -> list[tuple[int, int, int]]:
    """Start and end as candles before the newest closed one, and the limit."""
    return [
        (
            (int(request.params["startTime"]) - LAST) // STEP,
            (int(request.params["endTime"]) - LAST) // STEP,
            int(request.params["limit"]),
        )
        for request in exchange.klines_requests()
    ]


@pytest.fixture
def btc() -> Instrument:
    return SpotInstrumentFactory(symbol="BTCUSDT", base_asset="BTC")


@pytest.mark.requirement("VT-U2")
@pytest.mark.requirement("P0-1")
def test_an_empty_series_is_filled_with_the_newest_500_closed_candles(exchange: StubExchange, btc: Instrument) -> None:
    result = update()
    assert result["counts"]["stored"] == 500
    assert stored() == [LAST - n * STEP for n in reversed(range(500))]


@pytest.mark.requirement("P0-1")
def test_all_twelve_fields_are_stored(exchange: StubExchange, btc: Instrument) -> None:
    row = [LAST, "0.01634790", "0.80000000", "0.01575800", "0.01577100", "148976.11427815",
           LAST + STEP - 1, "2434.19055334", 308, "1756.87402397", "28.46694368", "0"]  # fmt: skip
    exchange.candles["BTCUSDT", "1h"] = [row]
    update("spot", "--limit", "1")
    kline = Kline.objects.get()
    names = ("open", "high", "low", "close", "volume", "quote_volume", "taker_buy_volume", "taker_buy_quote_volume")
    assert [float(getattr(kline, name)) for name in names] == [float(row[i]) for i in (1, 2, 3, 4, 5, 7, 9, 10)]
    assert (kline.trade_count, kline.ignore) == (308, "0")
    assert kline.close_time == from_milliseconds(LAST + STEP - 1)


@pytest.mark.requirement("P0-1")
def test_a_second_run_asks_for_nothing(exchange: StubExchange, btc: Instrument) -> None:
    update()
    asked_before = len(exchange.klines_requests())
    counts = update()["counts"]
    assert (counts["requests"], counts["stored"], counts["up_to_date"]) == (0, 0, 1)
    assert len(exchange.klines_requests()) == asked_before


def test_only_the_candles_closed_since_the_last_run_are_asked_for(exchange: StubExchange, btc: Instrument) -> None:
    update()
    exchange.now_ms += 3 * STEP
    exchange.requests.clear()
    assert update()["counts"]["stored"] == 3
    assert asked(exchange) == [(1, 3, 3)]


@pytest.mark.requirement("REL-2")
def test_holes_in_the_middle_are_asked_for_one_by_one(exchange: StubExchange, btc: Instrument) -> None:
    update()
    Kline.objects.filter(open_time__in=[from_milliseconds(LAST - n * STEP) for n in (7, 8, 9, 100)]).delete()
    exchange.requests.clear()
    assert update()["counts"]["stored"] == 4
    assert asked(exchange) == [(-100, -100, 1), (-9, -7, 3)]
    assert len(stored()) == 500


def test_an_absence_longer_than_the_window_leaves_no_hole(exchange: StubExchange, btc: Instrument) -> None:
    update("spot", "--limit", "900")
    Kline.objects.filter(open_time__gt=from_milliseconds(LAST - 700 * STEP)).delete()
    update("spot", "--limit", "100")
    assert stored() == [LAST - age * STEP for age in range(899, -1, -1)]


def test_the_candle_that_is_still_open_is_never_stored(exchange: StubExchange, btc: Instrument) -> None:
    update("spot", "--limit", "5")
    assert stored()[-1] == LAST
    exchange.now_ms = NOW_MS + STEP - 1
    assert update("spot", "--limit", "5")["counts"]["stored"] == 0
    exchange.now_ms = NOW_MS + STEP
    assert update("spot", "--limit", "5")["counts"]["stored"] == 1


def test_an_unclosed_candle_that_is_sent_unasked_is_dropped(exchange: StubExchange, btc: Instrument) -> None:
    rows = kline_rows(LAST - STEP, 3, H1)
    exchange.fault = lambda request: (200, {}, json.dumps(rows).encode()) if request.is_klines else None
    update("spot", "--limit", "2")
    assert stored() == [LAST - STEP, LAST]


@pytest.mark.parametrize("moved", ["2019-01-01", "2031-06-01"])
def test_a_wrong_machine_clock_changes_nothing(exchange: StubExchange, btc: Instrument, moved: str) -> None:
    with time_machine.travel(datetime.fromisoformat(moved).replace(tzinfo=UTC), tick=True):
        update("spot", "--limit", "10")
        assert stored()[-1] == LAST
        assert update("spot", "--limit", "10")["counts"] == {
            "instruments": 1, "up_to_date": 1, "requests": 0, "stored": 0, "gaps": 0, "stale": 0,
        }  # fmt: skip


def test_a_market_that_runs_fast_is_followed_by_its_own_clock(exchange: StubExchange, btc: Instrument) -> None:
    for _ in range(5):
        update("spot", "--limit", "20")
        exchange.now_ms += STEP  # an hour passes there while a moment passes here
    assert len(stored()) == 24
    assert stored()[-1] == LAST + 4 * STEP


def test_more_candles_than_a_page_are_paged(exchange: StubExchange, btc: Instrument) -> None:
    assert update("spot", "--limit", "2500")["counts"]["requests"] == 3
    assert [limit for _, _, limit in asked(exchange)] == [1000, 1000, 500]
    assert stored() == [LAST - n * STEP for n in reversed(range(2500))]


def test_futures_pages_are_those_of_the_least_weight(exchange: StubExchange) -> None:
    InstrumentFactory(symbol="BTCUSDT")
    update("futures", "--limit", "1200")
    assert [limit for _, _, limit in asked(exchange)] == [500, 500, 200]


def test_since_a_day_fetches_from_that_day_on(exchange: StubExchange, btc: Instrument) -> None:
    update("spot", "--since", "2025-12-25")
    assert from_milliseconds(stored()[0]) == datetime(2025, 12, 25, tzinfo=UTC)
    assert len(stored()) == 7 * 24


def test_since_all_begins_where_the_exchange_has_its_first_candle(exchange: StubExchange, btc: Instrument) -> None:
    first = LAST - 1499 * STEP
    exchange.candles["BTCUSDT", "1h"] = kline_rows(first, 1501, H1)
    counts = update("spot", "--since", "all")["counts"]
    assert (counts["requests"], counts["stored"]) == (2, 1500)
    assert update("spot", "--since", "all")["counts"]["requests"] == 0
    gap = KlineGap.objects.get()
    assert gap.last_open_time == from_milliseconds(first - STEP)


def test_since_a_day_that_is_not_over_has_nothing_to_do(exchange: StubExchange, btc: Instrument) -> None:
    counts = update("spot", "--since", "2026-01-01", interval="1d")["counts"]
    assert (counts["requests"], counts["stale"]) == (0, 0)


def test_the_time_before_a_young_listing_is_asked_for_once(exchange: StubExchange, btc: Instrument) -> None:
    exchange.candles["BTCUSDT", "1h"] = kline_rows(LAST - 9 * STEP, 11, H1)
    assert update()["counts"]["stored"] == 10
    assert update()["counts"]["requests"] == 0
    update("spot", "--limit", "600")
    exchange.requests.clear()
    update("spot", "--limit", "600")
    assert asked(exchange) == []


def test_a_hole_that_the_exchange_itself_has_is_asked_for_once(exchange: StubExchange, btc: Instrument) -> None:
    rows = kline_rows(LAST - 19 * STEP, 21, H1)
    exchange.candles["BTCUSDT", "1h"] = rows[:8] + rows[11:]
    counts = update("spot", "--limit", "20")["counts"]
    assert (counts["stored"], counts["gaps"]) == (17, 1)
    assert update("spot", "--limit", "20")["counts"]["requests"] == 0
    gap = KlineGap.objects.get()
    assert (gap.first_open_time, gap.last_open_time) == (
        from_milliseconds(rows[8][0]),
        from_milliseconds(rows[10][0]),
    )


def test_a_newest_candle_that_is_late_is_stale_and_asked_for_again(exchange: StubExchange, btc: Instrument) -> None:
    rows = kline_rows(LAST - 9 * STEP, 10, H1)
    exchange.candles["BTCUSDT", "1h"] = rows[:-2]
    counts = update("spot", "--limit", "10")["counts"]
    assert (counts["stored"], counts["stale"], counts["gaps"]) == (8, 1, 0)
    exchange.candles["BTCUSDT", "1h"] = rows
    counts = update("spot", "--limit", "10")["counts"]
    assert (counts["stored"], counts["stale"]) == (2, 0)


def test_an_exchange_that_answers_with_less_than_a_page_is_asked_on(exchange: StubExchange, btc: Instrument) -> None:
    def three_at_a_time(request: Any) -> Any:
        rows = exchange.klines({**request.params, "limit": "3"}) if request.is_klines else None
        return None if rows is None else (200, {}, json.dumps(rows).encode())

    exchange.fault = three_at_a_time
    update("spot", "--limit", "10")
    assert len(stored()) == 10
    assert KlineGap.objects.count() == 0


def test_force_fetches_the_window_again_and_overwrites_it(exchange: StubExchange, btc: Instrument) -> None:
    update("spot", "--limit", "10")
    corrected = kline_row(LAST, H1, close="106.00000000")
    exchange.candles["BTCUSDT", "1h"] = [*kline_rows(LAST - 9 * STEP, 9, H1), corrected]
    assert update("spot", "--limit", "10")["counts"]["requests"] == 0
    assert update("spot", "--limit", "10", "--force")["counts"]["stored"] == 1
    assert Kline.objects.get(open_time=from_milliseconds(LAST)).close == 106
    assert Kline.objects.count() == 10


def test_force_finds_candles_that_the_exchange_did_not_have_before(exchange: StubExchange, btc: Instrument) -> None:
    rows = kline_rows(LAST - 9 * STEP, 10, H1)
    exchange.candles["BTCUSDT", "1h"] = rows[:4] + rows[6:]
    update("spot", "--limit", "10")
    exchange.candles["BTCUSDT", "1h"] = rows
    assert update("spot", "--limit", "10", "--force")["counts"]["stored"] == 2
    assert KlineGap.objects.count() == 0


def test_a_failed_force_loses_nothing(exchange: StubExchange, btc: Instrument) -> None:
    update("spot", "--limit", "10")
    before = list(Kline.objects.order_by("id").values())
    exchange.fault = lambda request: (403, {}, b"<html>Forbidden</html>") if request.is_klines else None
    failing("--limit", "10", "--force")
    assert list(Kline.objects.order_by("id").values()) == before


def test_futures_are_meant_where_no_market_is_named(exchange: StubExchange, btc: Instrument) -> None:
    InstrumentFactory(symbol="ETHUSDT")
    call_command("update_klines", "--interval", "1h", "--limit", "3", stdout=StringIO())
    assert len(stored("ETHUSDT")) == 3
    assert stored("BTCUSDT") == []


def test_one_symbol_is_updated_alone(exchange: StubExchange, btc: Instrument) -> None:
    SpotInstrumentFactory(symbol="ETHUSDT", base_asset="ETH")
    assert update("spot", "--symbol", "eth/usdt", "--limit", "3")["counts"]["instruments"] == 1
    assert stored("BTCUSDT") == []
    assert len(stored("ETHUSDT")) == 3


def test_the_other_market_and_delisted_instruments_are_left_alone(exchange: StubExchange, btc: Instrument) -> None:
    InstrumentFactory(symbol="BTCUSDT")
    SpotInstrumentFactory(symbol="OLDUSDT", status="delisted")
    assert update("spot", "--limit", "3")["counts"]["instruments"] == 1
    assert set(Kline.objects.values_list("instrument__market_type", "instrument__symbol")) == {("spot", "BTCUSDT")}


def test_each_interval_is_a_series_of_its_own(exchange: StubExchange, btc: Instrument) -> None:
    for interval in ("1h", "4h", "1d"):
        assert update("spot", "--limit", "4", interval=interval)["counts"]["stored"] == 4
    assert Kline.objects.count() == 12


def test_a_chinese_symbol_is_asked_for_in_its_own_name(exchange: StubExchange) -> None:
    InstrumentFactory(symbol="币安人生USDT")
    update("futures", "--limit", "3")
    assert exchange.klines_requests()[0].params["symbol"] == "币安人生USDT"
    assert len(stored("币安人生USDT")) == 3


def test_the_number_of_reading_queries_does_not_grow_with_the_instruments(
    exchange: StubExchange, django_assert_max_num_queries: Any
) -> None:
    for number in range(40):
        SpotInstrumentFactory(symbol=f"COIN{number}USDT")
    update("spot", "--limit", "30")
    with django_assert_max_num_queries(25):
        assert update("spot", "--limit", "30")["counts"]["up_to_date"] == 40


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--interval", "7h"], "--interval '7h' is unknown: use one of 1h, 4h, 1d"),
        (["--market-type", "options"], "--market-type 'options' is unknown: use one of spot, futures"),
        (["--symbol", "BTCUSD"], "did you mean BTCUSDT?"),
        (["--symbol", "QQQQ"], "run fetch_spot_contracts"),
        (["--symbol", "OLDUSDT"], "OLDUSDT is delisted"),
        (["--limit", "0"], "--limit '0' is no number of candles"),
        (["--limit", "many"], "--limit 'many' is no number of candles"),
        (["--since", "31.12.2025"], "use YYYY-MM-DD, such as 2026-01-31, or all"),
        (["--since", "2025-02-30"], "use YYYY-MM-DD"),
        (["--since", "all", "--limit", "5"], "exclude each other"),
    ],
    ids=str,
)
def test_wrong_usage_is_one_line_that_says_what_would_be_right(btc: Instrument, words: list[str], says: str) -> None:
    SpotInstrumentFactory(symbol="OLDUSDT", status="delisted")
    error, _ = failing(*words)
    assert error.returncode == EXIT_USAGE
    assert says in str(error)
    assert "\n" not in str(error)


def test_without_instruments_the_run_says_what_to_do_first(exchange: StubExchange) -> None:
    error, _ = failing()
    assert error.returncode == EXIT_FAILED
    assert "run fetch_spot_contracts" in str(error)
