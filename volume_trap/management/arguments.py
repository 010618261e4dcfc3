"""Arguments that the volume-trap commands share."""

from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from monitor.domain.enums import MarketType
from monitor.domain.intervals import to_milliseconds
from monitor.management.base import Failure, JobResult, UsageError
from monitor.models import Instrument
from volume_trap import conf
from volume_trap.domain.errors import InvalidInterval
from volume_trap.domain.thresholds import parse_interval
from volume_trap.services.scanning import ScanReport, ScanRequest

MARKETS = (MarketType.SPOT.value, MarketType.FUTURES.value)


def add_series_arguments(parser: ArgumentParser) -> None:
    """``--interval``, ``--market-type`` and ``--symbol``."""
    parser.add_argument("--interval", metavar="1h|4h|1d", help="Candle interval (default: VT_DEFAULT_INTERVAL).")
    parser.add_argument("--market-type", "-m", default="futures", metavar="spot|futures", help="Default: futures.")
    parser.add_argument("--symbol", help="Only this symbol, the exchange's own string such as BTCUSDT.")


def scan_request(options: dict[str, Any]) -> ScanRequest:
    """What the arguments ask for; raises UsageError that says what would be right."""
    thresholds = conf.thresholds()
    try:
        interval = parse_interval(options["interval"] or thresholds.default_interval.value)
    except InvalidInterval as error:
        raise UsageError(f"--{error}") from error
    if options["market_type"] not in MARKETS:
        raise UsageError(f"--market-type {options['market_type']!r} is unknown: use one of {', '.join(MARKETS)}")
    market_type = MarketType(options["market_type"])
    symbol = _known_symbol(options.get("symbol"), market_type)
    return ScanRequest(market_type, interval, thresholds, symbol, parse_since(options.get("since")))


def _known_symbol(raw: str | None, market_type: MarketType) -> str | None:
    if raw is None:
        return None
    symbol = raw.replace("/", "").upper()
    if not Instrument.objects.filter(symbol=symbol, market_type=market_type.value).exists():
        raise UsageError(
            f"--symbol {raw!r} is no known {market_type.value} instrument: use the exchange's own string, such as "
            f"BTCUSDT, and run fetch_{market_type.value}_contracts if it is new"
        )
    return symbol


def parse_since(raw: str | None) -> int | None:
    """Epoch milliseconds of ``YYYY-MM-DD`` (00:00 UTC); 0 for ``all``; None where nothing was said."""
    if raw is None:
        return None
    if raw == "all":
        return 0
    try:
        return to_milliseconds(datetime.strptime(raw, "%Y-%m-%d").replace(tzinfo=UTC))
    except ValueError as error:
        raise UsageError(f"--since {raw!r} is no date: use YYYY-MM-DD, such as 2026-01-31, or all") from error


def scan_lease(request: ScanRequest) -> str:
    """Scans and invalidation checks of one market and interval exclude each other."""
    return f"volume_traps:{request.market_type.value}:{request.interval.value}"


def job_result(report: ScanReport, counts: tuple[str, ...]) -> JobResult:
    """The report as a command's result, with the counts that this command speaks of."""
    failures = [Failure(symbol=symbol, code=code, message=message) for symbol, code, message in report.failures]
    return JobResult(
        counts={name: getattr(report, name) for name in counts}, failures=failures, attempted=report.series
    )
