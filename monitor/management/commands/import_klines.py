"""Imports candles from the exchange's public-archive files."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from monitor.domain.clock import SystemClock
from monitor.management import arguments
from monitor.management.base import Failure, JobCommand, JobResult, Progress, UsageError
from monitor.services.kline_import import SUFFIXES, ImportedFile, find_archives, import_archives, is_symbol


class Command(JobCommand):
    help = "Import closed candles from the exchange's public-archive CSV files."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path, help=f"a file or a folder of {', '.join(SUFFIXES)}")
        parser.add_argument("--interval", required=True, metavar="1h|4h|1d")
        parser.add_argument("--market-type", required=True, metavar="spot|futures")
        parser.add_argument("--symbol", default="", help="for a single file whose name does not say it")

    def lease_name(self, options: dict[str, Any]) -> str:
        interval = arguments.parse_interval(options["interval"])
        market = arguments.parse_market(options["market_type"])
        _archives(options["path"], options["symbol"])
        return f"import_klines:{market}:{interval}"

    def perform(self, options: dict[str, Any], progress: Progress) -> JobResult:
        paths = _archives(options["path"], options["symbol"])
        progress.start(len(paths), "files")
        files = []
        for file in import_archives(
            paths,
            interval=arguments.parse_interval(options["interval"]),
            market_type=arguments.parse_market(options["market_type"]),
            now_ms=SystemClock().now_ms(),
            symbol=options["symbol"],
        ):
            files.append(file)
            progress.advance()
        return _result(files)


def _archives(path: Path, symbol: str) -> list[Path]:
    if not path.exists():
        raise UsageError(f"{path} does not exist: name a file or folder of {', '.join(SUFFIXES)}")
    if symbol and not is_symbol(symbol):
        raise UsageError(f"--symbol {symbol} is not a symbol: write it as the exchange does, such as BTCUSDT")
    if symbol and path.is_dir():
        raise UsageError("--symbol goes with a single file: in a folder every file is named after its symbol")
    paths = find_archives(path)
    if not paths:
        raise UsageError(f"{path} holds no files that end in {', '.join(SUFFIXES)}")
    return paths


def _result(files: list[ImportedFile]) -> JobResult:
    counts: dict[str, int | float | str | None] = {
        "files": len(files),
        "rows": sum(file.rows for file in files),
        "written": sum(file.written for file in files),
        "unclosed": sum(file.unclosed for file in files),
        "instruments_created": sum(file.instrument_created for file in files),
    }
    failures = [Failure(file.symbol, "ERR_ARCHIVE_INVALID", file.error) for file in files if file.error]
    return JobResult(counts, failures, attempted=len(files))
