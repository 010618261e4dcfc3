"""What the exchange adapters hand to the rest: immutable, already checked, free of wire names."""

from dataclasses import dataclass
from decimal import Decimal

from monitor.domain.enums import MarketType


@dataclass(frozen=True, slots=True)
class InstrumentSpec:
    """One tradable of an exchange as its listing describes it."""

    symbol: str
    market_type: MarketType
    base_asset: str
    quote_asset: str
    tick_size: Decimal
    step_size: Decimal
    min_notional: Decimal
    current_price: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Kline:
    """One closed candle, the exchange's twelve fields. Numbers keep the exchange's exact decimal text.

    Times are epoch milliseconds UTC; ``volume`` is in base asset, ``quote_volume`` in quote asset.
    """

    open_time_ms: int
    open: str
    high: str
    low: str
    close: str
    volume: str
    close_time_ms: int
    quote_volume: str
    trade_count: int
    taker_buy_volume: str
    taker_buy_quote_volume: str
    ignore: str
