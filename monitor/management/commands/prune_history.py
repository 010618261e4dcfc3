"""Forgets candles and job runs that are too old to matter."""

from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser

from monitor.domain.enums import Interval
from monitor.management.base import JobCommand, JobResult, Progress, UsageError
from monitor.services.history import (
    KEPT_CANDLES,
    guarded_from,
    list_series,
    prune_job_runs,
    prune_series,
)


class Command(JobCommand):
    help = (
        "Delete candles more than --days older than the newest one of their series. The newest "
        f"{KEPT_CANDLES} of each series and everything under a live monitor stay. Old job runs go, too."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--days", type=int, default=settings.RETENTION_DAYS, help="How many days to keep (default %(default)s)."
        )

    def lease_name(self, options: dict[str, Any]) -> str:
        return "prune_history"

    def perform(self, options: dict[str, Any], progress: Progress) -> JobResult:
        days: int = options["days"]
        if not 1 <= days <= 36_500:
            raise UsageError(f"--days {days} cannot be meant: give the number of days to keep, such as 180")
        guarded = {interval: guarded_from(interval) for interval in Interval}
        all_series = list_series()
        progress.start(len(all_series), "series")
        klines = gaps = 0
        for series in all_series:
            pruned = prune_series(series, days, guarded[series.interval].get(series.instrument_id))
            klines, gaps = klines + pruned.klines, gaps + pruned.gaps
            progress.advance()
        runs = prune_job_runs(days)
        counts: dict[str, int | float | str | None] = {
            "series": len(all_series),
            "klines_deleted": klines,
            "gaps_deleted": gaps,
            "job_runs_deleted": runs,
        }
        return JobResult(counts, attempted=len(all_series))
