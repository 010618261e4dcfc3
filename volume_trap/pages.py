"""What the pages show, put together from selectors; views only pick a template for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from monitor.charts import ChartPeriod, Line, Mark, chart_of
from monitor.domain.enums import Interval
from monitor.models import Instrument, JobRun
from monitor.selectors.jobs import any_run_since, has_succeeded, last_success, running_jobs
from volume_trap.conf import thresholds
from volume_trap.domain.enums import Stage, TrapStatus
from volume_trap.forms import DEFAULT_ORDERING, TrapFilterForm
from volume_trap.models import VolumeTrapIndicators, VolumeTrapMonitor
from volume_trap.readings import StageReading, read_stages, thresholds_in_force
from volume_trap.selectors import (
    MonitorDetail,
    MonitorFilters,
    MonitorRow,
    count_by_status,
    get_monitor,
    list_monitors,
    load_rows,
)

SCAN_COMMAND = "scan_volume_traps"
FILLING_REFRESH_SECONDS = 3
REFRESH_SECONDS = 30
BETWEEN_TWO_JOBS = timedelta(minutes=1)
TRIGGER = "trigger"


@dataclass(frozen=True, slots=True)
class Tile:
    """One status with its count, which is also a filter; ``status`` is empty for all of them."""

    status: str
    label: str
    count: int
    is_current: bool


@dataclass(frozen=True, slots=True)
class ListRow:
    """A row of the pool and the relative volume of its trigger candle."""

    row: MonitorRow
    rvol_ratio: float | None


class _CountedPaginator(Paginator):
    """The tiles have counted already."""

    def __init__(self, queryset: QuerySet[VolumeTrapMonitor], per_page: int, total: int) -> None:
        super().__init__(queryset, per_page)
        self._total = total

    @cached_property
    def count(self) -> int:
        return self._total


def trap_list_page(query: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Context of the pool of monitors. A wrong filter value gives the explained form and no rows."""
    form = TrapFilterForm(query)
    context = {"form": form, "ordering": DEFAULT_ORDERING, **_filling(now)}
    if form.is_valid():
        context |= _results(form, query.get("page"))
    return context


def _results(form: TrapFilterForm, page_number: str | None) -> dict[str, Any]:
    filters = form.filters()
    counts = count_by_status(list_monitors(_any_status(filters)))
    total = counts[filters.status.value] if filters.status else sum(counts.values())
    queryset = list_monitors(filters).order_by(*form.order_by())
    page = _CountedPaginator(queryset, form.rows_per_page(), total).get_page(page_number)
    return {
        "tiles": _tiles(counts, filters.status.value if filters.status else ""),
        "page": page,
        "rows": _rows(page),
        "ordering": form.cleaned_data["ordering"] or DEFAULT_ORDERING,
    }


def _any_status(filters: MonitorFilters) -> MonitorFilters:
    return MonitorFilters(
        market_type=filters.market_type,
        interval=filters.interval,
        symbol=filters.symbol,
        triggered_from=filters.triggered_from,
        triggered_before=filters.triggered_before,
    )


def _tiles(counts: dict[str, int], current: str) -> list[Tile]:
    every = Tile("", "", sum(counts.values()), is_current=not current)
    statuses = VolumeTrapMonitor.Status
    return [every] + [
        Tile(status.value, str(status.label), counts[status.value], is_current=current == status.value)
        for status in statuses
    ]


def _rows(page: Page) -> list[ListRow]:
    ids = [monitor.pk for monitor in page.object_list]
    discoveries = VolumeTrapIndicators.objects.filter(monitor_id__in=ids, stage=Stage.DISCOVERY.value)
    rvol = dict(discoveries.values_list("monitor_id", "rvol_ratio"))
    return [ListRow(row, rvol.get(row.monitor.pk)) for row in load_rows(ids)]


def _filling(now: datetime) -> dict[str, Any]:
    """Until the first scan has succeeded, jobs at work mean that the database is being filled."""
    last_scan = last_success(SCAN_COMMAND, now)
    scanned = last_scan is not None or has_succeeded(SCAN_COMMAND)
    running: list[JobRun] = [] if scanned else list(running_jobs(now))
    return {
        "last_scan": last_scan,
        "is_filling": bool(running) or (not scanned and any_run_since(now - BETWEEN_TWO_JOBS)),
        "filling_jobs": running,
        "refresh_seconds": REFRESH_SECONDS if scanned else FILLING_REFRESH_SECONDS,
    }


def trap_detail_page(monitor_id: int) -> dict[str, Any]:
    """Context of one monitor.

    Raises ``VolumeTrapMonitor.DoesNotExist``.
    """
    detail = get_monitor(monitor_id)
    older, newer = neighbours(detail.monitor)
    return {
        "detail": detail,
        "monitor": detail.monitor,
        "stages": _stages(detail),
        "chart": trap_chart(detail.monitor),
        "older": older,
        "newer": newer,
    }


def _stages(detail: MonitorDetail) -> list[StageReading]:
    return read_stages(detail.indicators, thresholds_in_force(detail.transitions, thresholds()))


def neighbours(monitor: VolumeTrapMonitor) -> tuple[VolumeTrapMonitor | None, VolumeTrapMonitor | None]:
    """The monitors before and after this one on the same instrument and interval."""
    series = VolumeTrapMonitor.objects.filter(instrument_id=monitor.instrument_id, interval=monitor.interval)
    older = series.filter(trigger_time__lt=monitor.trigger_time).order_by("-trigger_time").first()
    newer = series.filter(trigger_time__gt=monitor.trigger_time).order_by("trigger_time").first()
    return older, newer


def trap_chart(monitor: VolumeTrapMonitor) -> dict[str, Any]:
    """The candles around one monitor's life with everything that was decided on them."""
    marks = _marks(monitor)
    moments = [moment for moment in _decided_at(monitor).values() if moment]
    lines: list[Line] = [
        {
            "kind": "trigger_price",
            "price": format(monitor.trigger_price, "f"),
            "label": _("trigger close"),
        },
        {
            "kind": "key_level",
            "price": format(monitor.trigger_kline_low, "f"),
            "label": _("key level"),
        },
    ]
    return chart_of(monitor.instrument, ChartPeriod(Interval(monitor.interval), moments), marks, lines)


def instrument_chart(instrument: Instrument, interval: Interval) -> dict[str, Any]:
    """The newest candles of an instrument with the triggers on them."""
    series = VolumeTrapMonitor.objects.filter(instrument=instrument, interval=interval.value)
    moments = series.order_by("trigger_time").values_list("trigger_time", flat=True)
    marks = [_mark(TRIGGER, moment) for moment in moments]
    return chart_of(instrument, ChartPeriod(interval), marks)


def _decided_at(monitor: VolumeTrapMonitor) -> dict[str, datetime | None]:
    return {
        TRIGGER: monitor.trigger_time,
        TrapStatus.SUSPECTED.value: monitor.suspected_at,
        TrapStatus.CONFIRMED.value: monitor.confirmed_at,
        TrapStatus.INVALIDATED.value: monitor.invalidated_at,
    }


def _marks(monitor: VolumeTrapMonitor) -> list[Mark]:
    return [_mark(kind, moment) for kind, moment in _decided_at(monitor).items() if moment]


def _mark(kind: str, moment: datetime) -> Mark:
    labels = {
        TRIGGER: _("trigger"),
        TrapStatus.SUSPECTED.value: _("suspected"),
        TrapStatus.CONFIRMED.value: _("confirmed"),
        TrapStatus.INVALIDATED.value: _("invalidated"),
    }
    return {"kind": kind, "time": int(moment.timestamp()), "label": labels[kind]}
