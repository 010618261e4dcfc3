"""Binance's spot market: public market data below /api/v3."""

from types import MappingProxyType

from monitor.domain.enums import MarketType
from monitor.exchanges.binance import parse
from monitor.exchanges.binance.market import BinanceMarketClient
from monitor.exchanges.port import ListingResult

SPOT_WEIGHT_LIMIT = 6000


class BinanceSpotClient(BinanceMarketClient):
    """USDT pairs of the spot market; a page of candles costs weight 2, whatever its size."""

    market_type = MarketType.SPOT
    _prefix = "/api/v3"
    _listing_weight = 20
    # Permissions are most of the megabytes and nothing we read.
    _listing_params = MappingProxyType({"showPermissionSets": "false"})
    _prices_weight = 4
    _largest_page = 1000

    def page_size(self, count: int) -> int:
        """How many candles to ask for at once when ``count`` are wanted: as many as there may be."""
        return min(count, self._largest_page)

    def _parse_listing(self, body: bytes) -> ListingResult:
        return parse.parse_spot_listing(body)

    def _klines_weight(self, limit: int) -> int:
        return 2
