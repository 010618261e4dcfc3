"""The list as most projects write it: a model serializer that follows relations, and COUNT(*) for every page."""

from datetime import datetime, timedelta
from typing import Any

from django.urls import path
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.pagination import PageNumberPagination

from monitor.domain.money import percent_change, plain_decimal
from volume_trap.api.serializers import IndicatorsSerializer
from volume_trap.models import VolumeTrapMonitor

PRICES = ["trigger_price", "trigger_volume", "trigger_kline_high", "trigger_kline_low"]


class PlainSerializer(serializers.ModelSerializer):
    symbol = serializers.CharField(source="instrument.symbol")
    display_symbol = serializers.CharField(source="instrument.display_symbol")
    current_price = serializers.SerializerMethodField()
    price_change_percent = serializers.SerializerMethodField()
    latest_indicators = serializers.SerializerMethodField()

    class Meta:
        model = VolumeTrapMonitor
        fields = [
            "id", "symbol", "display_symbol", "market_type", "interval", "trigger_time", *PRICES, "status",
            "phase_1_passed", "phase_2_passed", "phase_3_passed", "market_wide", "window_expired", "suspected_at",
            "confirmed_at", "invalidated_at", "current_price", "price_change_percent", "latest_indicators",
            "created_at", "updated_at",
        ]  # fmt: skip

    def to_representation(self, instance: VolumeTrapMonitor) -> dict[str, Any]:
        row = super().to_representation(instance)
        return row | {name: plain_decimal(getattr(instance, name)) for name in PRICES}

    def get_current_price(self, row: VolumeTrapMonitor) -> str | None:
        price = row.instrument.current_price
        return None if price is None else plain_decimal(price)

    def get_price_change_percent(self, row: VolumeTrapMonitor) -> str | None:
        price = row.instrument.current_price
        return None if price is None else plain_decimal(percent_change(row.trigger_price, price))

    def get_latest_indicators(self, row: VolumeTrapMonitor) -> Any:
        latest = row.indicators.order_by("snapshot_time", "id").last()
        return None if latest is None else IndicatorsSerializer(latest).data


class PlainPagination(PageNumberPagination):
    page_size = 20
    page_size_query_param = "page_size"
    max_page_size = 100


class PlainListView(ListAPIView):
    serializer_class = PlainSerializer
    pagination_class = PlainPagination
    filter_backends = ()

    def get_queryset(self) -> Any:
        wanted = self.request.query_params.dict()
        queryset = VolumeTrapMonitor.objects.all()
        for name in ("market_type", "status", "interval"):
            if name in wanted:
                queryset = queryset.filter(**{name: wanted[name]})
        if "symbol" in wanted:
            queryset = queryset.filter(instrument__symbol__iexact=wanted["symbol"].replace("/", ""))
        if "start_date" in wanted:
            queryset = queryset.filter(trigger_time__gte=_day(wanted["start_date"]))
        if "end_date" in wanted:
            queryset = queryset.filter(trigger_time__lt=_day(wanted["end_date"]) + timedelta(days=1))
        order = wanted.get("ordering", "-trigger_time")
        return queryset.order_by(order, "-id" if order.startswith("-") else "id")


def _day(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}T00:00:00+00:00")


urlpatterns = [path("api/volume-trap/monitors/", PlainListView.as_view())]
