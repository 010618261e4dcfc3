"""Validated parameters of the monitor list; the selector does the filtering."""

from datetime import UTC, datetime, timedelta

import django_filters
from django.db.models import QuerySet

from monitor.api.filters import MomentFilter, choice_filter
from monitor.api.parameters import choice_error
from monitor.domain.enums import Interval, MarketType
from volume_trap.domain.enums import TrapStatus
from volume_trap.models import INTERVAL_CHOICES, VolumeTrapMonitor
from volume_trap.selectors import MonitorFilters, list_monitors

ALL_MARKETS = "all"
MARKET_CHOICES = [(value, value) for value in (MarketType.SPOT.value, MarketType.FUTURES.value, ALL_MARKETS)]
# Only orders that an index serves, so that the deepest page stays cheap.
ORDERINGS = ["trigger_time", "id"]
_LAST_MOMENT = datetime.max.replace(tzinfo=UTC)


class MonitorFilterSet(django_filters.FilterSet):
    market_type = choice_filter(MARKET_CHOICES)
    status = choice_filter(list(VolumeTrapMonitor.Status.choices))
    interval = choice_filter(INTERVAL_CHOICES)
    symbol = django_filters.CharFilter(max_length=64)
    start_date = MomentFilter("trigger_time")
    end_date = MomentFilter("trigger_time", end_of_day=True)
    ordering = django_filters.OrderingFilter(
        fields=ORDERINGS,
        error_messages=choice_error(f"{sign}{name}" for name in ORDERINGS for sign in ("", "-")),
    )

    class Meta:
        model = VolumeTrapMonitor
        fields: list[str] = []

    def is_valid(self) -> bool:
        """Also refuse a start after the end."""
        valid = super().is_valid()
        start, end = (self.form.cleaned_data.get(name) for name in ("start_date", "end_date"))
        if start is not None and end is not None and start > end:
            self.form.add_error("start_date", "Must not be after end_date.")
            return False
        return valid

    def filter_queryset(self, _queryset: QuerySet[VolumeTrapMonitor]) -> QuerySet[VolumeTrapMonitor]:
        """The selector's list for the given parameters; the queryset of the view only names the model."""
        given = self.form.cleaned_data
        market_type, status, interval = (given[name] for name in ("market_type", "status", "interval"))
        chosen = MonitorFilters(
            market_type=MarketType(market_type) if market_type not in ("", ALL_MARKETS) else None,
            status=TrapStatus(status) if status else None,
            interval=Interval(interval) if interval else None,
            symbol=given["symbol"] or None,
            triggered_from=given["start_date"],
            triggered_before=_just_after(given["end_date"]),
        )
        return list_monitors(chosen).order_by(*(given["ordering"] or ("-trigger_time", "-id")))


def _just_after(moment: datetime | None) -> datetime | None:
    """The selector's end is exclusive, the parameter's inclusive."""
    return moment + min(timedelta(microseconds=1), _LAST_MOMENT - moment) if moment else None
