"""Every fault as a plain client meets it, over a real socket."""

import time
from collections.abc import Callable, Iterator

import pytest
import requests

from tests.conftest import RunningSimulator

URL = "{}/fapi/v1/klines?symbol=BTCUSDT&interval=1h&limit=9"
Ask = Callable[[], requests.Response]


@pytest.fixture
def script(simulator: RunningSimulator) -> Iterator[Callable[..., None]]:
    def post(**rule: object) -> None:
        requests.post(f"{simulator.url}/_sim/faults", json=rule, timeout=5).raise_for_status()

    yield post
    requests.delete(f"{simulator.url}/_sim/faults", timeout=5)


@pytest.fixture
def ask(simulator: RunningSimulator) -> Ask:
    return lambda: requests.get(URL.format(simulator.url), timeout=5)


def test_latency_holds_the_reply_back(script: Callable[..., None], ask: Ask):
    script(kind="latency", latency_ms=300)
    before = time.monotonic()
    assert ask().status_code == 200
    assert time.monotonic() - before >= 0.3


def test_latency_of_many_requests_passes_at_the_same_time(
    simulator: RunningSimulator,
    script: Callable[..., None],
    ask: Ask,
    in_threads: Callable[..., list[requests.Response]],
):
    script(kind="latency", latency_ms=500)
    before = time.monotonic()
    assert [reply.status_code for reply in in_threads([ask] * 8)] == [200] * 8
    assert time.monotonic() - before < 8 * 0.5


def test_a_dropped_connection_ends_without_a_reply(script: Callable[..., None], ask: Ask):
    script(kind="drop_connection", count=1)
    with pytest.raises(requests.ConnectionError):
        ask()
    assert ask().status_code == 200


def test_a_truncated_body_ends_in_the_middle(script: Callable[..., None], ask: Ask):
    script(kind="truncated_body", count=1)
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        ask()
    assert len(ask().json()) == 9


@pytest.mark.parametrize(
    ("kind", "status"),
    [("error_json", 503), ("error_text", 503), ("forbidden_html", 403), ("rate_limited", 429), ("banned", 418)],
)
def test_replies_replaced_keep_the_connection_usable(
    simulator: RunningSimulator, script: Callable[..., None], kind: str, status: int
):
    script(kind=kind, count=1)
    with requests.Session() as session:
        assert session.get(URL.format(simulator.url), timeout=5).status_code == status
        assert session.get(URL.format(simulator.url), timeout=5).status_code == 200
