"""Pruning: what is old goes, what is recent, scarce or still needed stays."""

import io
import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor import registry
from monitor.domain.enums import Interval
from monitor.domain.intervals import from_milliseconds
from monitor.domain.market_data import Kline as Candle
from monitor.models import Instrument, JobRun, Kline, KlineGap
from monitor.services import history
from monitor.services.history import KEPT_CANDLES
from monitor.services.kline_store import store_klines
from tests.factories.monitor import InstrumentFactory, JobRunFactory, KlineGapFactory

pytestmark = pytest.mark.django_db

START_MS = 1_577_836_800_000  # 2020: years before any clock this runs under
START = from_milliseconds(START_MS)


@pytest.fixture(autouse=True)
def guards(monkeypatch: pytest.MonkeyPatch) -> list[registry.HistoryGuard]:
    """Only the guards of the test itself."""
    registered: list[registry.HistoryGuard] = []
    monkeypatch.setattr(registry, "history_guards", registered)
    monkeypatch.setattr(history, "history_guards", registered)
    return registered


def series(count: int, interval: Interval = Interval.H4, instrument: Instrument | None = None) -> Instrument:
    """An instrument with ``count`` consecutive candles."""
    instrument = instrument or InstrumentFactory()
    step = interval.milliseconds
    candles = [
        Candle(
            open_time_ms=START_MS + index * step,
            open="1",
            high="2",
            low="1",
            close="2",
            volume="1",
            close_time_ms=START_MS + (index + 1) * step - 1,
            quote_volume="1",
            trade_count=1,
            taker_buy_volume="0",
            taker_buy_quote_volume="0",
            ignore="0",
        )
        for index in range(count)
    ]
    store_klines(instrument.pk, interval, candles)
    return instrument


def prune(days: int = 180) -> dict[str, Any]:
    out = io.StringIO()
    call_command("prune_history", days=days, json=True, stdout=out)
    return json.loads(out.getvalue())["counts"]


def oldest_index(instrument: Instrument, interval: Interval = Interval.H4) -> float:
    oldest = Kline.objects.filter(instrument=instrument, interval=interval.value).order_by("open_time")[0]
    return (oldest.open_time - START) / interval.duration


def test_candles_older_than_the_days_kept_go() -> None:
    instrument = series(2_000)
    assert prune(180)["klines_deleted"] == 2_000 - 180 * 6 - 1
    assert oldest_index(instrument) == 1_999 - 180 * 6
    assert prune(180)["klines_deleted"] == 0


def test_days_count_back_from_the_newest_candle_of_the_series_not_from_today() -> None:
    instrument = series(700)  # all of them years old
    assert prune(180)["klines_deleted"] == 0
    assert instrument.klines.count() == 700


def test_the_newest_500_candles_stay_however_old_they_are() -> None:
    instrument = series(800)
    prune(1)
    assert instrument.klines.count() == KEPT_CANDLES == 500
    assert oldest_index(instrument) == 300


def test_a_short_series_loses_nothing() -> None:
    instrument = series(499)
    assert prune(1)["klines_deleted"] == 0
    assert instrument.klines.count() == 499


def test_every_interval_is_a_series_of_its_own() -> None:
    instrument = series(800, Interval.H4)
    series(700, Interval.H1, instrument)
    assert prune(1)["series"] == 2
    assert oldest_index(instrument, Interval.H4) == 300
    assert oldest_index(instrument, Interval.H1) == 200


def test_what_a_product_still_needs_stays(guards: list[registry.HistoryGuard]) -> None:
    watched, other = series(800), series(800)

    def guard(interval: Interval) -> dict[int, datetime]:
        return {watched.pk: START + 100 * interval.duration} if interval is Interval.H4 else {}

    guards.append(guard)
    prune(1)
    assert (oldest_index(watched), oldest_index(other)) == (100, 300)


def test_the_earliest_need_of_several_products_counts(guards: list[registry.HistoryGuard]) -> None:
    instrument = series(800)
    guards += [
        lambda interval, index=index: {instrument.pk: START + index * interval.duration} for index in (150, 40, 700)
    ]
    prune(1)
    assert oldest_index(instrument) == 40


def test_registering_a_guard_twice_registers_it_once(guards: list[registry.HistoryGuard]) -> None:
    def guard(_interval: Interval) -> dict[int, datetime]:
        return {}

    registry.register_history_guard(guard)
    registry.register_history_guard(guard)
    assert guards == [guard]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(count=st.integers(1, 900), days=st.integers(1, 200), guarded=st.none() | st.integers(0, 900))
def test_exactly_what_is_old_abundant_and_not_needed_goes(count: int, days: int, guarded: int | None) -> None:
    instrument = series(count)
    registry.history_guards[:] = (
        [] if guarded is None else [lambda interval: {instrument.pk: START + guarded * interval.duration}]
    )
    prune(days)
    kept = {
        index
        for index in range(count)
        if index >= count - 500 or index >= count - 1 - days * 6 or (guarded is not None and index >= guarded)
    }
    stored = Kline.objects.filter(instrument=instrument).values_list("open_time", flat=True)
    assert {round((moment - START) / Interval.H4.duration) for moment in stored} == kept


def test_large_deletes_come_in_short_transactions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "BATCH_ROWS", 70)
    series(800)
    with CaptureQueriesContext(connection) as captured:
        assert prune(1)["klines_deleted"] == 300
    assert sum(query["sql"].startswith('DELETE FROM "monitor_kline" ') for query in captured) == 5


def test_known_gaps_go_with_the_candles_around_them() -> None:
    instrument = series(800)
    for index in (10, 299, 305):
        moment = START + index * Interval.H4.duration
        KlineGapFactory(instrument=instrument, first_open_time=moment, last_open_time=moment)
    assert prune(1)["gaps_deleted"] == 2
    assert KlineGap.objects.get().first_open_time == START + 305 * Interval.H4.duration


def test_old_job_runs_go_and_recent_ones_stay() -> None:
    old = JobRunFactory(started_at=timezone.now() - timedelta(days=31))
    recent = JobRunFactory(started_at=timezone.now() - timedelta(days=29))
    assert prune(30)["job_runs_deleted"] == 1
    assert not JobRun.objects.filter(pk=old.pk).exists()
    assert JobRun.objects.filter(pk=recent.pk).exists()


@pytest.mark.parametrize("days", [0, -3, 10**9])
def test_days_that_cannot_be_meant_are_wrong_usage(days: int) -> None:
    with pytest.raises(CommandError, match="give the number of days to keep, such as 180") as caught:
        call_command("prune_history", days=days)
    assert caught.value.returncode == 2
