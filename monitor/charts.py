"""What the chart component is told: where the candles are, and what to draw upon them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypedDict
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import pgettext

from monitor.domain.enums import Interval
from monitor.models import Instrument

BARS_BEFORE = 120
BARS_AFTER = 60
MOST_BARS = 4_900  # the candle endpoint gives 5,000 at most


class Mark(TypedDict):
    """A decision on one candle; ``time`` in epoch seconds."""

    kind: str
    time: int
    label: str


class Line(TypedDict):
    """A price level; ``price`` as exact text."""

    kind: str
    price: str
    label: str


@dataclass(frozen=True, slots=True)
class ChartPeriod:
    """The candles around some moments: from before the first to after the last of them."""

    interval: Interval
    moments: Sequence[datetime] = field(default_factory=list)

    def parameters(self) -> dict[str, str]:
        if not self.moments:
            return {}
        bar = self.interval.duration
        start = min(self.moments) - BARS_BEFORE * bar
        end = min(max(self.moments) + BARS_AFTER * bar, start + MOST_BARS * bar)
        return {"start_time": _iso(start), "end_time": _iso(end), "limit": "5000"}


def chart_of(
    instrument: Instrument, period: ChartPeriod, marks: Sequence[Mark] = (), lines: Sequence[Line] = ()
) -> dict[str, Any]:
    """The payload of ``components/chart.html``; marks stand in order of time, ``focus`` is the candle to begin with."""
    market, interval = instrument.market_type, period.interval.value
    query = {"symbol": instrument.symbol, "market_type": market, "interval": interval, **period.parameters()}
    command = f"update_klines --interval {interval} --market-type {market} --symbol {instrument.symbol}"
    return {
        "klines_url": f"{reverse('volume_trap_api:klines')}?{urlencode(query)}",
        "command": f"python manage.py {command}",
        "focus": int(min(period.moments).timestamp()) if period.moments else None,
        "marks": list(marks),
        "lines": list(lines),
        "labels": {
            "time": pgettext("candle", "Time"),
            "open": pgettext("candle", "Open"),
            "high": pgettext("candle", "High"),
            "low": pgettext("candle", "Low"),
            "close": pgettext("candle", "Close"),
            "volume": pgettext("candle", "Volume"),
        },
    }


def _iso(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
