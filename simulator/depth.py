"""The order book of both hosts. Levels are invented around the last price: prices are one tick apart."""

from decimal import Decimal
from typing import Final

from simulator.errors import ApiError
from simulator.market.source import Listing
from simulator.routes import Call

MOST_SPOT_LEVELS: Final = 5000
DEPTH_LIMITS: Final = (5, 10, 20, 50, 100, 500, 1000)
_SPOT_DECIMALS: Final = 8
_LOTS_PER_LEVEL: Final = 500


def spot_depth(call: Call) -> object:
    """/api/v3/depth."""
    params = call.params
    symbol = params.symbol()
    levels = params.limit(100, MOST_SPOT_LEVELS, capped=True)
    params.finish()
    return {"lastUpdateId": call.now_ms, **_book(call, call.listed(symbol), levels, _SPOT_DECIMALS)}


def futures_depth(call: Call) -> object:
    """/fapi/v1/depth."""
    symbol = call.params.symbol()
    levels = call.params.number("limit") or 500
    if levels not in DEPTH_LIMITS:
        raise ApiError(-4021, f"{levels} is not valid depth limit")
    listing = call.listed(symbol)
    times = {"lastUpdateId": call.now_ms, "E": call.now_ms, "T": call.now_ms}
    return {**times, **_book(call, listing, levels, None)}


def _book(call: Call, listing: Listing, levels: int, decimals: int | None) -> dict[str, object]:
    """Bids downwards and asks upwards; deeper levels hold more. A halted instrument has no book."""
    last = call.source.last_price(call.market, listing.symbol, call.now_ms)
    if last is None or not listing.is_trading:
        return {"bids": [], "asks": []}
    prices = listing.price_decimals if decimals is None else decimals
    quantities = listing.quantity_decimals if decimals is None else decimals
    middle, tick, step = Decimal(last), Decimal(listing.tick_size), Decimal(listing.step_size)

    def side(direction: int) -> list[list[str]]:
        steps = range(1, levels + 1)
        found = ((middle + direction * place * tick, step * _LOTS_PER_LEVEL * place) for place in steps)
        return [[f"{price:.{prices}f}", f"{quantity:.{quantities}f}"] for price, quantity in found if price > 0]

    return {"bids": side(-1), "asks": side(1)}
