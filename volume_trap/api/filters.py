"""Validated filters of monitors."""

from typing import Any

import django_filters
from django.db.models import QuerySet

from monitor.api.filters import MomentFilter, choice_filter
from monitor.api.parameters import choice_error
from monitor.domain.enums import MarketType
from volume_trap.models import INTERVAL_CHOICES, VolumeTrapMonitor
from volume_trap.selectors import with_symbol

ALL_MARKETS = "all"
MARKET_CHOICES = [(value, value) for value in (MarketType.SPOT.value, MarketType.FUTURES.value, ALL_MARKETS)]
# Only orders that an index serves, so that the deepest page stays cheap.
ORDERINGS = ["trigger_time", "id"]


class MonitorFilters(django_filters.FilterSet):
    market_type = choice_filter(MARKET_CHOICES, method="filter_market_type")
    status = choice_filter(list(VolumeTrapMonitor.Status.choices))
    interval = choice_filter(INTERVAL_CHOICES)
    symbol = django_filters.CharFilter(method="filter_symbol", max_length=64)
    start_date = MomentFilter(field_name="trigger_time", lookup_expr="gte")
    end_date = MomentFilter(field_name="trigger_time", lookup_expr="lte", end_of_day=True)
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

    def filter_market_type(
        self, queryset: QuerySet[VolumeTrapMonitor], _name: str, value: str
    ) -> QuerySet[VolumeTrapMonitor]:
        return queryset if value == ALL_MARKETS else queryset.filter(market_type=value)

    def filter_symbol(
        self, queryset: QuerySet[VolumeTrapMonitor], _name: str, value: Any
    ) -> QuerySet[VolumeTrapMonitor]:
        return with_symbol(queryset, value)
