"""What monitors and their history look like in JSON."""

from datetime import date
from typing import Any

from django.db import models
from rest_framework import serializers

from monitor.api.fields import FiniteFloatField, PlainDecimalField
from monitor.api.serializers import INTERVALS
from monitor.domain.enums import MarketType
from volume_trap.domain.enums import TrapStatus
from volume_trap.models import VolumeTrapIndicators, VolumeTrapStateTransition
from volume_trap.selectors import MonitorRow, MonitorStats, TrendDay

TRAP_STATUSES = [status.value for status in TrapStatus]
TRAP_MARKETS = [MarketType.SPOT.value, MarketType.FUTURES.value]


class IndicatorsSerializer(serializers.ModelSerializer[VolumeTrapIndicators]):
    """Detector values at one decision; a stage fills only its own detectors, the others are null."""

    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.FloatField: FiniteFloatField,
    }
    kline_close_price = PlainDecimalField(read_only=True)

    class Meta:
        model = VolumeTrapIndicators
        fields = [
            "stage", "snapshot_time", "kline_close_price", "rvol_ratio", "amplitude_ratio",
            "upper_shadow_percent", "volume_retention_percent", "key_level", "key_level_breach_percent",
            "price_efficiency", "price_efficiency_baseline", "ma7", "ma25", "ma25_slope_percent", "obv",
            "obv_divergence", "atr", "atr_baseline",
        ]  # fmt: skip
        read_only_fields = fields


class TransitionSerializer(serializers.ModelSerializer[VolumeTrapStateTransition]):
    """One step of a monitor's life; ``from_status`` is empty for its creation."""

    evidence = serializers.DictField(help_text="The values that decided.", read_only=True)
    to_status = serializers.ChoiceField(TRAP_STATUSES, read_only=True)

    class Meta:
        model = VolumeTrapStateTransition
        fields = ["from_status", "to_status", "transition_time", "evidence", "recorded_at"]
        read_only_fields = fields


class MonitorSerializer(serializers.Serializer[MonitorRow]):
    """One monitor of a list. Prices are plain decimal strings."""

    id = serializers.IntegerField(source="monitor.id")
    symbol = serializers.CharField(source="monitor.instrument.symbol")
    display_symbol = serializers.CharField(source="monitor.instrument.display_symbol")
    market_type = serializers.ChoiceField(TRAP_MARKETS, source="monitor.market_type")
    interval = serializers.ChoiceField(INTERVALS, source="monitor.interval")
    trigger_time = serializers.DateTimeField(
        source="monitor.trigger_time", help_text="Open time of the trigger candle, like all times of a monitor."
    )
    trigger_price = PlainDecimalField(source="monitor.trigger_price", help_text="Close of the trigger candle.")
    trigger_volume = PlainDecimalField(source="monitor.trigger_volume", help_text="In base asset.")
    trigger_kline_high = PlainDecimalField(source="monitor.trigger_kline_high")
    trigger_kline_low = PlainDecimalField(source="monitor.trigger_kline_low")
    status = serializers.ChoiceField(TRAP_STATUSES, source="monitor.status")
    phase_1_passed = serializers.BooleanField(source="monitor.phase_1_passed")
    phase_2_passed = serializers.BooleanField(source="monitor.phase_2_passed")
    phase_3_passed = serializers.BooleanField(source="monitor.phase_3_passed")
    market_wide = serializers.BooleanField(
        source="monitor.market_wide", help_text="So many symbols triggered on this candle that it is no news."
    )
    window_expired = serializers.BooleanField(
        source="monitor.window_expired", help_text="Only a price recovery can still end this monitor."
    )
    suspected_at = serializers.DateTimeField(source="monitor.suspected_at", allow_null=True)
    confirmed_at = serializers.DateTimeField(source="monitor.confirmed_at", allow_null=True)
    invalidated_at = serializers.DateTimeField(source="monitor.invalidated_at", allow_null=True)
    current_price = PlainDecimalField(source="monitor.instrument.current_price", allow_null=True)
    price_change_percent = PlainDecimalField(
        allow_null=True, help_text="Current price against trigger price, 2 means 2 %."
    )
    latest_indicators = IndicatorsSerializer(allow_null=True, help_text="The newest snapshot.")
    created_at = serializers.DateTimeField(source="monitor.created_at")
    updated_at = serializers.DateTimeField(source="monitor.updated_at")


class MonitorDetailSerializer(MonitorSerializer):
    """One monitor with everything that was measured and decided, oldest first."""

    indicators = IndicatorsSerializer(many=True)
    transitions = TransitionSerializer(many=True)


class TrendDaySerializer(serializers.Serializer[TrendDay]):
    date = serializers.DateField(help_text="UTC day.")
    new = serializers.IntegerField()
    suspected = serializers.IntegerField()
    confirmed = serializers.IntegerField()
    invalidated = serializers.IntegerField()


class StatusCountsSerializer(serializers.Serializer[dict[str, int]]):
    pending = serializers.IntegerField()
    suspected_abandonment = serializers.IntegerField()
    confirmed_abandonment = serializers.IntegerField()
    invalidated = serializers.IntegerField()


class StatsSerializer(serializers.Serializer[MonitorStats]):
    """Counts of all monitors, and the seven UTC days that end with ``end_date``."""

    total = serializers.IntegerField()
    by_status = StatusCountsSerializer()
    by_interval = serializers.DictField(child=serializers.IntegerField())
    by_market_type = serializers.DictField(child=serializers.IntegerField())
    trend = TrendDaySerializer(many=True)


class StatsQuerySerializer(serializers.Serializer[Any]):
    """Parameters of the statistics endpoint."""

    end_date = serializers.DateField(required=False, input_formats=["%Y-%m-%d"])

    def validate_end_date(self, value: date) -> date:
        """Refuse days around which a week cannot be counted."""
        if not date(1970, 1, 8) <= value <= date(9000, 1, 1):
            raise serializers.ValidationError("Use a day from 1970-01-08 to 9000-01-01.")
        return value
