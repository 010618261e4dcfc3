"""Series in the database, and what the scanner made of them."""

from collections.abc import Callable, Sequence
from io import StringIO
from typing import Any

import numpy as np
import pytest
from django.core.management import call_command

from monitor.domain.enums import Interval, MarketType
from monitor.domain.market_data import Kline
from monitor.models import Instrument
from monitor.services.kline_store import store_klines
from tests.factories.monitor import InstrumentFactory
from volume_trap.domain.thresholds import Thresholds
from volume_trap.models import VolumeTrapIndicators, VolumeTrapMonitor, VolumeTrapStateTransition
from volume_trap.services.scanning import ScanRequest


def klines(table: np.ndarray, interval: Interval = Interval.H4) -> list[Kline]:
    """Rows of (open_time_ms, open, high, low, close, volume) as the exchange would send them."""
    return [
        Kline(
            int(row[0]), *(repr(float(value)) for value in row[1:6]),
            int(row[0]) + interval.milliseconds - 1, "0", 0, "0", "0", "0",
        )
        for row in table
    ]  # fmt: skip


def store(instrument: Instrument, table: np.ndarray) -> None:
    store_klines(instrument.pk, Interval.H4, klines(table))


def request(thresholds: Thresholds | None = None, **options: Any) -> ScanRequest:
    return ScanRequest(MarketType.FUTURES, Interval.H4, thresholds or Thresholds(), **options)


def everything_written() -> dict[str, list[tuple[Any, ...]]]:
    """All rows of the scanner without their ids and wall-clock times, comparable between databases."""
    return {
        "monitors": list(
            VolumeTrapMonitor.objects.order_by("instrument__symbol", "trigger_time").values_list(
                "instrument__symbol", "trigger_time", "trigger_price", "trigger_volume", "trigger_kline_high",
                "trigger_kline_low", "status", "suspected_at", "confirmed_at", "invalidated_at", "window_expired",
                "market_wide", "phase_1_passed", "phase_2_passed", "phase_3_passed",
            )
        ),
        "transitions": list(
            VolumeTrapStateTransition.objects.order_by(
                "monitor__instrument__symbol", "monitor__trigger_time", "transition_time", "to_status"
            ).values_list("monitor__instrument__symbol", "from_status", "to_status", "transition_time", "evidence")
        ),
        "indicators": list(
            VolumeTrapIndicators.objects.order_by("monitor__instrument__symbol", "monitor__trigger_time", "stage")
            .values_list("monitor__instrument__symbol", "stage", "snapshot_time", "rvol_ratio", "price_efficiency",
                         "atr", "kline_close_price")
        ),
    }  # fmt: skip


@pytest.fixture
def instruments(db: None) -> list[Instrument]:
    return [InstrumentFactory(base_asset=name) for name in ("AAA", "BBB", "CCC")]


@pytest.fixture
def run() -> Callable[..., str]:
    """Runs a command and gives what it printed."""

    def call(*arguments: str) -> str:
        out = StringIO()
        call_command(*arguments, stdout=out)
        return out.getvalue()

    return call


def bars_table(bars: Sequence[tuple[float, ...]]) -> np.ndarray:
    from tests.builders import table

    return table(bars)
