"""What a route of the exchange is: its weight and the function that answers it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from simulator.errors import INVALID_SYMBOL, ApiError
from simulator.market.source import Listing, Market, MarketSource, Row
from simulator.params import Params

MICROSECONDS: Final = 1000
_LEADING_NUMBER: Final = re.compile(r"\d{1,9}")


@dataclass(frozen=True, slots=True)
class Call:
    """One request to a route: the market, the moment, and the unit in which times are answered."""

    source: MarketSource
    market: Market
    now_ms: int
    params: Params
    unit: int = 1

    def time(self, milliseconds: int) -> int:
        """A moment in the unit the client asked for."""
        return milliseconds * self.unit

    def last_moment(self, milliseconds: int) -> int:
        """The last millisecond of a candle, or its last microsecond."""
        return (milliseconds + 1) * self.unit - 1

    def rows(self, rows: list[Row]) -> list[Row]:
        """Candle rows in the unit the client asked for."""
        if self.unit == 1:
            return rows
        return [(self.time(row[0]), *row[1:6], self.last_moment(row[6]), *row[7:]) for row in rows]

    def listed(self, symbol: str) -> Listing:
        """The instrument of a symbol; raises ApiError -1121 if there is none."""
        listing = self.source.listing(self.market, symbol, self.now_ms)
        if listing is None:
            raise ApiError(*INVALID_SYMBOL)
        return listing

    def trading(self) -> list[Listing]:
        """Everything that trades at this moment."""
        return [item for item in self.source.listings(self.market, self.now_ms) if item.is_trading]


Query = Mapping[str, str]
Weight = Callable[[Query], int]


@dataclass(frozen=True, slots=True)
class Route:
    """A path's weight (of the raw query: refused requests are charged too) and its answer."""

    answer: Callable[[Call], object]
    weight: Weight


def flat(weight: int) -> Weight:
    """The same weight for every request."""
    return lambda _query: weight


def by_symbol(one: int, all_of_them: int) -> Weight:
    """One weight with `symbol`, another without."""
    return lambda query: one if query.get("symbol") else all_of_them


def by_limit(steps: tuple[tuple[int, int], ...], above: int, omitted: int) -> Weight:
    """The weight of the first step (limit up to, weight) that holds the limit."""

    def weight(query: Query) -> int:
        if not query.get("limit"):
            return omitted
        match = _LEADING_NUMBER.fullmatch(query["limit"])
        limit = int(match.group()) if match else 0
        return next((cost for most, cost in steps if limit <= most), above)

    return weight


OneRow = Callable[[Listing], dict[str, object] | None]
