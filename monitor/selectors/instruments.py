"""Questions about instruments."""

from django.db.models import QuerySet

from monitor.domain.enums import InstrumentStatus, MarketType
from monitor.models import Instrument


def list_active_instruments(
    exchange_code: str, market_type: MarketType, symbol: str | None = None
) -> QuerySet[Instrument]:
    """What is tradable now, ordered by symbol; only ``symbol`` where one is named."""
    rows = Instrument.objects.filter(
        exchange__code=exchange_code, market_type=market_type.value, status=InstrumentStatus.ACTIVE.value
    ).order_by("symbol")
    return rows if symbol is None else rows.filter(symbol=symbol)


def list_known_symbols(exchange_code: str, market_type: MarketType) -> list[str]:
    """Every symbol ever seen on the market, delisted ones too."""
    rows = Instrument.objects.filter(exchange__code=exchange_code, market_type=market_type.value)
    return list(rows.order_by("symbol").values_list("symbol", flat=True))
