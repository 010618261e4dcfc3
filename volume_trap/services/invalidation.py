"""The invalidation step alone: end monitors whose price has recovered.

It never runs ahead of the stages: where a recovery comes after a candle that would confirm or validate, the scan
decides both, so that any mixture of scans and this step gives what the scans alone give.
"""

from django.db import transaction

from monitor.selectors.kline_table import CandleTable
from volume_trap.domain.enums import Stage
from volume_trap.domain.errors import InvalidTransition, VolumeTrapError
from volume_trap.domain.lifecycle import Life, follow
from volume_trap.domain.scan import Verdict
from volume_trap.domain.series import KlineSeries
from volume_trap.services.recording import Recording
from volume_trap.services.scanning import (
    KnownTraps,
    ScanReport,
    ScanRequest,
    UnreadSeries,
    known_traps,
    living_monitors,
    read_tables,
    unread_series,
)


def check_invalidations(request: ScanRequest) -> ScanReport:
    """Write the invalidations that follow from candles not scanned yet; moves no cursor.

    ``awaiting_scan`` counts monitors whose recovery follows a stage that the next scan will write.
    """
    report = ScanReport()
    series = unread_series(request, report)
    alive = living_monitors(request, series)
    watched = [unread for unread in series if alive[unread.head.instrument_id]]
    known = known_traps(request.interval, watched, alive) if watched else {}
    recording = Recording(request.market_type, request.interval, request.thresholds)
    for unread, table in read_tables(request.interval, watched, known):
        try:
            _check_series(request, unread, table, known[unread.head.instrument_id], recording, report)
        except VolumeTrapError as error:
            report.fail(unread, error)
    report.series = len(watched)
    try:
        with transaction.atomic():
            recording.write()
    except InvalidTransition as error:
        # Somebody moved a monitor while we were reading: nothing was written, the next run sees it as it is.
        report.failures.append(("", error.code, str(error)))
        return report
    report.count(recording)
    return report


def _check_series(
    request: ScanRequest,
    unread: UnreadSeries,
    table: CandleTable,
    traps: KnownTraps,
    recording: Recording,
    report: ScanReport,
) -> None:
    series, step = KlineSeries.from_table(table), request.interval.milliseconds
    start = series.first_index_after(unread.position_ms)
    lives = [follow(series, state, start, request.thresholds, step) for state in traps.states]
    ended = [(monitor, life) for monitor, life in zip(traps.monitors, lives, strict=True) if _only_ends(life)]
    verdict = Verdict((), tuple(life for _, life in ended))
    recording.add(unread.head.instrument_id, series, verdict, [monitor for monitor, _ in ended])
    report.candles += len(series) - start
    report.awaiting_scan += sum(_ends_later(life) for life in lives)


def _only_ends(life: Life) -> bool:
    return [step.stage for step in life.steps] == [Stage.INVALIDATION]


def _ends_later(life: Life) -> bool:
    return len(life.steps) > 1 and life.steps[-1].stage is Stage.INVALIDATION
