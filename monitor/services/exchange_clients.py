"""Which client talks to which market, made from the settings: the only place that joins the two."""

from django.conf import settings

from monitor.domain.clock import SystemClock
from monitor.domain.enums import MarketType
from monitor.errors import ServiceError
from monitor.exchanges.binance.spot import SPOT_WEIGHT_LIMIT, BinanceSpotClient
from monitor.exchanges.binance.usdm_futures import FUTURES_WEIGHT_LIMIT, BinanceFuturesClient
from monitor.exchanges.config import ExchangeEndpoints
from monitor.exchanges.http import ExchangeHttp
from monitor.exchanges.port import MarketDataClient
from monitor.exchanges.rate_limit import WeightLimiter
from monitor.models import Exchange

# The row's code whichever address stands behind it: the simulator plays Binance.
EXCHANGE_CODE = "binance"
EXCHANGE_NAME = "Binance"


class ExchangeDisabled(ServiceError):
    """Somebody switched the exchange off in the admin."""

    code = "ERR_EXCHANGE_DISABLED"


def enabled_exchange() -> Exchange:
    """The exchange's row, made where it is missing; raises ``ExchangeDisabled``."""
    exchange, _ = Exchange.objects.get_or_create(code=EXCHANGE_CODE, defaults={"name": EXCHANGE_NAME})
    if not exchange.enabled:
        raise ExchangeDisabled(f"the exchange {EXCHANGE_CODE} is switched off: enable it in the admin first")
    return exchange


def client_for(market_type: MarketType) -> MarketDataClient:
    """A client of the market's public data. Use it as a context manager, or ``close()`` it."""
    if market_type == MarketType.SPOT:
        return BinanceSpotClient(_http(settings.BINANCE_SPOT_URL, SPOT_WEIGHT_LIMIT))
    if market_type == MarketType.FUTURES:
        return BinanceFuturesClient(_http(settings.BINANCE_FUTURES_URL, FUTURES_WEIGHT_LIMIT))
    raise ValueError(f"no client for the {market_type} market: use spot or futures")


def _http(rest_url: str, weight_limit: int) -> ExchangeHttp:
    endpoints = ExchangeEndpoints(rest_url.rstrip("/"), weight_limit, proxy=settings.HTTPS_PROXY_URL)
    clock = SystemClock()
    limiter = WeightLimiter(weight_limit, clock, longest_wait_seconds=endpoints.longest_wait_seconds)
    return ExchangeHttp(endpoints, limiter, clock)
