"""Binance's USDT-M futures: public market data below /fapi/v1."""

from monitor.domain.enums import MarketType
from monitor.exchanges.binance import parse
from monitor.exchanges.binance.market import BinanceMarketClient
from monitor.exchanges.port import ListingResult

FUTURES_WEIGHT_LIMIT = 2400
# Weight of one page of candles by the ``limit`` asked for, as the exchange charges it.
_PAGE_WEIGHTS = ((100, 1), (500, 2), (1000, 5), (1500, 10))
_CHEAPEST_PAGE = 500


class BinanceFuturesClient(BinanceMarketClient):
    """USDT-quoted perpetuals; larger pages of candles cost more than their share."""

    market_type = MarketType.FUTURES
    _prefix = "/fapi/v1"
    _listing_weight = 1
    _prices_weight = 2
    _largest_page = 1500

    def page_size(self, count: int) -> int:
        """How many candles to ask for at once when ``count`` are wanted: 500 cost the least each."""
        return min(count, _CHEAPEST_PAGE)

    def _parse_listing(self, body: bytes) -> ListingResult:
        return parse.parse_futures_listing(body)

    def _klines_weight(self, limit: int) -> int:
        return next(weight for most, weight in _PAGE_WEIGHTS if limit <= most)
