"""End the monitors whose price has recovered, without scanning for anything else."""

from typing import Any

from django.core.management.base import CommandParser

from monitor.management.base import JobCommand, JobResult, Progress
from volume_trap.management.arguments import add_series_arguments, job_result, scan_lease, scan_request
from volume_trap.services.invalidation import check_invalidations

COUNTS = ("series", "candles", "invalidated", "awaiting_scan")


class Command(JobCommand):
    help = "Invalidate monitors whose price closed above the trigger's close."

    def add_arguments(self, parser: CommandParser) -> None:
        add_series_arguments(parser)

    def lease_name(self, options: dict[str, Any]) -> str:
        return scan_lease(scan_request(options))

    def perform(self, options: dict[str, Any], progress: Progress) -> JobResult:
        return job_result(check_invalidations(scan_request(options)), COUNTS)
