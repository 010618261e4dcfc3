"""What ``fetch_spot_contracts`` and ``fetch_futures_contracts`` have in common."""

from typing import Any, ClassVar

from django.core.management.base import CommandParser

from monitor.domain.enums import MarketType
from monitor.management.base import Failure, JobCommand, JobResult, Progress, UsageError
from monitor.services.exchange_clients import EXCHANGE_CODE, client_for, enabled_exchange
from monitor.services.instruments import SyncResult, sync_instruments

LISTING_MALFORMED = "ERR_LISTING_ENTRY_MALFORMED"


class FetchContractsCommand(JobCommand):
    """Brings the instruments of one market in line with the exchange's listing."""

    market_type: ClassVar[MarketType]

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--exchange", help=f"Code of the exchange: {EXCHANGE_CODE}.")
        parser.add_argument("--all", action="store_true", help="Every exchange there is a client for.")

    def lease_name(self, options: dict[str, Any]) -> str:
        wanted = options["exchange"]
        if bool(wanted) == options["all"]:
            raise UsageError(f"name one exchange with --exchange {EXCHANGE_CODE}, or all of them with --all")
        if wanted and wanted != EXCHANGE_CODE:
            raise UsageError(f"unknown exchange {wanted!r}: use --exchange {EXCHANGE_CODE}, or --all")
        return f"fetch_contracts:{self.market_type}"

    def perform(self, options: dict[str, Any], progress: Progress) -> JobResult:
        exchange = enabled_exchange()
        progress.start(1, f"{self.market_type} listing")
        with client_for(self.market_type) as client:
            result = sync_instruments(exchange, client)
        progress.advance()
        return _job_result(result)


def _job_result(result: SyncResult) -> JobResult:
    return JobResult(
        counts={
            "listed": result.listed,
            "new": result.new,
            "updated": result.updated,
            "delisted": result.delisted,
            "relisted": result.relisted,
            "skipped": len(result.problems),
        },
        failures=[Failure(problem.symbol, LISTING_MALFORMED, problem.message) for problem in result.problems],
        attempted=result.listed + len(result.problems),
    )
