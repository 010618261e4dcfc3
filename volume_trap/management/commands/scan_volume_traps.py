"""Find volume traps and follow the known ones over every candle since the last scan."""

from typing import Any

from django.core.management.base import CommandParser

from monitor.management.base import JobCommand, JobResult, Progress
from volume_trap.domain.errors import DataInsufficient
from volume_trap.domain.evaluator import DISCOVERY_BARS
from volume_trap.management.arguments import add_series_arguments, job_result, scan_lease, scan_request
from volume_trap.services.scanning import scan

COUNTS = ("series", "unchanged", "candles", "too_short", "discovered", "suspected", "confirmed", "invalidated")


class Command(JobCommand):
    help = "Scan stored candles for volume traps: discovery, confirmation, validation and invalidation in order."

    def add_arguments(self, parser: CommandParser) -> None:
        add_series_arguments(parser)
        parser.add_argument(
            "--since", metavar="DATE|all", help="Judge candles from this day (UTC) on again, or all stored ones."
        )

    def lease_name(self, options: dict[str, Any]) -> str:
        return scan_lease(scan_request(options))

    def perform(self, options: dict[str, Any], progress: Progress) -> JobResult:
        request = scan_request(options)
        report = scan(
            request,
            on_start=lambda total: progress.start(total, f"scanning {request.market_type} {request.interval}"),
            on_progress=progress.advance,
        )
        if request.symbol is not None and report.too_short:
            error = DataInsufficient(DISCOVERY_BARS, report.candles)
            report.failures.append((request.symbol, error.code, str(error)))
        return job_result(report, COUNTS)
