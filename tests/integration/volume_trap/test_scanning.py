"""The scan on a real database: nothing lost, nothing double, whatever the order of events."""

from collections import Counter
from datetime import timedelta
from decimal import Decimal

import numpy as np
import pytest
from django.db import IntegrityError, transaction

from monitor.domain.enums import Interval, MarketType
from monitor.domain.intervals import from_milliseconds
from monitor.models import Kline, SeriesCursor
from tests.builders import FIRST_OPEN_TIME_MS, QUIET, STEP_MS, TRIGGER, restless_market, table
from tests.factories.monitor import InstrumentFactory, SpotInstrumentFactory
from tests.integration.volume_trap.conftest import everything_written, request, store
from tests.unit.volume_trap.test_lifecycle import FADED, LOOSE
from volume_trap.domain.errors import InvalidTransition
from volume_trap.models import VolumeTrapIndicators, VolumeTrapMonitor, VolumeTrapStateTransition
from volume_trap.services import recording as recording_module
from volume_trap.services import scanning
from volume_trap.services.invalidation import check_invalidations
from volume_trap.services.scanning import scan

pytestmark = pytest.mark.django_db

RECOVERY = (100.0, 102.0, 100.0, 101.1, 20.0)


def trap_table(*after):
    return table([*[QUIET] * 30, TRIGGER, *after])


def scan_bar_by_bar(instruments, tables, check=lambda step: None):
    length = max(len(rows) for rows in tables)
    for index in range(length):
        for instrument, rows in zip(instruments, tables, strict=True):
            if index < len(rows):
                store(instrument, rows[index : index + 1])
        check(index)
        scan(request(LOOSE))


def forget_everything(instruments):
    VolumeTrapMonitor.objects.all().delete()
    SeriesCursor.objects.all().delete()
    Kline.objects.filter(instrument__in=instruments).delete()


@pytest.mark.requirement("P0-4")
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_one_scan_over_a_history_writes_the_same_rows_as_a_scan_per_candle(instruments, seed):
    tables = [restless_market(seed * 10 + offset, 220) for offset in range(3)]
    scan_bar_by_bar(instruments, tables)
    candle_by_candle = everything_written()
    forget_everything(instruments)
    for instrument, rows in zip(instruments, tables, strict=True):
        store(instrument, rows)
    scan(request(LOOSE))
    assert everything_written() == candle_by_candle
    assert len(candle_by_candle["transitions"]) > 10


def test_invalidation_checks_between_scans_change_nothing(instruments):
    tables = [restless_market(40 + offset, 200) for offset in range(3)]
    scan_bar_by_bar(instruments, tables, check=lambda _: check_invalidations(request(LOOSE)))
    checked = everything_written()
    forget_everything(instruments)
    scan_bar_by_bar(instruments, tables)
    assert everything_written() == checked


def test_missed_runs_lose_nothing(instruments):
    rows = trap_table(FADED, FADED, FADED, RECOVERY)
    store(instruments[0], rows[:20])
    scan(request())
    store(instruments[0], rows[20:])
    scan(request())
    monitor = VolumeTrapMonitor.objects.get()
    assert monitor.trigger_time == from_milliseconds(FIRST_OPEN_TIME_MS + 30 * STEP_MS)
    assert monitor.suspected_at - monitor.trigger_time == 3 * Interval.H4.duration
    assert monitor.invalidated_at - monitor.trigger_time == 4 * Interval.H4.duration


def test_a_second_scan_without_new_candles_reads_and_writes_nothing(instruments, django_assert_max_num_queries):
    store(instruments[0], trap_table(FADED, FADED, FADED))
    scan(request())
    before = everything_written()
    with django_assert_max_num_queries(3):
        report = scan(request())
    assert (report.series, report.unchanged, report.candles) == (1, 1, 0)
    assert everything_written() == before


def test_every_step_has_its_evidence_and_each_stage_its_indicators(instruments):
    store(instruments[0], trap_table(FADED, FADED, FADED, RECOVERY))
    scan(request())
    steps = VolumeTrapStateTransition.objects.order_by("transition_time")
    assert [(step.from_status, step.to_status) for step in steps] == [
        ("", "pending"),
        ("pending", "suspected_abandonment"),
        ("suspected_abandonment", "invalidated"),
    ]
    assert steps[0].evidence["phase"] == 1
    assert steps[0].evidence["thresholds"]["rvol_ratio"] == 8.0
    assert steps[1].evidence["volume_retention_percent"] == pytest.approx(0.1)
    assert steps[2].evidence == {"reason": "price_recovery", "current_close": "101.1", "trigger_price": "101.0"}
    assert list(VolumeTrapIndicators.objects.order_by("snapshot_time").values_list("stage", flat=True)) == [
        "discovery",
        "confirmation",
    ]


@pytest.mark.parametrize("price", ["0.00001234", "0.000000000123", "123456.12345678"])
def test_prices_are_kept_exactly_however_cheap_the_coin(instruments, price):
    scale = float(price) / 101.0
    rows = trap_table(FADED)
    rows[:, 1:5] *= scale
    rows[30, 4] = float(price)
    store(instruments[0], rows)
    scan(request())
    assert VolumeTrapMonitor.objects.get().trigger_price == Decimal(price)


def test_candles_that_arrive_late_are_judged_and_what_was_decided_stays(instruments):
    rows = trap_table(FADED, FADED, FADED, FADED)
    gap = np.delete(rows, 30, axis=0)
    store(instruments[0], gap)
    scan(request())
    assert not VolumeTrapMonitor.objects.exists()
    store(instruments[0], rows[30:31])
    scan(request())
    assert VolumeTrapMonitor.objects.get().status == "suspected_abandonment"


def test_late_candles_never_rewrite_a_transition(instruments):
    rows = trap_table(FADED, FADED, FADED, FADED, FADED)
    store(instruments[0], np.delete(rows, 31, axis=0))
    scan(request())
    written = everything_written()["transitions"]
    store(instruments[0], rows[31:32])
    scan(request())
    assert everything_written()["transitions"] == written


def test_a_candle_that_arrives_while_the_scan_reads_is_judged_by_the_next_one(instruments, monkeypatch):
    rows = trap_table(FADED, FADED, FADED)
    store(instruments[0], np.delete(rows, 30, axis=0))
    judge = scanning.judge

    def judge_while_a_candle_arrives(*arguments):
        monkeypatch.setattr(scanning, "judge", judge)
        store(instruments[0], rows[30:31])
        return judge(*arguments)

    monkeypatch.setattr(scanning, "judge", judge_while_a_candle_arrives)
    scan(request())
    assert not VolumeTrapMonitor.objects.exists()
    scan(request())
    assert VolumeTrapMonitor.objects.get().status == "suspected_abandonment"


def test_since_judges_old_candles_again_without_doubling_anything(instruments):
    store(instruments[0], trap_table(FADED, FADED, FADED))
    scan(request())
    before = everything_written()
    report = scan(request(since_ms=0))
    assert report.candles == 34
    assert report.discovered == 0
    assert everything_written() == before


def test_since_a_day_leaves_the_candles_before_it_alone(instruments):
    store(instruments[0], trap_table(FADED, FADED, FADED))
    scan(request(since_ms=FIRST_OPEN_TIME_MS + 31 * STEP_MS))
    assert not VolumeTrapMonitor.objects.exists()


@pytest.mark.requirement("ERR_DETECTOR_EVALUATION_FAILED")
def test_a_series_with_an_impossible_candle_is_reported_and_the_others_go_on(instruments):
    broken = trap_table(FADED)
    broken[5, 2] = 1.0
    store(instruments[0], broken)
    store(instruments[1], trap_table(FADED))
    report = scan(request())
    assert [(symbol, code) for symbol, code, _ in report.failures] == [("AAAUSDT", "ERR_DETECTOR_EVALUATION_FAILED")]
    assert VolumeTrapMonitor.objects.get().instrument == instruments[1]


def test_a_repaired_series_is_judged_from_where_it_stopped(instruments):
    broken = trap_table(FADED)
    broken[5, 2] = 1.0
    store(instruments[0], broken)
    scan(request())
    store(instruments[0], trap_table(FADED))
    scan(request())
    assert VolumeTrapMonitor.objects.get().instrument == instruments[0]


@pytest.mark.requirement("VT-U3")
@pytest.mark.requirement("P0-2")
@pytest.mark.requirement("P0-4")
def test_spot_and_futures_of_one_symbol_are_scanned_apart(instruments):
    spot = SpotInstrumentFactory(base_asset="AAA")
    store(instruments[0], trap_table(FADED))
    store(spot, table([QUIET] * 40))
    scan(request())
    scan(scanning.ScanRequest(MarketType.SPOT, Interval.H4, request().thresholds))
    assert VolumeTrapMonitor.objects.get().market_type == "futures"


@pytest.mark.requirement("VT-A3")
@pytest.mark.requirement("REL-5")
@pytest.mark.requirement("REL-6")
def test_a_failure_while_writing_leaves_neither_monitor_nor_cursor(instruments, monkeypatch):
    store(instruments[0], trap_table(FADED))

    def fail(*_arguments):
        raise IntegrityError("the disk went away")

    monkeypatch.setattr(scanning, "advance_cursors", fail)
    with pytest.raises(IntegrityError), transaction.atomic():
        scan(request())
    monkeypatch.undo()
    assert not VolumeTrapMonitor.objects.exists()
    scan(request())
    assert VolumeTrapMonitor.objects.count() == 1


@pytest.mark.requirement("ERR_INVALID_TRANSITION")
def test_a_monitor_moved_by_somebody_else_meanwhile_is_not_overwritten(instruments):
    rows = trap_table(FADED, FADED, FADED)
    store(instruments[0], rows[:31])
    scan(request())
    stale = VolumeTrapMonitor.objects.get()
    store(instruments[0], rows[31:])
    scan(request())
    stale.invalidate(stale.trigger_time + timedelta(days=1))
    with pytest.raises(InvalidTransition) as refused:
        recording_module._save(stale)
    assert refused.value.code == "ERR_INVALID_TRANSITION"


def test_a_monitor_moved_while_the_scan_reads_does_not_stop_the_scan(instruments, monkeypatch):
    rows = trap_table(FADED, FADED, FADED)
    for instrument in instruments:
        store(instrument, rows[:31])
    scan(request())
    for instrument in instruments:
        store(instrument, rows[31:])
    judge = scanning.judge

    def judge_while_somebody_moves_a_monitor(*arguments):
        monkeypatch.setattr(scanning, "judge", judge)
        monitor = VolumeTrapMonitor.objects.get(instrument=instruments[0])
        monitor.invalidate(monitor.trigger_time + timedelta(hours=4))
        monitor.save()
        return judge(*arguments)

    monkeypatch.setattr(scanning, "judge", judge_while_somebody_moves_a_monitor)
    report = scan(request())
    assert (report.failures, report.suspected, report.candles) == ([], 2, 9)
    assert VolumeTrapMonitor.objects.get(instrument=instruments[0]).status == "invalidated"


def test_an_unexpected_error_in_one_series_is_reported_and_the_others_go_on(instruments, monkeypatch):
    for instrument in instruments:
        store(instrument, trap_table(FADED))
    judge, calls = scanning.judge, []

    def fail_once(*arguments):
        calls.append(arguments)
        if len(calls) == 1:
            raise ZeroDivisionError("division by zero")
        return judge(*arguments)

    monkeypatch.setattr(scanning, "judge", fail_once)
    report = scan(request())
    assert [(symbol, code) for symbol, code, _ in report.failures] == [("AAAUSDT", "ERR_DETECTOR_EVALUATION_FAILED")]
    assert report.discovered == 2


def test_the_window_flag_appears_on_an_unconfirmed_monitor(instruments):
    calm = (100.0, 101.0, 99.6, 100.0, 10_000.0)
    store(instruments[0], trap_table(*[calm] * 399))
    scan(request())
    monitor = VolumeTrapMonitor.objects.get()
    assert (monitor.status, monitor.window_expired) == ("pending", True)


def test_invalidation_check_waits_for_the_scan_where_a_stage_comes_first(instruments):
    rows = trap_table(FADED, FADED, FADED, RECOVERY)
    store(instruments[0], rows[:32])
    scan(request())
    store(instruments[0], rows[32:])
    report = check_invalidations(request())
    assert (report.invalidated, report.awaiting_scan) == (0, 1)
    scan(request())
    assert VolumeTrapMonitor.objects.get().suspected_at is not None


def test_invalidation_check_alone_ends_a_recovered_monitor(instruments):
    rows = trap_table(RECOVERY)
    store(instruments[0], rows[:31])
    scan(request())
    store(instruments[0], rows[31:])
    assert check_invalidations(request()).invalidated == 1
    assert VolumeTrapMonitor.objects.get().status == "invalidated"


@pytest.mark.parametrize(("symbols", "marked"), [(20, 0), (21, 21)])
def test_strict_marks_a_candle_on_which_more_than_twenty_symbols_trigger(db, symbols, marked):
    from volume_trap.domain.thresholds import Thresholds

    for _ in range(symbols):
        store(InstrumentFactory(), trap_table(FADED))
    scan(request(Thresholds(preset="strict")))
    assert Counter(VolumeTrapMonitor.objects.values_list("market_wide", flat=True))[True] == marked


def test_strict_marks_also_when_the_symbols_are_scanned_one_after_the_other(db):
    from volume_trap.domain.thresholds import Thresholds

    for _ in range(21):
        store(InstrumentFactory(), trap_table(FADED))
        scan(request(Thresholds(preset="strict")))
    assert VolumeTrapMonitor.objects.filter(market_wide=True).count() == 21


def test_strict_makes_no_monitor_of_a_crash_candle(instruments):
    from volume_trap.domain.thresholds import Thresholds

    crash = (100.0, 100.5, 80.0, 81.0, 20_000.0)
    rows = table([*[QUIET] * 30, crash, FADED])
    store(instruments[0], rows)
    scan(request(Thresholds(preset="strict")))
    assert not VolumeTrapMonitor.objects.exists()
    scan(request(since_ms=0))
    assert VolumeTrapMonitor.objects.count() == 1
