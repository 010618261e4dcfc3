"""Instruments, and the two contract pages that show one market of them."""

from django.contrib import admin
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from monitor.admin.base import SymbolSearchAdmin, link_to, link_to_list, plain
from monitor.models import FuturesContract, Instrument, SpotContract


@admin.register(Instrument)
class InstrumentAdmin(SymbolSearchAdmin):
    list_display = [
        "display_symbol", "symbol", "market_type", "exchange_link", "status",
        plain("current_price", _("current price")), plain("tick_size", _("tick size")),
        plain("step_size", _("step size")), "first_seen", "last_updated", "belonging_rows",
    ]  # fmt: skip
    list_filter = ["market_type", "status", "exchange"]
    list_select_related = ["exchange"]
    search_fields = ["symbol", "base_asset"]
    search_help_text = _("Part of a symbol, such as BTC, BTCUSDT or BTC/USDT.")
    ordering = ["market_type", "symbol", "id"]
    readonly_fields = ["belonging_rows"]

    @admin.display(description=_("exchange"), ordering="exchange__name")
    def exchange_link(self, instrument: Instrument) -> SafeString:
        return link_to(instrument.exchange)

    @admin.display(description=_("belonging rows"))
    def belonging_rows(self, instrument: Instrument) -> SafeString:
        """Links to the lists of everything that points at the instrument, the products' tables included."""
        models = [relation.field.model for relation in Instrument._meta.related_objects]
        return format_html_join(
            " · ",
            "{}",
            (
                (link_to_list(model, str(model._meta.verbose_name_plural), instrument__id__exact=instrument.pk),)
                for model in models
            ),
        )


class _ContractAdmin(InstrumentAdmin):
    list_filter = ["status", "exchange"]


@admin.register(SpotContract)
class SpotContractAdmin(_ContractAdmin):
    """Instruments of the spot market."""


@admin.register(FuturesContract)
class FuturesContractAdmin(_ContractAdmin):
    """Instruments of the USDT-M futures market."""
