"""What instruments, candles and errors look like in JSON."""

from typing import Any

from rest_framework import serializers

from monitor.api.exceptions import ErrorCode
from monitor.api.fields import PlainDecimalField
from monitor.api.parameters import parse_moment
from monitor.domain.enums import InstrumentStatus, Interval, MarketType
from monitor.domain.intervals import to_milliseconds
from monitor.domain.money import plain_decimal
from monitor.models import Instrument, Kline

# Named in the schema through SPECTACULAR_SETTINGS["ENUM_NAME_OVERRIDES"].
MARKET_TYPES = [market.value for market in MarketType]
INTERVALS = [interval.value for interval in Interval]
INSTRUMENT_STATUSES = [status.value for status in InstrumentStatus]
MAX_KLINES = 5000
DEFAULT_KLINES = 500


class ErrorBodySerializer(serializers.Serializer[Any]):
    code = serializers.ChoiceField([code.value for code in ErrorCode])
    message = serializers.CharField(help_text="One sentence that says what would be right.")
    details = serializers.DictField(help_text="By parameter for bad parameters; else what helps to react.")


class ErrorSerializer(serializers.Serializer[Any]):
    """Every failure has this shape."""

    error = ErrorBodySerializer()


class InstrumentSerializer(serializers.ModelSerializer[Instrument]):
    exchange = serializers.CharField(source="exchange.code", read_only=True)
    market_type = serializers.ChoiceField(MARKET_TYPES, read_only=True)
    status = serializers.ChoiceField(INSTRUMENT_STATUSES, read_only=True)
    display_symbol = serializers.CharField(read_only=True)
    tick_size = PlainDecimalField(allow_null=True, read_only=True)
    step_size = PlainDecimalField(allow_null=True, read_only=True)
    min_notional = PlainDecimalField(allow_null=True, read_only=True)
    current_price = PlainDecimalField(allow_null=True, read_only=True)

    class Meta:
        model = Instrument
        fields = [
            "id", "exchange", "market_type", "symbol", "display_symbol", "base_asset", "quote_asset", "status",
            "tick_size", "step_size", "min_notional", "current_price", "first_seen", "last_updated",
        ]  # fmt: skip
        read_only_fields = fields


class MomentParameter(serializers.CharField):
    """A day or a time with a zone in a query string."""

    def __init__(self, *, end_of_day: bool, **kwargs: Any) -> None:
        self.end_of_day = end_of_day
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> Any:
        text = super().to_internal_value(data)
        try:
            return parse_moment(text, end_of_day=self.end_of_day)
        except ValueError as error:
            example = "2026-01-31 or 2026-01-31T08:00:00Z"
            raise serializers.ValidationError(
                f"{text[:40]!r} is not a day or a time with a zone, such as {example}."
            ) from error


def _choice(values: list[str]) -> serializers.ChoiceField:
    message = "'{input}' is unknown: use one of " + ", ".join(values) + "."
    return serializers.ChoiceField(values, error_messages={"invalid_choice": message})


class KlineQuerySerializer(serializers.Serializer[Any]):
    """Parameters of the candle endpoint."""

    symbol = serializers.CharField(max_length=64)
    market_type = _choice(MARKET_TYPES)
    interval = _choice(INTERVALS)
    start_time = MomentParameter(end_of_day=False, required=False)
    end_time = MomentParameter(end_of_day=True, required=False)
    limit = serializers.IntegerField(min_value=1, max_value=MAX_KLINES, default=DEFAULT_KLINES)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        start, end = attrs.get("start_time"), attrs.get("end_time")
        if start is not None and end is not None and start > end:
            raise serializers.ValidationError({"start_time": ["Must not be after end_time."]})
        return attrs


class KlineSerializer(serializers.Serializer[Kline]):
    """One closed candle. A chart of thousands is written by ``to_representation`` without a field each."""

    time = serializers.IntegerField(help_text="Open time in epoch seconds, as chart libraries want it.")
    open_time = serializers.DateTimeField()
    open = PlainDecimalField()
    high = PlainDecimalField()
    low = PlainDecimalField()
    close = PlainDecimalField()
    volume = PlainDecimalField(help_text="In base asset.")
    quote_volume = PlainDecimalField(help_text="In quote asset.")
    trade_count = serializers.IntegerField()
    taker_buy_volume = PlainDecimalField()
    taker_buy_quote_volume = PlainDecimalField()

    def to_representation(self, kline: Kline) -> dict[str, Any]:
        return {
            "time": to_milliseconds(kline.open_time) // 1000,
            "open_time": kline.open_time.isoformat().replace("+00:00", "Z"),
            "open": plain_decimal(kline.open),
            "high": plain_decimal(kline.high),
            "low": plain_decimal(kline.low),
            "close": plain_decimal(kline.close),
            "volume": plain_decimal(kline.volume),
            "quote_volume": plain_decimal(kline.quote_volume),
            "trade_count": kline.trade_count,
            "taker_buy_volume": plain_decimal(kline.taker_buy_volume),
            "taker_buy_quote_volume": plain_decimal(kline.taker_buy_quote_volume),
        }


class ChartSerializer(serializers.Serializer[Any]):
    """Candles of one instrument, oldest first."""

    symbol = serializers.CharField()
    display_symbol = serializers.CharField()
    market_type = serializers.ChoiceField(MARKET_TYPES)
    interval = serializers.ChoiceField(INTERVALS)
    is_truncated = serializers.BooleanField(
        help_text="True when older candles of the range were left out because of the limit."
    )
    klines = KlineSerializer(many=True)
