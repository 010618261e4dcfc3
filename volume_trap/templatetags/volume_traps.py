"""Template tags of the volume-trap pages."""

from typing import Any

from django import template
from django.http import QueryDict
from django.template.context import RequestContext

from monitor.domain.enums import Interval
from monitor.models import Instrument
from monitor.templatetags.interface import evidence_value
from volume_trap import pages
from volume_trap.evidence import EVIDENCE_NAMES, EVIDENCE_WORDS
from volume_trap.models import VolumeTrapMonitor
from volume_trap.selectors import MonitorRow, load_rows

register = template.Library()

TRAPS_SHOWN = 50


@register.inclusion_tag("components/sortable.html", takes_context=True)
def sortable(context: RequestContext, name: str, label: str) -> dict[str, Any]:
    """A column head that sorts by ``name``; a second click turns the order round."""
    ordering = str(context["ordering"])
    current = ordering.removeprefix("-") == name
    descending = current and ordering.startswith("-")
    query: QueryDict = context["request"].GET.copy()
    query["ordering"] = name if descending or not current else f"-{name}"
    query.pop("page", None)
    return {
        "label": label,
        "query": query.urlencode(),
        "sort": ("descending" if descending else "ascending") if current else "",
    }


@register.simple_tag
def traps_of(instrument: Instrument) -> list[MonitorRow]:
    """The newest monitors of one instrument, for pages that know nothing of volume traps."""
    newest = VolumeTrapMonitor.objects.filter(instrument=instrument).order_by("-trigger_time", "-id")
    return load_rows(list(newest.values_list("pk", flat=True)[:TRAPS_SHOWN]))


@register.simple_tag
def instrument_chart(instrument: Instrument, interval: str) -> dict[str, Any]:
    """Chart payload of one instrument with its triggers."""
    return pages.instrument_chart(instrument, Interval(interval))


@register.filter
def evidence_name(name: str) -> str:
    """A key of evidence in the reader's language; unknown ones as they are."""
    label = EVIDENCE_NAMES.get(name)
    return name.replace("_", " ") if label is None else str(label)


@register.filter
def evidence_text(value: Any) -> str:
    """A value of evidence: numbers formatted, known words in the reader's language."""
    if isinstance(value, str) and value in EVIDENCE_WORDS:
        return str(EVIDENCE_WORDS[value])
    if isinstance(value, dict):
        return ", ".join(f"{evidence_name(name)} {evidence_value(item)}" for name, item in value.items())
    return evidence_value(value)
