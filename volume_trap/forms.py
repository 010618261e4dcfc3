"""The filters of the monitor pool: what may stand in its address, and what a wrong value is told."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from monitor.domain.enums import Interval, MarketType
from monitor.models import Instrument
from volume_trap.domain.enums import TrapStatus
from volume_trap.models import INTERVAL_CHOICES, VolumeTrapMonitor
from volume_trap.selectors import MonitorFilters, normalized_symbol

PAGE_SIZES = (20, 50, 100)
DEFAULT_ORDERING = "-trigger_time"
# Prices are stored as exact text on SQLite, so only these columns can be sorted by the database.
ORDERINGS = {
    "symbol": "instrument__symbol",
    "market_type": "market_type",
    "interval": "interval",
    "status": "status",
    "trigger_time": "trigger_time",
}
_MARKETS = [(value, capfirst(label)) for value, label in Instrument.Market.choices if value != MarketType.ALPHA.value]
_STATUSES = [(value, capfirst(label)) for value, label in VolumeTrapMonitor.Status.choices]


def _select(label: Any, choices: list[tuple[Any, Any]]) -> forms.ChoiceField:
    widget = forms.Select(attrs={"class": "form-select"})
    return forms.ChoiceField(label=label, choices=choices, required=False, widget=widget)


def _day(label: Any) -> forms.DateField:
    widget = forms.DateInput(attrs={"class": "form-control", "type": "date"}, format="%Y-%m-%d")
    message = _("Write a date such as 2026-01-31.")
    return forms.DateField(
        label=label,
        required=False,
        widget=widget,
        input_formats=["%Y-%m-%d"],
        error_messages={"invalid": message},
    )


class TrapFilterForm(forms.Form):
    """Bound to the query string; every field is optional."""

    market_type = _select(_("Market"), [("", _("All markets")), *_MARKETS])
    status = _select(_("Status"), [("", _("All statuses")), *_STATUSES])
    interval = _select(_("Interval"), [("", _("All intervals")), *INTERVAL_CHOICES])
    symbol = forms.CharField(
        label=_("Symbol"),
        required=False,
        max_length=64,
        widget=forms.TextInput(
            attrs={
                "class": "form-control",
                "placeholder": "BTCUSDT",
                "autocomplete": "off",
                "spellcheck": "false",
            }
        ),
    )
    start_date = _day(_("Triggered from"))
    end_date = _day(_("Triggered until"))
    page_size = _select(_("Rows"), [(str(size), str(size)) for size in PAGE_SIZES])
    ordering = forms.ChoiceField(
        required=False,
        widget=forms.HiddenInput,
        choices=[(f"{sign}{name}", name) for name in ORDERINGS for sign in ("", "-")],
    )

    error_css_class: ClassVar[str] = "is-invalid"

    def clean_symbol(self) -> str:
        """The exchange's own string; BTC alone means its USDT pair."""
        symbol = normalized_symbol(self.cleaned_data["symbol"])
        if not symbol:
            return ""
        for candidate in (symbol, f"{symbol}USDT"):
            if Instrument.objects.filter(symbol=candidate).exists():
                return candidate
        raise ValidationError(
            _("No instrument is called %(symbol)s. Write it as the exchange does, such as BTCUSDT."),
            params={"symbol": symbol},
        )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        first, last = cleaned.get("start_date"), cleaned.get("end_date")
        if first and last and first > last:
            self.add_error("end_date", _("The last day must not be before the first."))
        return cleaned

    def filters(self) -> MonitorFilters:
        """The selector's filters; only for a valid form."""
        data = self.cleaned_data
        last_day = data["end_date"]
        return MonitorFilters(
            market_type=MarketType(data["market_type"]) if data["market_type"] else None,
            status=TrapStatus(data["status"]) if data["status"] else None,
            interval=Interval(data["interval"]) if data["interval"] else None,
            symbol=data["symbol"] or None,
            triggered_from=_midnight(data["start_date"]),
            triggered_before=_midnight(last_day + timedelta(days=1)) if last_day else None,
        )

    def order_by(self) -> tuple[str, str]:
        """Columns of a total order: the wanted one, then the newest row."""
        ordering = self.cleaned_data["ordering"] or DEFAULT_ORDERING
        sign, name = ("-", ordering[1:]) if ordering.startswith("-") else ("", ordering)
        return f"{sign}{ORDERINGS[name]}", "-id"

    def rows_per_page(self) -> int:
        return int(self.cleaned_data["page_size"] or PAGE_SIZES[0])

    def active_count(self) -> int:
        """How many filters narrow the list."""
        narrowing = ("market_type", "status", "interval", "symbol", "start_date", "end_date")
        return sum(bool(self.data.get(name)) for name in narrowing)


def _midnight(day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day, time.min, tzinfo=UTC)
