"""Write one row per monitor to standard output."""

import csv
import json
import os
import sys
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from monitor.management.base import EXIT_USAGE, OneLineParser, UsageError
from volume_trap.management.arguments import add_series_arguments, scan_request
from volume_trap.models import VolumeTrapMonitor
from volume_trap.services.scanning import ScanRequest

COLUMNS = (
    "symbol", "trigger_open_time", "rvol", "amplitude_ratio", "upper_shadow_percent",
    "status", "suspected_at", "confirmed_at", "invalidated_at",
)  # fmt: skip


class Command(BaseCommand):
    help = "Export the monitors of one market and interval as CSV or JSON."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        parser.__class__ = OneLineParser
        return parser

    def add_arguments(self, parser: CommandParser) -> None:
        add_series_arguments(parser)
        parser.add_argument("--format", choices=["csv", "json"], default="csv")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            rows = exported_rows(scan_request(options))
        except UsageError as error:
            raise CommandError(str(error), returncode=EXIT_USAGE) from error
        try:
            self._write(rows, options["format"])
        except BrokenPipeError:
            # The reader has seen enough (``| head``); what is left in the buffer must not complain at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    def _write(self, rows: Iterator[dict[str, Any]], form: str) -> None:
        if form == "json":
            self.stdout.write(json.dumps(list(rows), ensure_ascii=False, indent=1))
            return
        writer = csv.DictWriter(self.stdout, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def exported_rows(request: ScanRequest) -> Iterator[dict[str, Any]]:
    """Rows by symbol and trigger time; numbers unrounded, times ISO 8601 in UTC, empty where there is none."""
    monitors = VolumeTrapMonitor.objects.filter(
        market_type=request.market_type.value, interval=request.interval.value, indicators__stage="discovery"
    )
    if request.symbol is not None:
        monitors = monitors.filter(instrument__symbol=request.symbol)
    values = monitors.order_by("instrument__symbol", "trigger_time", "pk").values_list(
        "instrument__symbol",
        "trigger_time",
        "indicators__rvol_ratio",
        "indicators__amplitude_ratio",
        "indicators__upper_shadow_percent",
        "status",
        "suspected_at",
        "confirmed_at",
        "invalidated_at",
    )
    return (dict(zip(COLUMNS, map(_exported, row), strict=True)) for row in values.iterator())


def _exported(value: Any) -> Any:
    return value.strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(value, datetime) else value
