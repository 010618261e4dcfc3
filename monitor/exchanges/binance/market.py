"""What Binance's spot and futures REST interfaces have in common."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import ClassVar, Self

from monitor.domain.enums import Interval, MarketType
from monitor.domain.market_data import Kline
from monitor.exchanges.binance import parse
from monitor.exchanges.errors import MalformedPayload
from monitor.exchanges.http import ExchangeHttp
from monitor.exchanges.port import ListingResult


class BinanceMarketClient(ABC):
    """Calls below one path prefix. Subclasses know the paths' weights and the listing's shape."""

    market_type: ClassVar[MarketType]
    _prefix: ClassVar[str]
    _listing_weight: ClassVar[int]
    _listing_params: ClassVar[Mapping[str, str]] = MappingProxyType({})
    _prices_weight: ClassVar[int]
    _largest_page: ClassVar[int]

    def __init__(self, http: ExchangeHttp) -> None:
        self._http = http

    def fetch_server_time_ms(self) -> int:
        """The exchange's clock, epoch milliseconds UTC."""
        return parse.parse_server_time(self._http.get(f"{self._prefix}/time", {}, weight=1))

    def fetch_instruments(self) -> ListingResult:
        """The USDT-quoted instruments that are tradable now."""
        body = self._http.get(f"{self._prefix}/exchangeInfo", self._listing_params, weight=self._listing_weight)
        return self._parse_listing(body)

    def fetch_prices(self) -> dict[str, Decimal]:
        """The latest price of every symbol."""
        return parse.parse_prices(self._http.get(f"{self._prefix}/ticker/price", {}, weight=self._prices_weight))

    def fetch_klines(
        self,
        symbol: str,
        interval: Interval,
        *,
        start_ms: int | None = None,
        end_ms: int | None = None,
        limit: int | None = None,
    ) -> list[Kline]:
        """Candles whose open time lies in [start, end], oldest first; the last one may still be open.

        Without ``start_ms`` the newest ``limit``. ``limit`` is sent always: leaving it out costs more weight.
        """
        path = f"{self._prefix}/klines"
        count = min(limit or self._largest_page, self._largest_page)
        params: dict[str, str | int] = {"symbol": symbol, "interval": interval.value, "limit": count}
        if start_ms is not None:
            params["startTime"] = start_ms
        if end_ms is not None:
            params["endTime"] = end_ms
        body = self._http.get(path, params, weight=self._klines_weight(count))
        try:
            return parse.parse_klines(body, interval)
        except MalformedPayload as error:
            error.endpoint = path
            raise

    def close(self) -> None:
        """Close the connections of every thread."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @abstractmethod
    def page_size(self, count: int) -> int:
        """How many candles to ask for at once when ``count`` are wanted, for the least weight in all."""

    @abstractmethod
    def _parse_listing(self, body: bytes) -> ListingResult: ...

    @abstractmethod
    def _klines_weight(self, limit: int) -> int: ...
