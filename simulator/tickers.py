"""Derived fields that both hosts print in their 24 hour statistics."""

from decimal import Decimal

from simulator.market.source import DayTicker


def change_fields(day: DayTicker) -> dict[str, object]:
    """Price change, its percentage, and the volume-weighted average price."""
    first, last = Decimal(day.open_price), Decimal(day.last_price)
    decimals = -int(first.as_tuple().exponent)
    volume = Decimal(day.volume)
    average = Decimal(day.quote_volume) / volume if volume else last
    return {
        "priceChange": str(last - first),
        "priceChangePercent": f"{(last - first) / first * 100:.3f}",
        "weightedAvgPrice": f"{average:.{decimals}f}",
    }
