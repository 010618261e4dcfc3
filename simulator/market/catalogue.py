"""Which instruments the synthetic market lists: names, price levels, tick and step sizes, lifespans."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from simulator.market.intervals import DAY_MS
from simulator.market.source import Listing, Market


def _utc_ms(year: int, month: int, day: int, hour: int = 0) -> int:
    return int(datetime(year, month, day, hour, tzinfo=UTC).timestamp() * 1000)


ORIGIN_MS: Final = _utc_ms(2021, 1, 1)
FOREVER_MS: Final = 4133404800000

# Price levels are round numbers of the usual order of magnitude; nothing here is a quotation.
_COINS: Final[dict[str, float]] = {
    "BTC": 64000, "ETH": 3200, "BNB": 590, "ADA": 0.45, "XRP": 0.55, "SOL": 150, "DOT": 6.4, "DOGE": 0.13,
    "POL": 0.42, "LTC": 82, "AVAX": 28, "UNI": 8.1, "ATOM": 6.9, "LINK": 13.5, "ETC": 22, "BCH": 410,
    "FIL": 4.6, "TRX": 0.12, "XLM": 0.105, "VET": 0.027, "AAVE": 105, "ALGO": 0.16, "APE": 1.05, "APT": 8.8,
    "ARB": 0.78, "AXS": 5.9, "CHZ": 0.071, "COMP": 51, "CRV": 0.31, "DYDX": 1.2, "EGLD": 34, "ENJ": 0.17,
    "ENS": 21, "FLOW": 0.62, "GALA": 0.024, "GRT": 0.19, "HBAR": 0.074, "ICP": 9.3, "IMX": 1.5, "INJ": 24,
    "IOTA": 0.16, "KAVA": 0.43, "KSM": 23, "LDO": 1.7, "MANA": 0.33, "MASK": 2.6, "NEAR": 5.2, "NEO": 11.4,
    "OP": 1.8, "QTUM": 2.7, "ROSE": 0.081, "RUNE": 4.4, "SAND": 0.31, "SEI": 0.36, "SNX": 1.9, "STX": 1.7,
    "SUI": 1.1, "SUSHI": 0.72, "TIA": 6.3, "TON": 7.1, "WLD": 2.2, "XTZ": 0.79, "YFI": 5600, "ZEC": 24,
    "ZIL": 0.016, "1INCH": 0.29,
}  # fmt: skip
_SHARE_OF_1H, _SHARE_OF_4H, _PATTERN = 6, 9, 11


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifespan:
    """When an instrument trades: always, until a moment, or in turns of `on_ms` out of every `period_ms`."""

    listed_ms: int = ORIGIN_MS
    delisted_ms: int = FOREVER_MS
    period_ms: int = 0
    on_ms: int = 0
    status_when_off: str | None = "BREAK"  # None: not listed at all

    def is_on(self, now_ms: int) -> bool:
        """Whether the instrument trades at this moment."""
        if not self.listed_ms <= now_ms < self.delisted_ms:
            return False
        return not self.period_ms or now_ms % self.period_ms < self.on_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class SymbolSpec:
    """Everything that is fixed about one synthetic instrument."""

    market: Market
    symbol: str
    base_asset: str
    native: str  # the interval its episodes are scripted on
    position: float  # its place in [0, 1) among those of the same native interval: spreads the episodes
    variant: int  # which story its first cycle tells
    price_decimals: int
    quantity_decimals: int
    base_ticks: int
    lots_per_hour: int
    trade_blocks_per_hour: int  # see tape.BLOCK
    life: Lifespan = Lifespan()
    contract_type: str = "PERPETUAL"
    underlying_type: str = "COIN"
    delivery_ms: int = FOREVER_MS

    def status(self, now_ms: int) -> str | None:
        """Status on the wire, None while it is not listed."""
        if self.life.is_on(now_ms):
            return "TRADING"
        return self.life.status_when_off if now_ms >= self.life.listed_ms else None

    def listing(self, now_ms: int) -> Listing | None:
        """How exchangeInfo shows it at this moment."""
        status = self.status(now_ms)
        if status is None:
            return None
        # Contracts print one digit more than their tick has: precision and tick size are different things.
        extra = 1 if self.market == "futures" else 0
        return Listing(
            symbol=self.symbol,
            base_asset=self.base_asset,
            quote_asset="USDT",
            status=status,
            tick_size=smallest_unit(self.price_decimals),
            step_size=smallest_unit(self.quantity_decimals),
            price_decimals=self.price_decimals + extra,
            quantity_decimals=self.quantity_decimals,
            min_notional="5",
            onboard_ms=self.life.listed_ms,
            contract_type=self.contract_type,
            delivery_ms=self.delivery_ms if status == "TRADING" else min(self.life.delisted_ms, now_ms),
            underlying_type=self.underlying_type,
        )


def smallest_unit(decimals: int) -> str:
    """0.001 for three decimals."""
    return "1" if decimals == 0 else f"0.{'0' * (decimals - 1)}1"


_BREAK_AFTER_MATIC: Final = Lifespan(delisted_ms=_utc_ms(2024, 9, 10, 3))
_TURNS: Final = Lifespan(period_ms=14 * DAY_MS, on_ms=10 * DAY_MS)
_TURNS_UNLISTED: Final = Lifespan(period_ms=10 * DAY_MS, on_ms=7 * DAY_MS, status_when_off=None)
_SETTLED: Final = Lifespan(delisted_ms=_utc_ms(2025, 6, 20, 9), status_when_off="SETTLING")
_TURNS_SETTLING: Final = Lifespan(period_ms=14 * DAY_MS, on_ms=10 * DAY_MS, status_when_off="SETTLING")


def build_catalogue(symbols_per_market: int | None = None) -> list[SymbolSpec]:
    """All instruments, spot first; `symbols_per_market` adds made-up coins until there are that many."""
    spot = _with_extras(_spot(), "spot", symbols_per_market)
    futures = _with_extras(_futures(), "futures", symbols_per_market)
    return [*spot, *futures]


def _spot() -> list[SymbolSpec]:
    specs = [_spec("spot", base, price, index) for index, (base, price) in enumerate(_COINS.items())]
    return [
        *specs,
        _spec("spot", "MATIC", 0.42, 6, life=_BREAK_AFTER_MATIC),
        _spec("spot", "ROTA", 1.35, 7, life=_TURNS),
        _spec("spot", "NOMAD", 0.86, 8, life=_TURNS_UNLISTED),
    ]


def _futures() -> list[SymbolSpec]:
    specs = [_spec("futures", base, price, index) for index, (base, price) in enumerate(_COINS.items())]
    quarterly = {"contract_type": "CURRENT_QUARTER", "delivery_ms": _utc_ms(2026, 12, 25, 8)}
    return [
        *specs,
        _spec("futures", "币安人生", 0.17, 5),
        _spec("futures", "SETTLED", 0.54, 6, life=_SETTLED),
        _spec("futures", "ROTA", 1.35, 7, life=_TURNS_SETTLING),
        _spec("futures", "NOMAD", 0.86, 8, life=_TURNS_UNLISTED),
        _spec("futures", "BTC", 64500, 0, symbol="BTCUSDT_261225", **quarterly),
        _spec("futures", "XAU", 2650, 1, contract_type="TRADIFI_PERPETUAL", underlying_type="COMMODITY"),
    ]


def _with_extras(specs: list[SymbolSpec], market: Market, wanted: int | None) -> Iterator[SymbolSpec]:
    yield from specs
    for number in range(1, (wanted or 0) - len(specs) + 1):
        # Hourly stories only: their candles are the cheapest to make.
        price = 10 ** ((number * 7 % 60) / 15 - 2)
        yield _spec(market, f"SYN{number:04d}", price, number % _SHARE_OF_1H + _PATTERN * number)


def _spec(market: Market, base: str, price: float, index: int, **overrides: object) -> SymbolSpec:
    magnitude = math.floor(math.log10(price))
    price_decimals = min(8, max(0, 5 - magnitude))
    quantity_decimals = min(8 - price_decimals, max(0, magnitude + 1))
    notional_per_hour = 2_500_000 * (1 + 12 / (1 + index % 64)) * (1.6 if market == "futures" else 1)
    values: dict[str, object] = {
        "market": market,
        "symbol": f"{base}USDT",
        "base_asset": base,
        "native": _native(index),
        "position": (index * 0.6180339887 + (0.37 if market == "futures" else 0)) % 1,
        "variant": index // 2 + (3 if market == "futures" else 0),
        "price_decimals": price_decimals,
        "quantity_decimals": quantity_decimals,
        "base_ticks": round(price * 10**price_decimals),
        "lots_per_hour": round(notional_per_hour / price * 10**quantity_decimals),
        "trade_blocks_per_hour": 200 + 600 // (1 + index % 64),
    }
    return SymbolSpec(**{**values, **overrides})  # type: ignore[arg-type]


def _native(index: int) -> str:
    place = index % _PATTERN
    if place < _SHARE_OF_1H:
        return "1h"
    return "4h" if place < _SHARE_OF_4H else "1d"
