"""Monitors with their history. Only the scanner writes them, so nothing here can be changed by hand."""

from django.contrib import admin
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from monitor.admin.base import ReadOnlyInline, SymbolSearchAdmin, link_to, link_to_list, plain
from volume_trap.models import VolumeTrapIndicators, VolumeTrapMonitor, VolumeTrapStateTransition


class IndicatorsInline(ReadOnlyInline):
    model = VolumeTrapIndicators
    ordering = ["snapshot_time", "id"]


class TransitionInline(ReadOnlyInline):
    model = VolumeTrapStateTransition
    ordering = ["transition_time", "id"]


@admin.register(VolumeTrapMonitor)
class VolumeTrapMonitorAdmin(SymbolSearchAdmin):
    list_display = [
        "id", "instrument_link", "market_type", "interval", "trigger_time",
        plain("trigger_price", _("trigger price")), "status", "market_wide", "window_expired",
        "suspected_at", "confirmed_at", "invalidated_at", "history",
    ]  # fmt: skip
    list_filter = ["status", "market_type", "interval", "market_wide", "window_expired", "trigger_time"]
    list_select_related = ["instrument"]
    search_fields = ["=instrument__symbol"]
    ordering = ["-trigger_time", "-id"]
    sortable_by = ["trigger_time"]
    inlines = [IndicatorsInline, TransitionInline]

    @admin.display(description=_("instrument"))
    def instrument_link(self, monitor: VolumeTrapMonitor) -> SafeString:
        return link_to(monitor.instrument)

    @admin.display(description=_("history"))
    def history(self, monitor: VolumeTrapMonitor) -> SafeString:
        return link_to_list(VolumeTrapStateTransition, str(_("transitions")), monitor__id__exact=monitor.pk)


class _HistoryAdmin(SymbolSearchAdmin):
    """Rows that belong to one monitor."""

    list_select_related = ["monitor__instrument"]
    search_fields = ["=monitor__instrument__symbol"]
    ordering = ["-id"]
    sortable_by = ()

    @admin.display(description=_("volume trap"))
    def monitor_link(self, row: VolumeTrapIndicators | VolumeTrapStateTransition) -> SafeString:
        return link_to(row.monitor)

    @admin.display(description=_("instrument"))
    def instrument_link(self, row: VolumeTrapIndicators | VolumeTrapStateTransition) -> SafeString:
        return link_to(row.monitor.instrument)


@admin.register(VolumeTrapIndicators)
class VolumeTrapIndicatorsAdmin(_HistoryAdmin):
    list_display = [
        "id", "monitor_link", "instrument_link", "stage", "snapshot_time",
        plain("kline_close_price", _("close")), "rvol_ratio", "amplitude_ratio", "upper_shadow_percent",
        "volume_retention_percent", "obv_divergence",
    ]  # fmt: skip
    list_filter = ["stage", "monitor__market_type", "monitor__interval"]


@admin.register(VolumeTrapStateTransition)
class VolumeTrapStateTransitionAdmin(_HistoryAdmin):
    list_display = [
        "id", "monitor_link", "instrument_link", "from_status", "to_status", "transition_time", "recorded_at",
    ]  # fmt: skip
    list_filter = ["to_status", "monitor__market_type", "monitor__interval"]
