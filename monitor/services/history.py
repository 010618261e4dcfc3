"""Forgets old candles and old job runs, in short transactions, so that nobody waits for a long delete."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Max, QuerySet
from django.utils import timezone

from monitor.domain.enums import Interval
from monitor.errors import database_errors
from monitor.models import JobRun, Kline, KlineGap
from monitor.registry import history_guards

KEPT_CANDLES = 500
BATCH_ROWS = 5_000


@dataclass(frozen=True, slots=True)
class Series:
    """One instrument on one interval, and the open time of its newest stored candle."""

    instrument_id: int
    symbol: str
    interval: Interval
    newest: datetime


@dataclass(frozen=True, slots=True)
class Pruned:
    """How many rows of one series are gone."""

    klines: int
    gaps: int


def list_series() -> list[Series]:
    """Every series that has candles."""
    rows = (
        Kline.objects.order_by()
        .values_list("instrument_id", "instrument__symbol", "interval")
        .annotate(newest=Max("open_time"))
    )
    return [Series(pk, symbol, Interval(interval), newest) for pk, symbol, interval, newest in rows]


def guarded_from(interval: Interval) -> dict[int, datetime]:
    """The earliest open time that any product still needs, by instrument id."""
    needed: dict[int, datetime] = {}
    for guard in history_guards:
        for instrument_id, open_time in guard(interval).items():
            needed[instrument_id] = min(open_time, needed.get(instrument_id, open_time))
    return needed


def prune_series(series: Series, days: int, guarded: datetime | None) -> Pruned:
    """Delete the candles of one series older than ``days``, but keep its newest 500 and all from ``guarded`` on.

    Days count back from the newest stored candle, not from today: a recording from last year that is being
    replayed, or a coin delisted long ago, would otherwise shrink to its newest 500 candles in one night.
    Raises ``DatabaseOperationFailed``; batches deleted before that stay deleted.
    """
    with database_errors():
        cutoff = _cutoff(series, days, guarded)
        if cutoff is None:
            return Pruned(0, 0)
        klines = Kline.objects.filter(
            instrument_id=series.instrument_id, interval=series.interval.value, open_time__lt=cutoff
        )
        gaps = KlineGap.objects.filter(
            instrument_id=series.instrument_id, interval=series.interval.value, last_open_time__lt=cutoff
        )
        return Pruned(sum(_delete_in_batches(klines)), gaps.delete()[0])


def prune_job_runs(days: int) -> int:
    """Delete the records of runs that ended more than ``days`` days ago by this machine's clock."""
    limit = timezone.now() - timedelta(days=days)
    with database_errors():
        return sum(_delete_in_batches(JobRun.objects.filter(finished_at__lt=limit)))


def _cutoff(series: Series, days: int, guarded: datetime | None) -> datetime | None:
    """The oldest open time to keep; None when the series is too short to lose anything."""
    newest_first = Kline.objects.filter(instrument_id=series.instrument_id, interval=series.interval.value).order_by(
        "-open_time"
    )
    oldest_kept = newest_first.values_list("open_time", flat=True)[KEPT_CANDLES - 1 : KEPT_CANDLES].first()
    if oldest_kept is None:
        return None
    cutoff = min(oldest_kept, series.newest - timedelta(days=days))
    return cutoff if guarded is None else min(cutoff, guarded)


def _delete_in_batches(rows: QuerySet[Kline] | QuerySet[JobRun]) -> Iterator[int]:
    """Delete batch by batch, each in a transaction of its own."""
    while batch := list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH_ROWS]):
        yield rows.filter(pk__gte=batch[0], pk__lte=batch[-1]).delete()[0]
