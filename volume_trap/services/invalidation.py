"""The invalidation step alone: end monitors whose price has recovered.

It never runs ahead of the stages: where a recovery comes after a candle that would confirm or validate, the scan
decides both, so that any mixture of scans and this step gives what the scans alone give.
"""

from collections.abc import Sequence

from django.db import transaction

from monitor.selectors.kline_table import series_heads
from monitor.services.series_cursors import read_cursors
from volume_trap.domain.enums import Stage
from volume_trap.domain.errors import VolumeTrapError
from volume_trap.domain.lifecycle import Life, follow
from volume_trap.domain.scan import Verdict
from volume_trap.models import VolumeTrapMonitor
from volume_trap.services.recording import Recording, trap_state
from volume_trap.services.scanning import READER, ScanReport, ScanRequest, UnreadSeries, known_monitors, read_series


def check_invalidations(request: ScanRequest) -> ScanReport:
    """Write the invalidations that follow from candles not scanned yet; moves no cursor.

    ``awaiting_scan`` counts monitors whose recovery follows a stage that the next scan will write.
    """
    report = ScanReport()
    watched = _watched_series(request)
    monitors = known_monitors(request.interval, watched) if watched else {}
    recording = Recording(request.market_type, request.interval, request.thresholds)
    for unread in watched:
        _check_series(request, unread, monitors.get(unread.head.instrument_id, []), recording, report)
    with transaction.atomic():
        recording.write()
    report.count(recording)
    return report


def _watched_series(request: ScanRequest) -> list[UnreadSeries]:
    alive = VolumeTrapMonitor.objects.filter(
        status__in=VolumeTrapMonitor.OPEN_STATUSES,
        market_type=request.market_type.value,
        interval=request.interval.value,
    )
    watched = set(alive.values_list("instrument_id", flat=True))
    heads = series_heads(request.market_type, request.interval, symbol=request.symbol)
    heads = [head for head in heads if head.instrument_id in watched]
    cursors = read_cursors(READER, request.interval, [head.instrument_id for head in heads])
    states = [cursors[head.instrument_id] for head in heads]
    return [UnreadSeries(head, state.position_ms, state) for head, state in zip(heads, states, strict=True)]


def _check_series(
    request: ScanRequest,
    unread: UnreadSeries,
    known: Sequence[VolumeTrapMonitor],
    recording: Recording,
    report: ScanReport,
) -> None:
    alive = [monitor for monitor in known if monitor.status in VolumeTrapMonitor.OPEN_STATUSES]
    report.series += 1
    try:
        series, start = read_series(request.interval, unread, alive)
        step = request.interval.milliseconds
        lives = [follow(series, trap_state(monitor), start, request.thresholds, step) for monitor in alive]
    except VolumeTrapError as error:
        report.failures.append((unread.head.symbol, error.code, str(error)))
        return
    report.candles += len(series) - start
    ended = [(monitor, life) for monitor, life in zip(alive, lives, strict=True) if _only_ends(life)]
    report.awaiting_scan += sum(_ends_later(life) for life in lives)
    recording.add(
        unread.head.instrument_id,
        series,
        Verdict((), tuple(life for _, life in ended)),
        [monitor for monitor, _ in ended],
    )


def _only_ends(life: Life) -> bool:
    return [step.stage for step in life.steps] == [Stage.INVALIDATION]


def _ends_later(life: Life) -> bool:
    return len(life.steps) > 1 and life.steps[-1].stage is Stage.INVALIDATION
