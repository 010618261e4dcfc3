"""Validated filters of instruments, and the parts that filters of the other apps are made of."""

from typing import Any

import django_filters
from django.db.models import QuerySet

from monitor.api.parameters import MomentField, choice_error
from monitor.models import Instrument
from monitor.selectors.market import search_instruments

MARKETS = [(market.value, market.label) for market in Instrument.Market]


class MomentFilter(django_filters.Filter):
    """A day or a time with a zone."""

    field_class = MomentField


def choice_filter(choices: list[tuple[str, Any]], **kwargs: Any) -> django_filters.ChoiceFilter:
    """A filter by one of the values; anything else is an error that names them."""
    values = [value for value, _label in choices]
    return django_filters.ChoiceFilter(choices=choices, empty_label=None, error_messages=choice_error(values), **kwargs)


class InstrumentFilterSet(django_filters.FilterSet):
    market_type = choice_filter(MARKETS)
    status = choice_filter(list(Instrument.Status.choices))
    search = django_filters.CharFilter(method="filter_search", max_length=64)

    class Meta:
        model = Instrument
        fields: list[str] = []

    def filter_search(self, queryset: QuerySet[Instrument], _name: str, value: str) -> QuerySet[Instrument]:
        return search_instruments(queryset, value)
