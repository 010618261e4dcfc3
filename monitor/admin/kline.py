"""Candles, known holes, and how far each reader has come.

No column sorts: with a million candles every order but that of the key would sort them all.
"""

from django.contrib import admin
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from monitor.admin.base import SymbolSearchAdmin, link_to, plain
from monitor.models import Kline, KlineGap, SeriesCursor


class _SeriesAdmin(SymbolSearchAdmin):
    """Rows of one instrument and interval."""

    list_filter = ["interval", "instrument__market_type"]
    list_select_related = ["instrument"]
    search_fields = ["=instrument__symbol"]
    ordering = ["-id"]
    sortable_by = ()
    list_display_links = ["id"]

    @admin.display(description=_("instrument"))
    def instrument_link(self, row: Kline | KlineGap | SeriesCursor) -> SafeString:
        return link_to(row.instrument)


@admin.register(Kline)
class KlineAdmin(_SeriesAdmin):
    list_display = [
        "id", "instrument_link", "interval", "open_time",
        plain("open", _("open")), plain("high", _("high")), plain("low", _("low")), plain("close", _("close")),
        plain("volume", _("volume")), "trade_count",
    ]  # fmt: skip


@admin.register(KlineGap)
class KlineGapAdmin(_SeriesAdmin):
    list_display = ["id", "instrument_link", "interval", "first_open_time", "last_open_time", "confirmed_at"]


@admin.register(SeriesCursor)
class SeriesCursorAdmin(_SeriesAdmin):
    list_display = ["id", "reader", "instrument_link", "interval", "position", "generation"]
    list_filter = ["reader", "interval", "instrument__market_type"]
