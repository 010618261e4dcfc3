"""Brings the instrument table in line with what an exchange lists now."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from monitor.domain.enums import InstrumentStatus
from monitor.domain.market_data import InstrumentSpec
from monitor.exchanges.errors import ExchangeError, MalformedPayload
from monitor.exchanges.port import ListingProblem, ListingResult, MarketDataClient
from monitor.models import Exchange, Instrument

# A listing that has shrunk below this share of what was active is a mistake of the exchange, not news.
SMALLEST_LISTING_RATIO = 0.1
_WRITTEN = [
    "base_asset",
    "quote_asset",
    "status",
    "tick_size",
    "step_size",
    "min_notional",
    "current_price",
    "last_updated",
]


@dataclass(frozen=True, slots=True)
class SyncResult:
    """How many instruments each thing happened to; ``listed`` is the size of the listing."""

    listed: int
    new: int
    updated: int
    delisted: int
    relisted: int
    problems: tuple[ListingProblem, ...]


@dataclass(slots=True)
class _Changes:
    new: list[Instrument] = field(default_factory=list)
    updated: list[Instrument] = field(default_factory=list)
    relisted: list[Instrument] = field(default_factory=list)
    delisted: list[Instrument] = field(default_factory=list)


def sync_instruments(exchange: Exchange, client: MarketDataClient) -> SyncResult:
    """Store the client's market as it is listed now: new ones, changed ones, delisted and returned ones.

    An entry that is malformed leaves its instrument as it was. Raises ``ExchangeError`` when there is no listing
    or one so small that it would delist nearly everything; nothing is changed then.
    """
    listing = client.fetch_instruments()
    prices, problems = _prices(client)
    with transaction.atomic():
        known = {
            row.symbol: row
            for row in Instrument.objects.filter(exchange=exchange, market_type=client.market_type.value)
        }
        _refuse_absurd(listing, known)
        changes = _compare(exchange, listing, known, prices)
        _write(changes)
    return SyncResult(
        listed=len(listing.instruments),
        new=len(changes.new),
        updated=len(changes.updated),
        delisted=len(changes.delisted),
        relisted=len(changes.relisted),
        problems=(*listing.problems, *problems),
    )


def _prices(client: MarketDataClient) -> tuple[dict[str, Decimal], tuple[ListingProblem, ...]]:
    """Prices are welcome, not needed: without them the listing is stored all the same."""
    try:
        return client.fetch_prices(), ()
    except ExchangeError as error:
        return {}, (ListingProblem("", f"prices were not updated: {error}"),)


def _refuse_absurd(listing: ListingResult, known: dict[str, Instrument]) -> None:
    active = sum(row.status == InstrumentStatus.ACTIVE for row in known.values())
    size = len(listing.instruments)
    if size == 0 or size < active * SMALLEST_LISTING_RATIO:
        reason = f", {len(listing.problems)} entries are malformed" if listing.problems else ""
        raise MalformedPayload(
            f"the listing names {size} instruments where {active} are active{reason}: nothing was changed"
        )


def _compare(
    exchange: Exchange,
    listing: ListingResult,
    known: dict[str, Instrument],
    prices: dict[str, Decimal],
) -> _Changes:
    changes, now = _Changes(), timezone.now()
    for spec in listing.instruments:
        price = prices.get(spec.symbol)
        row = known.get(spec.symbol)
        if row is None:
            changes.new.append(_new_row(exchange, spec, price))
            continue
        returned = row.status != InstrumentStatus.ACTIVE
        if _apply(row, spec, price, now):
            (changes.relisted if returned else changes.updated).append(row)
    changes.delisted = _gone(listing, known, now)
    return changes


def _new_row(exchange: Exchange, spec: InstrumentSpec, price: Decimal | None) -> Instrument:
    return Instrument(exchange=exchange, market_type=spec.market_type.value, symbol=spec.symbol, **_values(spec, price))


def _apply(row: Instrument, spec: InstrumentSpec, price: Decimal | None, now: datetime) -> bool:
    """Put the listing's values into the row; False when it has them already."""
    values = _values(spec, row.current_price if price is None else price)
    if all(getattr(row, name) == value for name, value in values.items()):
        return False
    for name, value in values.items():
        setattr(row, name, value)
    row.last_updated = now
    return True


def _values(spec: InstrumentSpec, price: Decimal | None) -> dict[str, Any]:
    return {
        "base_asset": spec.base_asset,
        "quote_asset": spec.quote_asset,
        "status": InstrumentStatus.ACTIVE.value,
        "tick_size": spec.tick_size,
        "step_size": spec.step_size,
        "min_notional": spec.min_notional,
        "current_price": price,
    }


def _gone(listing: ListingResult, known: dict[str, Instrument], now: datetime) -> list[Instrument]:
    """Active instruments that the listing does not name. An unreadable entry could be any of them: then none."""
    unreadable = {problem.symbol for problem in listing.problems}
    if "" in unreadable:
        return []
    listed = {spec.symbol for spec in listing.instruments} | unreadable
    gone = [row for row in known.values() if row.status == InstrumentStatus.ACTIVE and row.symbol not in listed]
    for row in gone:
        row.status = InstrumentStatus.DELISTED.value
        row.last_updated = now
    return gone


def _write(changes: _Changes) -> None:
    Instrument.objects.bulk_create(changes.new, batch_size=500)
    Instrument.objects.bulk_update([*changes.updated, *changes.relisted, *changes.delisted], _WRITTEN, batch_size=100)
