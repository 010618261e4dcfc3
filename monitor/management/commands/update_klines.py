"""``update_klines``: fetches the closed candles that are missing, gaps included."""

from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandParser

from monitor.management import arguments
from monitor.management.base import Failure, JobCommand, JobResult, Progress, UsageError
from monitor.services.exchange_clients import EXCHANGE_CODE, client_for, enabled_exchange
from monitor.services.klines import DEFAULT_LIMIT, KlineRequest, KlineSyncResult, sync_klines


class Command(JobCommand):
    help = "Fetch exactly the closed candles that are missing, gaps included."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--interval", required=True, metavar="1h|4h|1d")
        parser.add_argument("--market-type", "-m", default="futures", metavar="spot|futures", help="default: futures")
        parser.add_argument("--symbol", help="only this one, such as BTCUSDT")
        parser.add_argument("--limit", metavar="N", help=f"the newest N closed candles (default: {DEFAULT_LIMIT})")
        parser.add_argument("--since", metavar="DATE|all", help="from this day (UTC) on, or everything there is")
        parser.add_argument("--force", action="store_true", help="fetch the whole window again and overwrite it")

    def lease_name(self, options: dict[str, Any]) -> str:
        request = _request(options)
        return f"update_klines:{options['market_type']}:{request.interval}"

    def perform(self, options: dict[str, Any], progress: Progress) -> JobResult:
        request = _request(options)
        enabled_exchange()
        with client_for(arguments.parse_market(options["market_type"])) as client:
            return _job_result(sync_klines(client, request, progress))


def _request(options: dict[str, Any]) -> KlineRequest:
    if options["limit"] is not None and options["since"] is not None:
        raise UsageError("--limit and --since exclude each other: use one of them")
    limit = DEFAULT_LIMIT if options["limit"] is None else arguments.parse_limit(str(options["limit"]))
    interval = arguments.parse_interval(options["interval"])
    market = arguments.parse_market(options["market_type"])
    return KlineRequest(
        exchange_code=EXCHANGE_CODE,
        interval=interval,
        limit=limit,
        since_ms=arguments.parse_since(options["since"]),
        symbol=arguments.parse_symbol(options["symbol"], EXCHANGE_CODE, market),
        force=options["force"],
    )


def _job_result(result: KlineSyncResult) -> JobResult:
    names = ("instruments", "up_to_date", "requests", "stored", "gaps")
    counts = {name: getattr(result, name) for name in names}
    failures = [Failure(**asdict(failure)) for failure in result.failures]
    return JobResult({**counts, "stale": len(result.stale)}, failures, attempted=result.instruments)
