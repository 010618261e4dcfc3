"""The HTTP wrapper against a server that misbehaves on purpose."""

import json
import socket
import threading
import time

import pytest

from monitor.domain.clock import SystemClock
from monitor.exchanges.errors import (
    AuthenticationFailed,
    ExchangeError,
    ExchangeUnavailable,
    MalformedPayload,
    RateLimited,
    RequestRejected,
)
from monitor.exchanges.http import ExchangeHttp
from tests.conftest import free_port
from tests.unit.monitor.exchanges.conftest import connecting
from tests.wire.exchange import DROP, Answer

HTML = {"Content-Type": "text/html"}
JSON = {"Content-Type": "application/json"}
PATH = "/api/v3/time"


def complaint(code: int, message: str) -> bytes:
    return json.dumps({"code": code, "msg": message}).encode()


def always(answer: Answer):
    return lambda _request: answer


def first(count: int, answer: Answer):
    return lambda request: answer if request.number <= count else None


def ask(http: ExchangeHttp, path: str = PATH) -> bytes:
    return http.get(path, {}, weight=1)


def test_an_answer_is_the_body(http, exchange):
    assert json.loads(ask(http)) == {"serverTime": exchange.now_ms}


@pytest.mark.requirement("ERR_API_REQUEST_FAILED")
@pytest.mark.parametrize(
    "answer",
    [
        (500, HTML, b"<html>oops</html>"),
        (502, HTML, b""),
        (503, HTML, b"<html><h1>503 ERROR</h1>The request could not be satisfied.</html>"),
        (503, JSON, b'{"timestamp":1,"path":"/x","msg":"Unknown error, please check your request."}'),
        (400, JSON, complaint(-1007, "Timeout waiting for response from backend server.")),
        (408, JSON, b"{}"),
        (200, JSON, b'{"serverTime":17672256'),
        (200, JSON, b""),
        (302, {"Location": "https://login.example/"}, b""),
        DROP,
        (200, {"Content-Length": "500"}, b'{"serverTime":1'),
    ],
    ids=["500", "502 empty", "503 html", "503 without code", "backend timeout", "408", "cut JSON", "empty 200",
         "redirect", "dropped", "truncated body"],
)  # fmt: skip
def test_trouble_on_their_side_is_tried_again_and_then_unavailable(http, exchange, answer):
    if answer[1].get("Content-Length"):
        answer = (answer[0], {**answer[1], "Connection": "close"}, answer[2])
    exchange.fault = always(answer)
    with pytest.raises(ExchangeUnavailable) as caught:
        ask(http)
    assert len(exchange.requests) == 4
    assert caught.value.endpoint == PATH
    assert caught.value.code == "ERR_API_REQUEST_FAILED"


@pytest.mark.parametrize("answer", [(503, HTML, b"<html/>"), DROP], ids=["503", "dropped"])
def test_trouble_that_passes_goes_unnoticed(http, exchange, answer):
    exchange.fault = first(2, answer)
    assert json.loads(ask(http)) == {"serverTime": exchange.now_ms}
    assert len(exchange.requests) == 3


def test_the_pauses_between_attempts_are_bounded(http, exchange, clock):
    exchange.fault = always((500, HTML, b""))
    started = clock.monotonic()
    with pytest.raises(ExchangeUnavailable):
        ask(http)
    assert clock.monotonic() - started <= 3 * 8


def test_an_unavailable_exchange_that_names_a_time_is_asked_after_it(http, exchange, clock):
    exchange.fault = first(1, (503, {"Retry-After": "20"}, b""))
    started = clock.monotonic()
    ask(http)
    assert clock.monotonic() - started == pytest.approx(20)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((403, HTML, b"<html>Forbidden</html>"), "firewall refused"),
        ((401, JSON, complaint(-2015, "Invalid API-key, IP, or permissions for action.")), "Invalid API-key"),
        ((451, JSON, b'{"code":0,"msg":"Service unavailable from a restricted location"}'), "restricted location"),
        ((451, HTML, b""), "EXCHANGE_PROXY"),
        ((202, HTML, b""), "challenge"),
        ((400, JSON, complaint(-2014, "API-key format invalid.")), "API-key format"),
    ],
    ids=["403 html", "401", "451", "451 empty", "202 empty", "code -2014"],
)
def test_a_refusal_is_never_tried_again(http, exchange, answer, words):
    exchange.fault = always(answer)
    with pytest.raises(AuthenticationFailed, match=words):
        ask(http)
    assert len(exchange.requests) == 1


@pytest.mark.parametrize(
    ("answer", "venue_code", "words"),
    [
        ((400, JSON, complaint(-1121, "Invalid symbol.")), -1121, "Invalid symbol"),
        ((400, JSON, complaint(-1120, "Invalid interval.")), -1120, "Invalid interval"),
        ((404, HTML, b"<html>Not Found</html>"), None, "HTTP 404"),
        ((400, JSON, b"[]"), None, "HTTP 400"),
    ],
)
def test_a_wrong_request_is_rejected_in_the_exchanges_own_words(http, exchange, answer, venue_code, words):
    exchange.fault = always(answer)
    with pytest.raises(RequestRejected, match=words) as caught:
        ask(http)
    assert caught.value.venue_code == venue_code
    assert caught.value.http_status == answer[0]
    assert len(exchange.requests) == 1


def test_a_page_instead_of_json_is_malformed_and_shown(http, exchange):
    exchange.fault = always((200, HTML, b"<html>Please log in to the hotel network</html>"))
    with pytest.raises(MalformedPayload, match="hotel network"):
        ask(http)
    assert len(exchange.requests) == 1


def test_429_waits_as_long_as_it_says_and_then_goes_on(http, exchange, clock):
    exchange.fault = first(1, (429, {"Retry-After": "13", **JSON}, complaint(-1003, "Too much request weight used")))
    started = clock.monotonic()
    ask(http)
    assert clock.monotonic() - started == pytest.approx(13)


def test_429_without_a_time_waits_for_the_next_minute(http, exchange, clock):
    clock.advance(40)
    exchange.fault = first(1, (429, JSON, complaint(-1003, "Too many requests queued.")))
    started = clock.monotonic()
    ask(http)
    assert clock.monotonic() - started == pytest.approx(21)


def test_the_minute_is_that_of_the_exchanges_date_header(http, exchange, clock):
    exchange.date_ms = clock.now_ms() + 3_600_000 + 50_000
    ask(http)
    exchange.fault = lambda request: (429, JSON, b"{}") if request.number == 2 else None
    started = clock.monotonic()
    ask(http)
    assert clock.monotonic() - started == pytest.approx(11)


def test_429_that_does_not_end_is_an_error(http, exchange):
    exchange.fault = always((429, {"Retry-After": "5"}, b"{}"))
    with pytest.raises(RateLimited) as caught:
        ask(http)
    assert not caught.value.banned
    assert len(exchange.requests) == 4


def test_a_long_ban_ends_the_call_at_once_and_nothing_more_is_sent(http, exchange, clock):
    words = complaint(-1003, "Way too much request weight used; IP banned until 1767229200000.")
    exchange.fault = always((418, {"Retry-After": "3600"}, words))
    started = clock.monotonic()
    for _ in range(3):
        with pytest.raises(RateLimited) as caught:
            ask(http)
        assert caught.value.banned
        assert caught.value.endpoint == PATH
    assert caught.value.retry_after == pytest.approx(3600)
    assert len(exchange.requests) == 1
    assert clock.monotonic() == started


def test_one_threads_429_keeps_every_thread_silent(exchange, clock, in_threads):
    http = connecting(clock)(exchange.url)
    exchange.fault = first(1, (429, {"Retry-After": "30"}, b"{}"))
    ask(http)
    at = clock.monotonic()
    exchange.fault = always((429, {"Retry-After": "3600"}, b"{}"))
    with pytest.raises(RateLimited):
        ask(http)
    sent = len(exchange.requests)
    results = in_threads([lambda: ask(http)] * 4)
    assert all(isinstance(result, RateLimited) for result in results)
    assert len(exchange.requests) == sent
    assert clock.monotonic() == at
    http.close()


def test_the_reported_weight_holds_the_next_request_back_until_the_next_minute(http, exchange, clock):
    ask(http)
    exchange.used_weight = 5999
    ask(http)
    started = clock.monotonic()
    ask(http)
    assert 0 < clock.monotonic() - started <= 62


def test_an_exchange_that_does_not_listen_is_unavailable(clock):
    http = connecting(clock)(f"http://127.0.0.1:{free_port()}")
    with pytest.raises(ExchangeUnavailable, match="cannot be reached"):
        ask(http)
    http.close()


def test_a_name_that_does_not_resolve_is_unavailable(clock, monkeypatch):
    def unknown(*_args: object, **_kwargs: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    http = connecting(clock)("http://exchange.invalid")
    with pytest.raises(ExchangeUnavailable):
        ask(http)
    http.close()


def test_an_exchange_that_never_answers_is_unavailable_after_the_time_out(exchange, clock):
    release = threading.Event()
    exchange.fault = lambda _request: release.wait(5) and None
    http = connecting(clock)(exchange.url, read_timeout_seconds=0.1, attempts=2)
    started = time.monotonic()
    with pytest.raises(ExchangeUnavailable, match="in time"):
        ask(http)
    assert time.monotonic() - started < 2
    release.set()
    http.close()


def test_one_thread_keeps_one_connection_for_all_its_requests(http, exchange):
    exchange.fault = lambda request: (400, JSON, complaint(-1121, "Invalid symbol.")) if request.number == 2 else None
    ask(http)
    with pytest.raises(RequestRejected):
        ask(http)
    ask(http)
    assert len(exchange.connections) == 1


def test_an_answer_that_trickles_in_is_given_up_although_it_is_never_silent(exchange):
    clock = SystemClock()
    exchange.seconds_per_byte = 0.03
    http = connecting(clock)(exchange.url, read_timeout_seconds=5, answer_timeout_seconds=0.15, attempts=1)
    started = time.monotonic()
    with pytest.raises(ExchangeUnavailable, match="in time"):
        ask(http)
    assert time.monotonic() - started < 0.6
    http.close()


def test_a_body_that_stops_coming_is_given_up_after_the_time_out(exchange):
    exchange.seconds_per_byte = 3
    http = connecting(SystemClock())(exchange.url, read_timeout_seconds=0.1, attempts=1)
    with pytest.raises(ExchangeUnavailable, match="in time"):
        ask(http)
    http.close()


def test_proxies_and_passwords_of_the_environment_are_not_used(exchange, clock, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port()}")
    http = connecting(clock)(exchange.url)
    ask(http)
    http.close()


def test_the_configured_proxy_is_used(exchange, clock):
    http = connecting(clock)("http://exchange.invalid", proxy=exchange.url)
    exchange.fault = always((200, JSON, b'{"through":"the proxy"}'))
    assert ask(http) == b'{"through":"the proxy"}'
    http.close()


def test_a_closed_connection_asks_nothing_more(http, exchange):
    http.close()
    with pytest.raises(ExchangeError):
        ask(http)
    assert exchange.requests == []
