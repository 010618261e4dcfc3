"""The scan: read each series once, judge it, write what was decided.

A chunk of series is one transaction together with its cursors, so that a scan killed anywhere has either
written a decision and remembered the candle, or neither.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import structlog
from django.db import transaction
from django.db.models import Q

from monitor.domain.enums import Interval, MarketType
from monitor.domain.intervals import from_milliseconds, to_milliseconds
from monitor.selectors.kline_table import SeriesHead, candle_table, series_heads
from monitor.services.series_cursors import BEFORE_EVERYTHING_MS, CursorState, advance_cursors, read_cursors
from volume_trap.domain.errors import VolumeTrapError
from volume_trap.domain.evaluator import DISCOVERY_BARS
from volume_trap.domain.scan import Verdict, context_bars, judge
from volume_trap.domain.series import KlineSeries
from volume_trap.domain.thresholds import Thresholds
from volume_trap.models import VolumeTrapMonitor
from volume_trap.services.recording import Recording, mark_market_wide, trap_state

READER = "volume_trap"
CHUNK = 50

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ScanRequest:
    """What to scan. ``since_ms`` is the open time from which candles are judged again (None: the unread ones)."""

    market_type: MarketType
    interval: Interval
    thresholds: Thresholds
    symbol: str | None = None
    since_ms: int | None = None


@dataclass(slots=True)
class ScanReport:
    """What a scan did. ``failures`` holds (symbol, error code, message) of series that could not be judged."""

    series: int = 0
    unchanged: int = 0
    candles: int = 0
    too_short: int = 0
    discovered: int = 0
    suspected: int = 0
    confirmed: int = 0
    invalidated: int = 0
    awaiting_scan: int = 0
    failures: list[tuple[str, str, str]] = field(default_factory=list)

    def count(self, recording: Recording) -> None:
        self.discovered += len(recording.created)
        self.suspected += recording.suspected
        self.confirmed += recording.confirmed
        self.invalidated += recording.invalidated


@dataclass(frozen=True, slots=True)
class UnreadSeries:
    """One series with candles that have not been judged."""

    head: SeriesHead
    position_ms: int
    cursor: CursorState


def scan(
    request: ScanRequest,
    *,
    on_start: Callable[[int], object] = lambda _total: None,
    on_progress: Callable[[int], object] = lambda _count: None,
) -> ScanReport:
    """Judge every stored candle since the last one judged, for all series of one market and interval."""
    report = ScanReport()
    unread = _unread_series(request, report)
    on_start(len(unread))
    for first in range(0, len(unread), CHUNK):
        chunk = unread[first : first + CHUNK]
        _scan_chunk(request, chunk, report)
        on_progress(len(chunk))
    return report


def _unread_series(request: ScanRequest, report: ScanReport) -> list[UnreadSeries]:
    heads = series_heads(request.market_type, request.interval, symbol=request.symbol)
    cursors = read_cursors(READER, request.interval, [head.instrument_id for head in heads])
    unread = []
    for head in heads:
        cursor = cursors[head.instrument_id]
        since = cursor.position_ms if request.since_ms is None else request.since_ms - request.interval.milliseconds
        if head.newest_ms > since:
            unread.append(UnreadSeries(head, max(since, BEFORE_EVERYTHING_MS), cursor))
    report.series, report.unchanged = len(heads), len(heads) - len(unread)
    return unread


def _scan_chunk(request: ScanRequest, chunk: Sequence[UnreadSeries], report: ScanReport) -> None:
    monitors = known_monitors(request.interval, chunk)
    recording = Recording(request.market_type, request.interval, request.thresholds)
    reached: list[tuple[CursorState, int]] = []
    for unread, series, verdict, known in _judged(request, chunk, monitors, report):
        recording.add(unread.head.instrument_id, series, verdict, known)
        if len(series):
            reached.append((unread.cursor, max(int(series.open_time_ms[-1]), unread.cursor.position_ms)))
    with transaction.atomic():
        recording.write()
        if request.thresholds.strict:
            mark_market_wide(request.market_type, request.interval, recording.trigger_times)
        advance_cursors(reached)
    report.count(recording)


def _judged(
    request: ScanRequest,
    chunk: Sequence[UnreadSeries],
    monitors: dict[int, list[VolumeTrapMonitor]],
    report: ScanReport,
) -> Iterator[tuple[UnreadSeries, KlineSeries, Verdict, list[VolumeTrapMonitor]]]:
    for unread in chunk:
        known = monitors.get(unread.head.instrument_id, [])
        try:
            series, start = read_series(request.interval, unread, known)
            alive = [monitor for monitor in known if monitor.status in VolumeTrapMonitor.OPEN_STATUSES]
            states = [trap_state(monitor) for monitor in alive]
            triggers = {to_milliseconds(monitor.trigger_time) for monitor in known}
            verdict = judge(series, start, states, triggers, request.thresholds, request.interval.milliseconds)
        except VolumeTrapError as error:
            report.failures.append((unread.head.symbol, error.code, str(error)))
            log.warning("series_not_judged", symbol=unread.head.symbol, code=error.code, reason=str(error))
            continue
        report.candles += len(series) - start
        report.too_short += len(series) < DISCOVERY_BARS
        yield unread, series, verdict, alive


def known_monitors(interval: Interval, chunk: Sequence[UnreadSeries]) -> dict[int, list[VolumeTrapMonitor]]:
    """Monitors that are alive or were triggered by a candle about to be judged again, by instrument."""
    floor = from_milliseconds(min(unread.position_ms for unread in chunk))
    rows = VolumeTrapMonitor.objects.filter(
        Q(status__in=VolumeTrapMonitor.OPEN_STATUSES) | Q(trigger_time__gt=floor),
        interval=interval.value,
        instrument__in=[unread.head.instrument_id for unread in chunk],
    ).order_by("trigger_time")
    grouped: dict[int, list[VolumeTrapMonitor]] = {}
    for monitor in rows:
        grouped.setdefault(monitor.instrument_id, []).append(monitor)
    return grouped


def read_series(
    interval: Interval, unread: UnreadSeries, known: Sequence[VolumeTrapMonitor]
) -> tuple[KlineSeries, int]:
    """The candles to judge with the context they need, and the index of the first to judge."""
    newest = None
    if unread.position_ms > BEFORE_EVERYTHING_MS:
        states = [trap_state(monitor) for monitor in known]
        new = (unread.head.newest_ms - unread.position_ms) // interval.milliseconds
        newest = new + context_bars(states, unread.head.newest_ms, interval.milliseconds)
    series = KlineSeries.from_table(candle_table(unread.head.instrument_id, interval, newest=newest))
    return series, series.first_index_after(unread.position_ms)
