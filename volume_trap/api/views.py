"""Monitors over REST: the list, one monitor, the counts. Read-only."""

from datetime import UTC, datetime
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from monitor.api.parameters import StrictParametersMixin
from monitor.api.schema import INTERVAL, SYMBOL, errors, query, start_and_end
from monitor.domain.enums import MarketType
from volume_trap.api.filters import ALL_MARKETS, ORDERINGS, MonitorFilterSet
from volume_trap.api.serializers import (
    MonitorDetailSerializer,
    MonitorSerializer,
    StatsQuerySerializer,
    StatsSerializer,
)
from volume_trap.domain.enums import TrapStatus
from volume_trap.models import VolumeTrapMonitor
from volume_trap.selectors import get_monitor, list_monitors, load_rows, monitor_stats

_LIST_PARAMETERS = [
    query(
        "market_type",
        "Market; all is the same as leaving it out.",
        "spot",
        enum=[MarketType.SPOT.value, MarketType.FUTURES.value, ALL_MARKETS],
    ),
    query("status", "Stage of the trap.", "pending", enum=[status.value for status in TrapStatus]),
    INTERVAL,
    SYMBOL,
    *start_and_end("trigger time"),
    query(
        "ordering",
        "Order of the list, newest trigger first by default; a minus sign turns it round. Ties go by id.",
        "-trigger_time",
        enum=[f"{sign}{name}" for name in ORDERINGS for sign in ("", "-")],
    ),
]
_STATS_PARAMETERS = [
    query("end_date", "Last UTC day of the seven-day trend, today by default.", "2026-01-31", format="date"),
]


class MonitorListView(StrictParametersMixin, GenericAPIView[Any]):
    """Monitors that match all filters, newest trigger first."""

    serializer_class = MonitorSerializer
    filterset_class = MonitorFilterSet

    def get_queryset(self) -> QuerySet[VolumeTrapMonitor]:
        return list_monitors()

    @extend_schema(
        operation_id="monitors_list",
        parameters=_LIST_PARAMETERS,
        responses={200: MonitorSerializer(many=True), **errors(400, 404)},
    )
    def get(self, request: Request) -> Response:
        ids = self.filter_queryset(self.get_queryset()).values_list("pk", flat=True)
        page = self.paginate_queryset(ids)
        return self.get_paginated_response(self.get_serializer(load_rows(page or []), many=True).data)


class MonitorDetailView(StrictParametersMixin, GenericAPIView[Any]):
    """One monitor with all its indicators and transitions."""

    serializer_class = MonitorDetailSerializer
    pagination_class = None
    filter_backends = ()

    @extend_schema(operation_id="monitors_retrieve", responses={200: MonitorDetailSerializer, **errors(400, 404)})
    def get(self, request: Request, monitor_id: int) -> Response:
        try:
            detail = get_monitor(monitor_id)
        except VolumeTrapMonitor.DoesNotExist as error:
            raise NotFound(f"There is no monitor {monitor_id}.") from error
        return Response(self.get_serializer(detail).data)


class StatsView(StrictParametersMixin, GenericAPIView[Any]):
    """Counts per status, interval and market, and what happened on each of seven days."""

    own_parameters = tuple(StatsQuerySerializer().fields)
    serializer_class = StatsSerializer
    pagination_class = None
    filter_backends = ()

    @extend_schema(
        operation_id="stats_retrieve", parameters=_STATS_PARAMETERS, responses={200: StatsSerializer, **errors(400)}
    )
    def get(self, request: Request) -> Response:
        wanted = StatsQuerySerializer(data=request.query_params)
        wanted.is_valid(raise_exception=True)
        last_day = wanted.validated_data.get("end_date", datetime.now(tz=UTC).date())
        return Response(self.get_serializer(monitor_stats(last_day)).data)
