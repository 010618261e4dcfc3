"""Arguments that the volume-trap commands share."""

from argparse import ArgumentParser
from typing import Any

from monitor.management import arguments
from monitor.management.base import Failure, JobResult
from monitor.services.exchange_clients import EXCHANGE_CODE
from volume_trap import conf
from volume_trap.services.scanning import ScanReport, ScanRequest


def add_series_arguments(parser: ArgumentParser) -> None:
    """``--interval``, ``--market-type`` and ``--symbol``."""
    parser.add_argument("--interval", metavar="1h|4h|1d", help="Candle interval (default: VT_DEFAULT_INTERVAL).")
    parser.add_argument("--market-type", "-m", default="futures", metavar="spot|futures", help="Default: futures.")
    parser.add_argument("--symbol", help="Only this symbol, the exchange's own string such as BTCUSDT.")


def scan_request(options: dict[str, Any]) -> ScanRequest:
    """What the arguments ask for; raises UsageError that says what would be right."""
    thresholds = conf.thresholds()
    market = arguments.parse_market(options["market_type"])
    return ScanRequest(
        market,
        arguments.parse_interval(options["interval"] or thresholds.default_interval.value),
        thresholds,
        arguments.parse_symbol(options.get("symbol"), EXCHANGE_CODE, market, delisted_too=True),
        arguments.parse_since(options.get("since")),
    )


def scan_lease(request: ScanRequest) -> str:
    """Scans and invalidation checks of one market and interval exclude each other."""
    return f"volume_traps:{request.market_type.value}:{request.interval.value}"


def job_result(report: ScanReport, counts: tuple[str, ...]) -> JobResult:
    """The report as a command's result, with the counts that this command speaks of."""
    failures = [Failure(symbol=symbol, code=code, message=message) for symbol, code, message in report.failures]
    return JobResult(
        counts={name: getattr(report, name) for name in counts}, failures=failures, attempted=report.series
    )
