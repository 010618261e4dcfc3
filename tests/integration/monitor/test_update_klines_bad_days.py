"""``update_klines`` when the exchange lies, limits, bans, is away, or the command itself is killed."""

import json
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError

from monitor.domain.enums import Interval
from monitor.domain.intervals import to_milliseconds
from monitor.management.base import EXIT_FAILED
from monitor.models import Kline, KlineGap
from monitor.services import klines as klines_service
from tests.conftest import NOW_MS, free_port
from tests.factories.monitor import SpotInstrumentFactory
from tests.processes import finish, manage, start_manage
from tests.wire.exchange import DROP, Answer, Request, StubExchange
from tests.wire.payloads import kline_row, kline_rows

pytestmark = pytest.mark.django_db

H1 = Interval.H1
STEP = H1.milliseconds
LAST = NOW_MS - STEP
COUNT = 20
FIRST = LAST - (COUNT - 1) * STEP
SYMBOLS = [f"COIN{number}USDT" for number in range(40)]
COMMAND = ("--interval", "1h", "--market-type", "spot", "--limit", str(COUNT), "--json")


@pytest.fixture
def instruments() -> None:
    for symbol in SYMBOLS:
        SpotInstrumentFactory(symbol=symbol)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Back-offs of seconds are the business of the HTTP wrapper's own tests."""
    monkeypatch.setattr("monitor.exchanges.http._LONGEST_BACKOFF_SECONDS", 0.05)


def update(*words: str) -> tuple[int, dict[str, Any]]:
    """Exit code and JSON."""
    out = StringIO()
    try:
        call_command("update_klines", *COMMAND, *words, stdout=out)
    except CommandError as error:
        return error.returncode, json.loads(out.getvalue())
    return 0, json.loads(out.getvalue())


def for_symbol(symbol: str, answer: Answer) -> Callable[[Request], Answer | None]:
    return lambda request: answer if request.params.get("symbol") == symbol else None


def for_klines(answer: Answer) -> Callable[[Request], Answer | None]:
    return lambda request: answer if request.is_klines else None


def rows(value: Any) -> Answer:
    return 200, {}, json.dumps(value).encode()


def stored() -> Counter[str]:
    return Counter(Kline.objects.values_list("instrument__symbol", flat=True))


GOOD = kline_rows(FIRST, COUNT, H1)
LIES = {
    "high below low": [*GOOD[:-1], kline_row(LAST, H1, high="80")],
    "price as a number": [*GOOD[:-1], kline_row(LAST, H1, close=105.0)],
    "negative volume": [*GOOD[:-1], kline_row(LAST, H1, volume="-1")],
    "off the grid": [*GOOD[:-1], kline_row(LAST + 1, H1)],
    "another interval": kline_rows(FIRST, 3, Interval.D1),
    "another time": kline_rows(FIRST - 1000 * STEP, 5, H1),
    "two versions of a candle": [*GOOD, kline_row(LAST, H1, close="101")],
    "an object": {"symbol": "COIN7USDT"},
    "eleven fields": [row[:11] for row in GOOD],
}


@pytest.mark.requirement("ERR_API_REQUEST_FAILED")
@pytest.mark.parametrize("lie", LIES.values(), ids=LIES.keys())
def test_a_lie_about_one_instrument_stores_nothing_of_it_and_the_run_goes_on(
    exchange: StubExchange, instruments: None, lie: Any
) -> None:
    exchange.fault = for_symbol("COIN7USDT", rows(lie))
    code, result = update()
    assert code == 0
    assert [failure["symbol"] for failure in result["failures"]] == ["COIN7USDT"]
    assert result["failures"][0]["code"] == "ERR_API_REQUEST_FAILED"
    assert stored() == {symbol: COUNT for symbol in SYMBOLS if symbol != "COIN7USDT"}
    assert KlineGap.objects.count() == 0


@pytest.mark.requirement("REL-4")
@pytest.mark.parametrize(
    "answer",
    [
        (400, {}, b'{"code":-1121,"msg":"Invalid symbol."}'),
        (200, {}, b"<html>maintenance</html>"),
        (503, {"Content-Type": "text/html"}, b"<html>503</html>"),
        (200, {}, b"[[1767222000000,"),
        (200, {"Content-Length": "9000", "Connection": "close"}, b"[[1767222000000,"),
        DROP,
    ],
    ids=["bad symbol", "html", "503 html", "cut", "truncated", "dropped"],
)
def test_one_failing_symbol_is_reported_and_the_rest_goes_on(
    exchange: StubExchange, instruments: None, answer: Answer
) -> None:
    exchange.fault = for_symbol("COIN7USDT", answer)
    code, result = update()
    assert code == 0
    assert [failure["symbol"] for failure in result["failures"]] == ["COIN7USDT"]
    assert result["counts"]["stale"] == 1
    assert sum(stored().values()) == 39 * COUNT


def test_a_bug_met_with_one_instrument_does_not_end_the_run(
    exchange: StubExchange, instruments: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = klines_service._Run._fetch

    def buggy(self: Any, page: Any) -> Any:
        if page.series.symbol == "COIN7USDT":
            raise ZeroDivisionError
        return honest(self, page)

    monkeypatch.setattr(klines_service._Run, "_fetch", buggy)
    code, result = update()
    assert code == 0
    assert [(failure["symbol"], failure["code"]) for failure in result["failures"]] == [("COIN7USDT", "ERR_UNEXPECTED")]


def test_more_than_a_tenth_of_failures_fails_the_run(exchange: StubExchange, instruments: None) -> None:
    wrong = set(SYMBOLS[:5])
    exchange.fault = lambda request: rows({}) if request.params.get("symbol") in wrong else None
    code, result = update()
    assert (code, len(result["failures"])) == (EXIT_FAILED, 5)
    assert sum(stored().values()) == 35 * COUNT


@pytest.mark.parametrize(
    "mix",
    [lambda good: good[::-1], lambda good: [*good, *good[3:9]], lambda good: sorted(good, key=lambda row: row[0] % 7)],
    ids=["backwards", "duplicated", "shuffled"],
)
def test_disorder_and_repetition_are_put_right(
    exchange: StubExchange, instruments: None, mix: Callable[[Any], Any]
) -> None:
    exchange.fault = for_klines(rows(mix(GOOD)))
    assert update()[0] == 0
    assert stored() == dict.fromkeys(SYMBOLS, COUNT)


def test_gaps_are_noted_and_zero_volume_is_stored(exchange: StubExchange, instruments: None) -> None:
    nothing = dict.fromkeys(("volume", "quote_volume", "taker_buy_volume", "taker_buy_quote_volume"), "0.00000000")
    quiet = kline_row(LAST, H1, open="1", high="1", low="1", close="1", trade_count=0, **nothing)
    exchange.fault = for_klines(rows([*GOOD[:5], *GOOD[9:-1], quiet]))
    code, result = update()
    assert (code, result["counts"]["gaps"]) == (0, 40)
    assert stored() == dict.fromkeys(SYMBOLS, COUNT - 4)
    assert Kline.objects.filter(volume=0).count() == 40


@pytest.mark.requirement("REL-3")
@pytest.mark.requirement("SEC-2")
def test_429_is_waited_for_and_nothing_is_lost(exchange: StubExchange, instruments: None) -> None:
    limited = (429, {"Retry-After": "1"}, b'{"code":-1003,"msg":"Too many requests queued."}')
    exchange.fault = lambda request: limited if request.number == 5 else None
    started = time.monotonic()
    code, result = update()
    assert (code, result["failures"]) == (0, [])
    assert time.monotonic() - started >= 1
    assert stored() == dict.fromkeys(SYMBOLS, COUNT)


def test_a_ban_stops_the_run_keeps_what_was_stored_and_names_what_was_not_reached(
    exchange: StubExchange, instruments: None
) -> None:
    banned = (418, {"Retry-After": "7200"}, b'{"code":-1003,"msg":"Way too much request weight used; IP banned."}')
    exchange.fault = lambda request: banned if request.number > 12 else None
    started = time.monotonic()
    code, result = update()
    assert code == EXIT_FAILED
    assert time.monotonic() - started < 10
    assert len(exchange.requests) <= 12 + klines_service.FETCH_THREADS  # what was on its way already
    assert stored() == {symbol: COUNT for symbol in SYMBOLS if symbol in stored()}
    assert len(result["failures"]) + len(stored()) == 40
    assert "banned this address for" in result["failures"][0]["message"]
    exchange.fault = lambda _request: None
    assert update()[0] == 0
    assert stored() == dict.fromkeys(SYMBOLS, COUNT)


def test_a_firewall_page_stops_the_run_at_once(exchange: StubExchange, instruments: None) -> None:
    for number in range(60):
        SpotInstrumentFactory(symbol=f"MORE{number}USDT")
    exchange.fault = for_klines((403, {"Content-Type": "text/html"}, b"<html>Request blocked</html>"))
    code, result = update()
    assert (code, len(result["failures"])) == (EXIT_FAILED, 100)
    assert len(exchange.klines_requests()) <= klines_service._PAGES_UNDER_WAY


def test_an_exchange_that_goes_away_is_not_asked_for_every_instrument(
    exchange: StubExchange, instruments: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(klines_service, "UNAVAILABLE_IN_A_ROW", 3)
    monkeypatch.setattr(klines_service, "_PAGES_UNDER_WAY", 4)
    exchange.fault = for_klines(DROP)
    code, result = update()
    assert (code, len(result["failures"])) == (EXIT_FAILED, 40)
    assert sum("not reached" in failure["message"] for failure in result["failures"]) >= 30


@pytest.mark.parametrize("fault", ["unreachable", "no time", "banned"])
def test_an_exchange_that_does_not_tell_the_time_is_one_line(
    exchange: StubExchange, instruments: None, settings: Any, fault: str
) -> None:
    if fault == "unreachable":
        settings.BINANCE_SPOT_URL = f"http://127.0.0.1:{free_port()}"
    answer = (418, {"Retry-After": "300"}, b"{}") if fault == "banned" else rows({"serverTime": None})
    exchange.fault = lambda _request: answer
    with pytest.raises(CommandError) as caught:
        call_command("update_klines", *COMMAND, stdout=StringIO())
    assert caught.value.returncode == EXIT_FAILED
    assert "\n" not in str(caught.value)
    assert Kline.objects.count() == 0


def test_a_slow_exchange_is_given_up_after_the_time_out(
    exchange: StubExchange, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    SpotInstrumentFactory(symbol="BTCUSDT")
    release = threading.Event()
    exchange.fault = lambda request: release.wait(10) and None if request.is_klines else None
    monkeypatch.setattr("monitor.services.exchange_clients.ExchangeEndpoints", _hasty)
    started = time.monotonic()
    code, result = update()
    release.set()
    assert code == EXIT_FAILED
    assert "in time" in result["failures"][0]["message"]
    assert time.monotonic() - started < 5


def _hasty(url: str, weight_limit: int, **options: Any) -> Any:
    from monitor.exchanges.config import ExchangeEndpoints

    return ExchangeEndpoints(url, weight_limit, read_timeout_seconds=0.1, attempts=2, **options)


@pytest.mark.parametrize("complaint", ["database is locked", "database or disk is full"])
def test_a_database_that_refuses_ends_the_run_with_one_line(
    exchange: StubExchange, instruments: None, monkeypatch: pytest.MonkeyPatch, complaint: str
) -> None:
    honest, calls = klines_service.store_klines, []

    def refusing(*args: Any) -> int:
        calls.append(args)
        if len(calls) > 5:
            raise OperationalError(complaint)
        return honest(*args)

    monkeypatch.setattr(klines_service, "store_klines", refusing)
    code, result = update()
    assert (code, [failure["code"] for failure in result["failures"]]) == (EXIT_FAILED, ["ERR_DB_OPERATION_FAILED"])
    assert stored() == dict.fromkeys(stored(), COUNT)
    assert len(stored()) == 5
    monkeypatch.setattr(klines_service, "store_klines", honest)
    assert update()[0] == 0
    assert stored() == dict.fromkeys(SYMBOLS, COUNT)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("round_number", range(2))
def test_a_run_killed_at_any_moment_and_run_again_loses_and_doubles_nothing(
    exchange: StubExchange, instruments: None, round_number: int
) -> None:
    reached = threading.Event()
    deadly = random.Random(round_number).randint(2, 38)

    def slow(request: Request) -> None:
        time.sleep(0.02)
        if request.number >= deadly:
            reached.set()

    exchange.fault = slow
    process = start_manage("update_klines", *COMMAND, BINANCE_SPOT_URL=exchange.url)
    assert reached.wait(60), finish(process)
    process.send_signal(signal.SIGKILL)
    finish(process)
    assert set(stored().values()) <= {COUNT}, "an answer was stored in part"
    code, out, err = manage("update_klines", *COMMAND, BINANCE_SPOT_URL=exchange.url)
    assert (code, err) == (0, "")
    assert stored() == dict.fromkeys(SYMBOLS, COUNT)
    times = Kline.objects.filter(instrument__symbol="COIN7USDT").values_list("open_time", flat=True)
    assert sorted(map(to_milliseconds, times)) == [row[0] for row in GOOD]
    assert json.loads(out)["counts"]["stale"] == 0


@pytest.mark.django_db(transaction=True)
def test_a_run_told_to_stop_ends_soon_although_the_exchange_asked_for_patience(
    exchange: StubExchange, instruments: None
) -> None:
    limited = threading.Event()

    def patience(request: Request) -> Answer | None:
        if request.number < 8:
            return None
        limited.set()
        return 429, {"Retry-After": "60"}, b"{}"

    exchange.fault = patience
    process = start_manage("update_klines", *COMMAND, BINANCE_SPOT_URL=exchange.url)
    assert limited.wait(60), finish(process)
    started = time.monotonic()
    process.send_signal(signal.SIGTERM)
    code, _, err = finish(process)
    assert code == 128 + signal.SIGTERM
    assert "run again to go on" in err
    assert time.monotonic() - started < 10


@pytest.mark.django_db(transaction=True)
def test_a_second_run_while_the_first_is_busy_says_so_and_asks_nothing(
    exchange: StubExchange, instruments: None
) -> None:
    busy, release = threading.Event(), threading.Event()

    def hold(_request: Request) -> None:
        busy.set()
        release.wait(60)

    exchange.fault = hold
    first = start_manage("update_klines", *COMMAND, BINANCE_SPOT_URL=exchange.url)
    assert busy.wait(60), finish(first)
    code, _, err = manage("update_klines", *COMMAND, BINANCE_SPOT_URL=exchange.url)
    assert (code, len(exchange.requests)) == (3, 1)
    assert "is running already" in err
    release.set()
    assert finish(first)[0] == 0
    assert stored() == dict.fromkeys(SYMBOLS, COUNT)
