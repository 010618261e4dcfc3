"""How every page writes a number, a moment and an icon: one way each, so that no page invents its own."""

from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal
from math import isinf, isnan
from typing import Any

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from monitor.labels import COUNT_NAMES
from monitor.models import JobRun

register = template.Library()

MISSING = "–"
MINUS = "−"
_STEPS = ((10**12, "T"), (10**9, "B"), (10**6, "M"), (10**3, "K"))


@register.simple_tag
def icon(name: str) -> SafeString:
    """A decorative icon; the text beside it carries the meaning."""
    sprite = static("vendor/bootstrap-icons/sprite.svg")
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>', sprite, name)


@register.simple_tag
def moment(value: datetime | None) -> SafeString | str:
    """A time in UTC that the page rewrites to the viewer's zone; the title keeps UTC."""
    if value is None:
        return MISSING
    utc = value.astimezone(UTC)
    text = f"{utc:%Y-%m-%d %H:%M} UTC"
    return format_html('<time datetime="{}" title="{}" data-local>{}</time>', f"{utc:%Y-%m-%dT%H:%M:%SZ}", text, text)


@register.filter
def price(value: Decimal | None) -> str:
    """Every digit of a price, without exponent or trailing zeros: 0.00001234, 64,250.5."""
    if value is None:
        return MISSING
    return _signed(f"{_trimmed(Decimal(value)):,f}")


@register.filter
def figure(value: float | Decimal | None, digits: int = 5) -> str:
    """A calculated number to ``digits`` significant digits, never as an exponent."""
    if value is None or isnan(value):
        return MISSING
    if isinf(value):
        return "∞"
    rounded = Context(prec=int(digits), rounding=ROUND_HALF_EVEN).create_decimal(Decimal(str(value)))
    return _signed(f"{_trimmed(rounded):,f}")


@register.filter
def percent(value: float | Decimal | None, decimals: int = 2) -> str:
    """A percentage (2 means 2 %)."""
    return MISSING if value is None else _signed(f"{Decimal(str(value)):,.{int(decimals)}f} %")


@register.filter
def change(value: float | Decimal | None) -> str:
    """A percentage with its sign written out, also when it is a rise."""
    if value is None:
        return MISSING
    text = percent(value)
    return f"+{text}" if Decimal(str(value)) > 0 else text


@register.filter
def direction(value: float | Decimal | None) -> str:
    """The class that colours a change."""
    if not value:
        return ""
    return "up" if value > 0 else "down"


@register.filter
def compact(value: float | Decimal | None) -> str:
    """A large amount to four significant digits with K, M, B or T."""
    if value is None:
        return MISSING
    number = Decimal(str(value))
    for size, letter in _STEPS:
        if abs(number) >= size:
            return f"{figure(number / size, 4)} {letter}"
    return figure(number, 4)


@register.filter
def count_name(name: str) -> str:
    """A key of a job's counts in the reader's language; unknown ones as words."""
    return str(COUNT_NAMES.get(name, name.replace("_", " ")))


@register.filter
def job_title(run: JobRun) -> str:
    """The command and what it ran for: scan_volume_traps futures 4h."""
    name, *scope = run.job.split(":")
    return " ".join([run.summary.get("command", name), *scope])


@register.filter
def evidence_value(value: Any) -> str:
    """One value of a transition's evidence, which may be any JSON."""
    if value is None:
        return MISSING
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, int | float):
        return figure(value, 7)
    if isinstance(value, dict):
        return ", ".join(f"{name} {evidence_value(item)}" for name, item in value.items()) or MISSING
    if isinstance(value, list | tuple):
        return ", ".join(evidence_value(item) for item in value) or MISSING
    return str(value)


def _trimmed(number: Decimal) -> Decimal:
    """Without trailing zeros, and without the exponent that ``normalize`` gives to 100."""
    trimmed = number.normalize(Context(prec=60))
    return trimmed.quantize(Decimal(1)) if trimmed == trimmed.to_integral_value() else trimmed


def _signed(text: str) -> str:
    return text.replace("-", MINUS)
