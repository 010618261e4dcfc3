"""``fetch_futures_contracts``: stores which USDT-M perpetuals are tradable now and marks those that are gone."""

from monitor.domain.enums import MarketType
from monitor.management.contracts import FetchContractsCommand


class Command(FetchContractsCommand):
    help = "Fetch the list of USDT-M perpetuals and mark the ones that are gone as delisted."
    market_type = MarketType.FUTURES
