"""What the transports may ask of a market, whether it is synthetic or recorded."""

from dataclasses import dataclass
from typing import Literal, Protocol

Market = Literal["spot", "futures"]
MARKETS: tuple[Market, ...] = ("spot", "futures")

# The exchange's own row: open time, open, high, low, close, volume, close time, quote volume, trade count,
# taker buy volume, taker buy quote volume, unused.
Row = tuple[int, str, str, str, str, str, int, str, int, str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One tradable instrument as exchangeInfo shows it at one moment."""

    symbol: str
    base_asset: str
    quote_asset: str
    status: str
    tick_size: str
    step_size: str
    price_decimals: int
    quantity_decimals: int
    min_notional: str
    onboard_ms: int
    contract_type: str = "PERPETUAL"
    delivery_ms: int = 4133404800000
    underlying_type: str = "COIN"

    @property
    def is_trading(self) -> bool:
        """Whether orders are accepted at this moment."""
        return self.status == "TRADING"


@dataclass(frozen=True, slots=True, kw_only=True)
class KlineQuery:
    """A request for candles; times are inclusive bounds on the open time."""

    market: Market
    symbol: str
    interval: str
    start_ms: int | None = None
    end_ms: int | None = None
    limit: int = 500
    offset_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticker:
    """A stretch of time of one instrument up to now; amounts are printed as the exchange prints them."""

    symbol: str
    last_price: str
    last_quantity: str
    open_price: str
    high_price: str
    low_price: str
    previous_close: str
    bid_price: str
    ask_price: str
    book_quantity: str
    volume: str
    quote_volume: str
    open_ms: int
    close_ms: int
    first_id: int
    last_id: int
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade:
    """One print of the tape."""

    trade_id: int
    traded_ms: int
    price: str
    quantity: str
    quote_quantity: str
    buyer_is_maker: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AggTrade:
    """Consecutive prints of one taker order at one price."""

    agg_id: int
    first_id: int
    last_id: int
    traded_ms: int
    price: str
    quantity: str
    buyer_is_maker: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TapeQuery:
    """A request for trades; bounds are inclusive. Without any bound: the newest `limit`."""

    market: Market
    symbol: str
    from_id: int | None = None
    start_ms: int | None = None
    end_ms: int | None = None
    limit: int = 500


class MarketSource(Protocol):
    """A market that is revealed by the clock: nothing later than `now_ms` is ever returned."""

    def listings(self, market: Market, now_ms: int) -> list[Listing]:
        """Everything exchangeInfo lists at this moment, in a stable order."""

    def listing(self, market: Market, symbol: str, now_ms: int) -> Listing | None:
        """One listed instrument, or None."""

    def klines(self, query: KlineQuery, now_ms: int) -> list[Row]:
        """Candles, oldest first, the still-open one included."""

    def last_price(self, market: Market, symbol: str, now_ms: int) -> str | None:
        """Price of the last trade, None before the first."""

    def ticker(self, market: Market, symbol: str, start_ms: int, now_ms: int) -> Ticker | None:
        """Statistics since a full minute, None where nothing was traded."""

    def trades(self, query: TapeQuery, now_ms: int) -> list[Trade]:
        """Prints of the tape, oldest first; empty where the source has no tape."""

    def agg_trades(self, query: TapeQuery, now_ms: int) -> list[AggTrade]:
        """Prints joined per taker order and price, oldest first; empty where the source has no tape."""
