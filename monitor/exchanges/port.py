"""What a market's client offers to the services, whichever exchange is behind it."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol, Self

from monitor.domain.enums import Interval, MarketType
from monitor.domain.market_data import InstrumentSpec, Kline


@dataclass(frozen=True, slots=True)
class ListingProblem:
    """An entry of a listing that could not be read; ``symbol`` is empty where not even that was readable."""

    symbol: str
    message: str


@dataclass(frozen=True, slots=True)
class ListingResult:
    """What is tradable now, and the entries that were skipped because they are not what the protocol says."""

    instruments: tuple[InstrumentSpec, ...]
    problems: tuple[ListingProblem, ...]


class MarketDataClient(Protocol):
    """Public market data of one market. Every call may raise a subclass of ``ExchangeError``."""

    @property
    def market_type(self) -> MarketType: ...

    def fetch_server_time_ms(self) -> int:
        """The exchange's clock, epoch milliseconds UTC."""
        ...

    def fetch_instruments(self) -> ListingResult:
        """The USDT-quoted instruments that are tradable now."""
        ...

    def fetch_klines(
        self,
        symbol: str,
        interval: Interval,
        *,
        start_ms: int | None = None,
        end_ms: int | None = None,
        limit: int | None = None,
    ) -> list[Kline]:
        """Candles whose open time lies in [start, end], oldest first, at most ``limit`` from the start.

        Without ``start_ms`` the newest ``limit``. The last one may not be closed yet.
        """
        ...

    def page_size(self, count: int) -> int:
        """How many candles to ask for at once when ``count`` are wanted, for the least weight in all."""
        ...

    def fetch_prices(self) -> dict[str, Decimal]:
        """The latest price of every symbol."""
        ...

    def close(self) -> None:
        """Close the connections of every thread."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...
