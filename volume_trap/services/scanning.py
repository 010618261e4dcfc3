"""The scan: read each series once, judge it, write what was decided.

A chunk of series is one transaction together with its cursors, so that a scan killed anywhere has either
written a decision and remembered the candle, or neither.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import structlog
from django.db import transaction

from monitor.domain.enums import Interval, MarketType
from monitor.domain.intervals import from_milliseconds, to_milliseconds
from monitor.selectors.kline_table import CandleTable, SeriesHead, candle_table, candle_tables, series_heads
from monitor.services.series_cursors import BEFORE_EVERYTHING_MS, CursorState, advance_cursors, read_cursors
from volume_trap.domain.errors import DetectorEvaluationFailed, InvalidTransition, VolumeTrapError
from volume_trap.domain.evaluator import DISCOVERY_BARS
from volume_trap.domain.lifecycle import TrapState
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

    def fail(self, unread: "UnreadSeries", error: VolumeTrapError) -> None:
        self.failures.append((unread.head.symbol, error.code, str(error)))
        log.warning("series_not_judged", symbol=unread.head.symbol, code=error.code, reason=str(error))

    def count(self, recording: Recording) -> None:
        self.discovered += len(recording.created)
        self.suspected += recording.suspected
        self.confirmed += recording.confirmed
        self.invalidated += recording.invalidated

    def include(self, part: "ScanReport") -> None:
        for name in ("candles", "too_short", "discovered", "suspected", "confirmed", "invalidated"):
            setattr(self, name, getattr(self, name) + getattr(part, name))
        self.failures += part.failures


@dataclass(frozen=True, slots=True)
class UnreadSeries:
    """One series with candles that have not been judged."""

    head: SeriesHead
    position_ms: int
    cursor: CursorState


@dataclass(frozen=True, slots=True)
class KnownTraps:
    """The monitors of one instrument that a pass must know: the living ones, and all triggers it could find again."""

    monitors: tuple[VolumeTrapMonitor, ...] = ()
    states: tuple[TrapState, ...] = ()
    triggers_ms: frozenset[int] = frozenset()


def scan(
    request: ScanRequest,
    *,
    on_start: Callable[[int], object] = lambda _total: None,
    on_progress: Callable[[int], object] = lambda _count: None,
) -> ScanReport:
    """Judge every stored candle since the last one judged, for all series of one market and interval."""
    report = ScanReport()
    unread = unread_series(request, report)
    alive = living_monitors(request, unread)
    on_start(len(unread))
    for first in range(0, len(unread), CHUNK):
        chunk = unread[first : first + CHUNK]
        report.include(_scan_chunk(request, chunk, alive))
        on_progress(len(chunk))
    return report


def unread_series(request: ScanRequest, report: ScanReport) -> list[UnreadSeries]:
    """Series with candles that have not been judged; the report learns how many have none."""
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


def _scan_chunk(
    request: ScanRequest, chunk: Sequence[UnreadSeries], alive: Mapping[int, Sequence[VolumeTrapMonitor]]
) -> ScanReport:
    """Judge and write one chunk; where a monitor was moved meanwhile, series by series with what it is now."""
    try:
        return _judge_and_write(request, chunk, alive)
    except InvalidTransition as error:
        report = ScanReport()
        if len(chunk) == 1:
            report.fail(chunk[0], error)
            return report
        for unread in chunk:
            report.include(_scan_chunk(request, [unread], living_monitors(request, [unread])))
        return report


def _judge_and_write(
    request: ScanRequest, chunk: Sequence[UnreadSeries], alive: Mapping[int, Sequence[VolumeTrapMonitor]]
) -> ScanReport:
    report, recording = ScanReport(), Recording(request.market_type, request.interval, request.thresholds)
    reached: list[tuple[CursorState, int]] = []
    known = known_traps(request.interval, chunk, alive)
    for unread, table in read_tables(request.interval, chunk, known):
        traps = known[unread.head.instrument_id]
        try:
            series, start, verdict = _judge_series(request, unread, table, traps)
        except VolumeTrapError as error:
            report.fail(unread, error)
            continue
        recording.add(unread.head.instrument_id, series, verdict, traps.monitors)
        reached.append((unread.cursor, max(unread.head.newest_ms, unread.cursor.position_ms)))
        report.candles += len(series) - start
        report.too_short += len(series) < DISCOVERY_BARS
    with transaction.atomic():
        recording.write()
        if request.thresholds.strict:
            mark_market_wide(request.market_type, request.interval, recording.trigger_times)
        advance_cursors(reached)
    report.count(recording)
    return report


def _judge_series(
    request: ScanRequest, unread: UnreadSeries, table: CandleTable, traps: KnownTraps
) -> tuple[KlineSeries, int, Verdict]:
    """The boundary around one series: whatever goes wrong in it, the others go on."""
    try:
        series = KlineSeries.from_table(table)
        start = series.first_index_after(unread.position_ms)
        step_ms = request.interval.milliseconds
        return series, start, judge(series, start, traps.states, traps.triggers_ms, request.thresholds, step_ms)
    except VolumeTrapError:
        raise
    except Exception as error:
        log.exception("series_evaluation_failed", symbol=unread.head.symbol)
        raise DetectorEvaluationFailed(f"{type(error).__name__}: {error}") from error


def living_monitors(request: ScanRequest, unread: Sequence[UnreadSeries]) -> dict[int, list[VolumeTrapMonitor]]:
    """Monitors that are alive, by instrument and oldest first, of the series given.

    One query without the instruments: with them SQLite reads all living monitors again for every chunk.
    """
    alive: dict[int, list[VolumeTrapMonitor]] = {series.head.instrument_id: [] for series in unread}
    rows = VolumeTrapMonitor.objects.filter(
        market_type=request.market_type.value,
        interval=request.interval.value,
        status__in=VolumeTrapMonitor.OPEN_STATUSES,
    )
    for monitor in rows.order_by("trigger_time").iterator() if unread else ():
        if monitor.instrument_id in alive:
            alive[monitor.instrument_id].append(monitor)
    return alive


def known_traps(
    interval: Interval, chunk: Sequence[UnreadSeries], alive: Mapping[int, Sequence[VolumeTrapMonitor]]
) -> dict[int, KnownTraps]:
    """By instrument: the living monitors, and all triggers among the candles about to be judged (again)."""
    triggers: dict[int, set[int]] = {unread.head.instrument_id: set() for unread in chunk}
    floor = from_milliseconds(min(unread.position_ms for unread in chunk))
    recent = VolumeTrapMonitor.objects.filter(
        instrument__in=list(triggers), interval=interval.value, trigger_time__gt=floor
    ).order_by()
    for instrument_id, trigger_time in recent.values_list("instrument_id", "trigger_time"):
        triggers[instrument_id].add(to_milliseconds(trigger_time))
    return {
        instrument_id: KnownTraps(
            tuple(alive[instrument_id]), tuple(map(trap_state, alive[instrument_id])), frozenset(times)
        )
        for instrument_id, times in triggers.items()
    }


def read_tables(
    interval: Interval, chunk: Sequence[UnreadSeries], known: Mapping[int, KnownTraps]
) -> Iterator[tuple[UnreadSeries, CandleTable]]:
    """The candles to judge of each series, with the context they need before them.

    Series that stand at the same candle are read by one query. It bounds the context by time; where candles are
    missing that is too little, and the series is read again by count.
    """
    alike: dict[tuple[int, int], list[UnreadSeries]] = {}
    for unread in chunk:
        states = known[unread.head.instrument_id].states
        context = context_bars(states, unread.head.newest_ms, interval.milliseconds)
        alike.setdefault((unread.position_ms, context), []).append(unread)
    for (position_ms, context), group in alike.items():
        if position_ms == BEFORE_EVERYTHING_MS:
            yield from ((unread, candle_table(unread.head.instrument_id, interval)) for unread in group)
            continue
        after_ms = position_ms - context * interval.milliseconds
        tables = candle_tables([unread.head.instrument_id for unread in group], interval, after_ms=after_ms)
        for unread in group:
            table = tables[unread.head.instrument_id]
            if np.count_nonzero(table[:, 0] <= position_ms) < context:
                new = np.count_nonzero(table[:, 0] > position_ms)
                table = candle_table(unread.head.instrument_id, interval, newest=int(new) + context)
            yield unread, table
