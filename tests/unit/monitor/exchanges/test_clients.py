"""The two clients: what they ask, what they charge, what they hand on."""

from decimal import Decimal

import pytest

from monitor.domain.clock import ManualClock
from monitor.domain.enums import Interval
from monitor.exchanges.binance.spot import BinanceSpotClient
from monitor.exchanges.binance.usdm_futures import BinanceFuturesClient
from monitor.exchanges.config import ExchangeEndpoints
from monitor.exchanges.errors import ExchangeUnavailable, MalformedPayload
from monitor.exchanges.http import ExchangeHttp
from monitor.exchanges.rate_limit import WeightLimiter
from tests.conftest import NOW_MS
from tests.wire.exchange import StubExchange

H1 = Interval.H1
CLIENTS = [BinanceSpotClient, BinanceFuturesClient]


@pytest.fixture
def limiter(clock: ManualClock) -> WeightLimiter:
    return WeightLimiter(6000, clock)


@pytest.fixture
def http(exchange: StubExchange, clock: ManualClock, limiter: WeightLimiter):
    connection = ExchangeHttp(ExchangeEndpoints(exchange.url, 6000), limiter, clock)
    yield connection
    connection.close()


@pytest.mark.requirement("P0-1")
@pytest.mark.parametrize("make", CLIENTS)
def test_without_a_start_the_newest_candles_come_with_the_open_one(make, http):
    klines = make(http).fetch_klines("BTCUSDT", H1, limit=3)
    assert [kline.open_time_ms for kline in klines] == [NOW_MS + n * H1.milliseconds for n in (-2, -1, 0)]


@pytest.mark.parametrize("make", CLIENTS)
def test_start_and_end_are_inclusive_open_times(make, http):
    start, end = NOW_MS - 5 * H1.milliseconds, NOW_MS - 2 * H1.milliseconds
    klines = make(http).fetch_klines("BTCUSDT", H1, start_ms=start, end_ms=end)
    assert (klines[0].open_time_ms, klines[-1].open_time_ms, len(klines)) == (start, end, 4)


@pytest.mark.parametrize(("make", "prefix"), list(zip(CLIENTS, ["/api/v3", "/fapi/v1"])))
def test_each_market_asks_its_own_paths(make, prefix, http, exchange):
    client = make(http)
    client.fetch_server_time_ms()
    client.fetch_instruments()
    client.fetch_prices()
    client.fetch_klines("BTCUSDT", H1)
    names = ("time", "exchangeInfo", "ticker/price", "klines")
    assert [request.path for request in exchange.requests] == [f"{prefix}/{name}" for name in names]


@pytest.mark.parametrize("make", CLIENTS)
def test_after_its_block_a_client_asks_nothing_more(make, http, exchange):
    with make(http) as client:
        client.fetch_server_time_ms()
    with pytest.raises(ExchangeUnavailable, match="closed by us"):
        client.fetch_server_time_ms()
    assert len(exchange.requests) == 1


@pytest.mark.parametrize("make", CLIENTS)
def test_prices_are_exact(make, http):
    assert make(http).fetch_prices() == {"BTCUSDT": Decimal("100.50"), "ETHUSDT": Decimal("100.50")}


@pytest.mark.requirement("SEC-1")
@pytest.mark.parametrize(
    ("make", "limit", "weight"),
    [
        (BinanceSpotClient, 1, 2),
        (BinanceSpotClient, 1000, 2),
        (BinanceFuturesClient, 1, 1),
        (BinanceFuturesClient, 100, 1),
        (BinanceFuturesClient, 101, 2),
        (BinanceFuturesClient, 500, 2),
        (BinanceFuturesClient, 501, 5),
        (BinanceFuturesClient, 1000, 5),
        (BinanceFuturesClient, 1001, 10),
        (BinanceFuturesClient, 1500, 10),
    ],
)
def test_a_page_of_candles_is_charged_by_the_limit_that_is_sent(make, limit, weight, http, exchange, limiter):
    make(http).fetch_klines("BTCUSDT", H1, limit=limit)
    assert limiter.used == weight
    assert exchange.requests[0].params["limit"] == str(limit)


@pytest.mark.parametrize(("make", "most"), [(BinanceSpotClient, 1000), (BinanceFuturesClient, 1500)])
def test_the_limit_is_sent_always_and_never_above_what_is_allowed(make, most, http, exchange):
    client = make(http)
    client.fetch_klines("BTCUSDT", H1)
    client.fetch_klines("BTCUSDT", H1, limit=99_999)
    assert [request.params["limit"] for request in exchange.requests] == [str(most)] * 2


@pytest.mark.parametrize("make", CLIENTS)
@pytest.mark.parametrize("wanted", [1, 99, 100, 101, 400, 500, 501, 1000, 2500])
def test_no_other_page_size_costs_less_in_all(make, wanted, http):
    client = make(http)

    def cost(page: int) -> int:
        full, rest = divmod(wanted, page)
        return full * client._klines_weight(page) + (client._klines_weight(rest) if rest else 0)

    chosen = cost(client.page_size(wanted))
    assert chosen <= min(cost(page) for page in (100, 500, 1000))


@pytest.mark.parametrize("make", CLIENTS)
def test_a_malformed_answer_names_the_path_it_came_from(make, http, exchange):
    exchange.fault = lambda _request: (200, {}, b"[[1]]")
    with pytest.raises(MalformedPayload, match="/klines"):
        make(http).fetch_klines("BTCUSDT", H1)
