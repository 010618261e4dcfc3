"""A stub exchange on a real socket and a way to talk to it without waiting."""

from collections.abc import Callable, Iterator

import pytest

from monitor.domain.clock import Clock, ManualClock
from monitor.exchanges.config import ExchangeEndpoints
from monitor.exchanges.http import ExchangeHttp
from monitor.exchanges.rate_limit import WeightLimiter
from tests.conftest import NOW_MS
from tests.wire.exchange import StubExchange, serve


@pytest.fixture
def exchange() -> Iterator[StubExchange]:
    with serve(StubExchange(now_ms=NOW_MS + 25 * 60_000, symbols=["BTCUSDT", "ETHUSDT"])) as running:
        yield running


@pytest.fixture
def http(exchange: StubExchange, clock: ManualClock) -> Iterator[ExchangeHttp]:
    """Sleeps on the manual clock: waits cost no time, and the clock says how long they were."""
    connect = connecting(clock)
    connection = connect(exchange.url)
    yield connection
    connection.close()


def connecting(clock: Clock) -> Callable[..., ExchangeHttp]:
    def connect(url: str, **options: float) -> ExchangeHttp:
        limiter = WeightLimiter(6000, clock)
        return ExchangeHttp(ExchangeEndpoints(url, 6000, **options), limiter, clock)

    return connect
