"""Reads of monitors for the API and the pages: lists, one monitor, counts and the seven-day trend."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from django.db.models import Count, Prefetch, QuerySet

from monitor.domain.enums import Interval, MarketType
from monitor.domain.money import percent_change
from monitor.models import Instrument
from monitor.selectors.market import normalized_symbol
from volume_trap.domain.enums import TrapStatus
from volume_trap.models import VolumeTrapIndicators, VolumeTrapMonitor, VolumeTrapStateTransition

TREND_DAYS = 7
TREND_FIELDS = {
    "new": "trigger_time",
    "suspected": "suspected_at",
    "confirmed": "confirmed_at",
    "invalidated": "invalidated_at",
}


@dataclass(frozen=True, slots=True)
class MonitorFilters:
    """What a list is narrowed to; None means "any". Times bound the trigger, the end is exclusive."""

    market_type: MarketType | None = None
    status: TrapStatus | None = None
    interval: Interval | None = None
    symbol: str | None = None
    triggered_from: datetime | None = None
    triggered_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class MonitorRow:
    """A monitor with its instrument loaded and the values a list shows beside it."""

    monitor: VolumeTrapMonitor
    latest_indicators: VolumeTrapIndicators | None
    price_change_percent: Decimal | None


@dataclass(frozen=True, slots=True)
class MonitorDetail(MonitorRow):
    """A row with its whole history, oldest first."""

    indicators: tuple[VolumeTrapIndicators, ...]
    transitions: tuple[VolumeTrapStateTransition, ...]


@dataclass(frozen=True, slots=True)
class TrendDay:
    """How many monitors reached each point of their life on one UTC day."""

    date: date
    new: int
    suspected: int
    confirmed: int
    invalidated: int


@dataclass(frozen=True, slots=True)
class MonitorStats:
    """Counts of all monitors, and what happened on each of the seven days that end with the last one."""

    total: int
    by_status: dict[str, int]
    by_interval: dict[str, int]
    by_market_type: dict[str, int]
    trend: tuple[TrendDay, ...]


def list_monitors(filters: MonitorFilters | None = None) -> QuerySet[VolumeTrapMonitor]:
    """Monitors that match, newest trigger first. Bare rows: ``load_rows`` fetches what one page shows."""
    wanted = filters or MonitorFilters()
    queryset = VolumeTrapMonitor.objects.order_by("-trigger_time", "-id")
    conditions = {
        "market_type": wanted.market_type,
        "status": wanted.status,
        "interval": wanted.interval,
        "trigger_time__gte": wanted.triggered_from,
        "trigger_time__lt": wanted.triggered_before,
    }
    queryset = queryset.filter(**{name: value for name, value in conditions.items() if value is not None})
    return queryset if wanted.symbol is None else with_symbol(queryset, wanted.symbol)


def with_symbol(queryset: QuerySet[VolumeTrapMonitor], symbol: str) -> QuerySet[VolumeTrapMonitor]:
    """Only monitors of the symbol, on every exchange and market."""
    instruments = Instrument.objects.filter(symbol=normalized_symbol(symbol))
    # Ids first: the planner then walks the index on (instrument, interval, trigger_time).
    return queryset.filter(instrument_id__in=list(instruments.values_list("pk", flat=True)))


def load_rows(monitor_ids: Sequence[int]) -> list[MonitorRow]:
    """The monitors of one page in the order given, in three queries whatever their number."""
    found = VolumeTrapMonitor.objects.select_related("instrument").in_bulk(monitor_ids)
    latest = _latest_indicators(monitor_ids)
    return [MonitorRow(found[pk], latest.get(pk), price_change_percent(found[pk])) for pk in monitor_ids if pk in found]


def get_monitor(monitor_id: int) -> MonitorDetail:
    """One monitor with its history.

    Raises ``VolumeTrapMonitor.DoesNotExist``.
    """
    monitor = (
        VolumeTrapMonitor.objects.select_related("instrument__exchange")
        .prefetch_related(
            Prefetch("indicators", VolumeTrapIndicators.objects.order_by("snapshot_time", "id")),
            Prefetch("transitions", VolumeTrapStateTransition.objects.order_by("transition_time", "id")),
        )
        .get(pk=monitor_id)
    )
    indicators = tuple(monitor.indicators.all())
    return MonitorDetail(
        monitor=monitor,
        latest_indicators=indicators[-1] if indicators else None,
        price_change_percent=price_change_percent(monitor),
        indicators=indicators,
        transitions=tuple(monitor.transitions.all()),
    )


def price_change_percent(monitor: VolumeTrapMonitor) -> Decimal | None:
    """Current price against the trigger's close in percent, to four places; None while no price is known."""
    current, trigger = monitor.instrument.current_price, monitor.trigger_price
    if current is None or not trigger:
        return None
    return percent_change(trigger, current)


def count_by_status(queryset: QuerySet[VolumeTrapMonitor]) -> dict[str, int]:
    """Number of monitors per status; every status is there."""
    counts = {status.value: 0 for status in TrapStatus}
    counted = queryset.order_by().values_list("status").annotate(number=Count("pk"))
    return counts | dict(counted)


def monitor_stats(last_day: date) -> MonitorStats:
    """Counts of all monitors and the trend of the seven UTC days up to and including ``last_day``."""
    status, interval, market_type = Counter[str](), Counter[str](), Counter[str]()
    groups = VolumeTrapMonitor.objects.order_by().values_list("status", "interval", "market_type")
    for status_value, interval_value, market_value, number in groups.annotate(number=Count("pk")):
        status[status_value] += number
        interval[interval_value] += number
        market_type[market_value] += number
    return MonitorStats(
        total=status.total(),
        by_status={value.value: status[value.value] for value in TrapStatus},
        by_interval={value.value: interval[value.value] for value in Interval},
        by_market_type={value: market_type[value] for value in (MarketType.SPOT, MarketType.FUTURES)},
        trend=_trend(last_day),
    )


def _trend(last_day: date) -> tuple[TrendDay, ...]:
    days = [last_day - timedelta(days=back) for back in reversed(range(TREND_DAYS))]
    counted = {name: _count_by_day(field, days[0], days[-1]) for name, field in TREND_FIELDS.items()}
    return tuple(TrendDay(date=day, **{name: counted[name][day] for name in TREND_FIELDS}) for day in days)


def _count_by_day(field: str, first: date, last: date) -> Counter[date]:
    start = datetime(first.year, first.month, first.day, tzinfo=UTC)
    end = datetime(last.year, last.month, last.day, tzinfo=UTC) + timedelta(days=1)
    moments = VolumeTrapMonitor.objects.filter(**{f"{field}__gte": start, f"{field}__lt": end})
    # Grouped by exact time: all times are candle open times, so seven days hold 168 of them at most.
    counted = moments.order_by().values_list(field).annotate(number=Count("pk"))
    days = Counter[date]()
    for moment, number in counted:
        days[moment.astimezone(UTC).date()] += number
    return days


def _latest_indicators(monitor_ids: Sequence[int]) -> dict[int, VolumeTrapIndicators]:
    snapshots = VolumeTrapIndicators.objects.filter(monitor_id__in=monitor_ids)
    ordered = snapshots.order_by("monitor_id", "snapshot_time", "id")
    return {snapshot.monitor_id: snapshot for snapshot in ordered}
