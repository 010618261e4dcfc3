"""``fetch_spot_contracts``: stores which spot pairs are tradable now and marks those that are gone."""

from monitor.domain.enums import MarketType
from monitor.management.contracts import FetchContractsCommand


class Command(FetchContractsCommand):
    help = "Fetch the list of spot pairs and mark the ones that are gone as delisted."
    market_type = MarketType.SPOT
