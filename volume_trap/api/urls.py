"""Everything below /api/volume-trap/."""

from django.urls import path, register_converter
from django.urls.converters import IntConverter

from monitor.api.views import InstrumentListView, KlineListView
from volume_trap.api.views import MonitorDetailView, MonitorListView, StatsView


class RowIdConverter(IntConverter):
    """A number that fits into an id column of either database."""

    regex = "[0-9]{1,18}"


register_converter(RowIdConverter, "row_id")

app_name = "volume_trap_api"
urlpatterns = [
    path("monitors/", MonitorListView.as_view(), name="monitors"),
    path("monitors/<row_id:monitor_id>/", MonitorDetailView.as_view(), name="monitor"),
    path("stats/", StatsView.as_view(), name="stats"),
    path("klines/", KlineListView.as_view(), name="klines"),
    path("instruments/", InstrumentListView.as_view(), name="instruments"),
]
