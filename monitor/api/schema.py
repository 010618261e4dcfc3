"""Parts of the API description that several endpoints share."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse

from monitor.api.serializers import (
    DEFAULT_KLINES,
    INSTRUMENT_STATUSES,
    INTERVALS,
    MARKET_TYPES,
    MAX_KLINES,
    ErrorSerializer,
)


def query(
    name: str, description: str, example: Any, *, required: bool = False, kind: type = str, **schema: Any
) -> OpenApiParameter:
    """A query parameter with its meaning and an example."""
    extras = {"type": "integer" if kind is int else "string", **schema}
    return OpenApiParameter(
        name,
        extras,
        OpenApiParameter.QUERY,
        required=required,
        description=description,
        examples=[OpenApiExample("example", value=example)],
    )


_SYMBOL = "Symbol as BTCUSDT or BTC/USDT, in any case."
_DAY_OR_TIME = "A day (2026-01-31, UTC) or a time with a zone (2026-01-31T08:00:00Z)."

SYMBOL = query("symbol", _SYMBOL, "BTC/USDT")
INTERVAL = query("interval", "Candle interval.", "4h", enum=INTERVALS)
INSTRUMENT_PARAMETERS = [
    query("market_type", "Market.", "spot", enum=MARKET_TYPES),
    query("status", "Active or delisted.", "active", enum=INSTRUMENT_STATUSES),
    query("search", "Part of a symbol or of a base asset.", "BTC"),
]
KLINE_PARAMETERS = [
    query("symbol", _SYMBOL, "BTCUSDT", required=True),
    query("market_type", "Market.", "futures", required=True, enum=MARKET_TYPES),
    query("interval", "Candle interval.", "4h", required=True, enum=INTERVALS),
    query("start_time", f"Earliest open time. {_DAY_OR_TIME}", "2026-01-01"),
    query("end_time", f"Latest open time, inclusive; a day counts whole. {_DAY_OR_TIME}", "2026-01-31"),
    query(
        "limit",
        "The newest so many candles of the range.",
        200,
        kind=int,
        minimum=1,
        maximum=MAX_KLINES,
        default=DEFAULT_KLINES,
    ),
]


def start_and_end(what: str) -> list[OpenApiParameter]:
    """``start_date`` and ``end_date`` bounding ``what``."""
    return [
        query("start_date", f"Earliest {what}. {_DAY_OR_TIME}", "2026-01-01"),
        query("end_date", f"Latest {what}, inclusive; a day counts whole. {_DAY_OR_TIME}", "2026-01-31"),
    ]


def errors(*statuses: int) -> dict[int, OpenApiResponse]:
    """The error answers every endpoint can give (401, 429), and the further ones named."""
    meanings = {
        400: "A parameter is unknown or has a value that cannot be.",
        401: "No login and no valid token.",
        404: "There is no such thing.",
        429: "Too many requests; Retry-After says how many seconds to wait.",
    }
    return {
        status: OpenApiResponse(ErrorSerializer, description=meanings[status])
        for status in sorted({401, 429, *statuses})
    }
