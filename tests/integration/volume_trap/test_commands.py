"""The commands as a shell sees them: codes, one-line errors, two at once, killed at any moment."""

import csv
import json
import random
import signal
import time

import pytest

from tests.builders import QUIET, TRIGGER, restless_market, table
from tests.factories.monitor import InstrumentFactory
from tests.integration.volume_trap.conftest import everything_written, request, store
from tests.processes import finish, manage, start_manage
from tests.unit.volume_trap.test_lifecycle import FADED, LOOSE
from volume_trap.models import VolumeTrapIndicators, VolumeTrapMonitor, VolumeTrapStateTransition
from volume_trap.services.scanning import scan

pytestmark = pytest.mark.django_db(transaction=True)

LOOSE_ENVIRONMENT = {
    "VT_RVOL_THRESHOLD": "4", "VT_AMPLITUDE_THRESHOLD": "1.5", "VT_UPPER_SHADOW_THRESHOLD": "0.3",
    "VT_VOLUME_RETENTION_THRESHOLD": "60", "VT_PE_MULTIPLIER": "1", "VT_ATR_COMPRESSION_THRESHOLD": "1",
}  # fmt: skip


@pytest.fixture
def trap():
    instrument = InstrumentFactory(base_asset="AAA")
    store(instrument, table([*[QUIET] * 30, TRIGGER, FADED, FADED, FADED]))
    return instrument


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["scan_volume_traps", "--interval", "2h"], "use one of 1h, 4h, 1d"),
        (["scan_volume_traps", "--market-type", "margin"], "use one of spot, futures"),
        (["scan_volume_traps", "--symbol", "NOPEUSDT"], "no known futures instrument"),
        (["scan_volume_traps", "--since", "31.01.2026"], "use YYYY-MM-DD"),
        (["scan_volume_traps", "--since", "2026-02-30"], "use YYYY-MM-DD"),
        (["check_invalidations", "--interval", "5m"], "use one of 1h, 4h, 1d"),
        (["check_invalidations", "--bogus"], "unrecognized arguments"),
        (["export_volume_traps", "--interval", "5m"], "use one of 1h, 4h, 1d"),
        (["export_volume_traps", "--format", "xml"], "csv"),
    ],
)
def test_a_wrong_argument_is_one_line_that_says_what_would_be_right_and_code_2(words, says):
    code, out, err = manage(*words)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert says in err


def test_as_json_an_unknown_interval_has_its_error_code():
    code, out, err = manage("scan_volume_traps", "--interval", "2h", "--json")
    summary = json.loads(out)
    assert (code, summary["outcome"], summary["failures"][0]["code"]) == (2, "refused", "ERR_INVALID_INTERVAL")
    assert err == summary["failures"][0]["message"] + "\n"


@pytest.mark.parametrize("environment", [{"VT_RVOL_THRESHOLD": "zero"}, {"VT_RVOL_TRESHOLD": "8"}])
def test_a_wrong_threshold_stops_every_command_by_its_name(environment):
    code, _, err = manage("scan_volume_traps", **environment)
    assert code != 0
    assert next(iter(environment)) in err.splitlines()[-1]


@pytest.mark.requirement("P0-4")
def test_a_scan_prints_what_it_found(trap):
    code, out, _ = manage("scan_volume_traps", "--interval", "4h", "--market-type", "futures")
    assert code == 0
    assert "discovered 1, suspected 1, confirmed 0, invalidated 0" in out


def test_a_scan_as_json_counts_and_names_failures(trap):
    broken = InstrumentFactory(base_asset="BBB")
    rows = table([QUIET] * 40)
    rows[7, 2] = 1.0
    store(broken, rows)
    code, out, _ = manage("scan_volume_traps", "--json")
    summary = json.loads(out)
    assert code == 1
    assert summary["counts"]["discovered"] == 1
    assert [(failure["symbol"], failure["code"]) for failure in summary["failures"]] == [
        ("BBBUSDT", "ERR_DETECTOR_EVALUATION_FAILED")
    ]


def test_a_symbol_with_too_few_candles_is_told_how_many_are_needed():
    store(InstrumentFactory(base_asset="NEW"), table([QUIET] * 12))
    code, out, _ = manage("scan_volume_traps", "--symbol", "NEWUSDT", "--json")
    assert code == 1
    assert json.loads(out)["failures"][0]["code"] == "ERR_DATA_INSUFFICIENT"
    assert "needs 31 closed candles, 12 are stored" in json.loads(out)["failures"][0]["message"]


def test_a_symbol_may_be_written_as_people_do(trap):
    code, out, _ = manage("scan_volume_traps", "--symbol", "aaa/usdt", "--json")
    assert (code, json.loads(out)["counts"]["discovered"]) == (0, 1)


def test_of_two_scans_at_once_one_runs_and_nothing_is_doubled(trap):
    for name in range(60):
        store(InstrumentFactory(), restless_market(name, 300))
    ended = sorted(finish(process)[0] for process in [start_manage("scan_volume_traps") for _ in range(2)])
    assert ended in ([0, 3], [0, 0])  # The second may start when the first has just finished.
    assert VolumeTrapMonitor.objects.filter(instrument=trap).count() == 1


@pytest.mark.parametrize("_round", range(3))
def test_a_scan_killed_at_any_moment_and_run_again_writes_what_an_undisturbed_one_writes(_round):
    markets = [(InstrumentFactory(), restless_market(seed, 400)) for seed in range(120)]
    for instrument, rows in markets:
        store(instrument, rows)
    process = start_manage("scan_volume_traps", **LOOSE_ENVIRONMENT)
    time.sleep(random.uniform(0.6, 1.6))
    process.send_signal(signal.SIGKILL)
    finish(process)
    no_half_written_monitor()
    assert manage("scan_volume_traps", **LOOSE_ENVIRONMENT)[0] == 0
    resumed = everything_written()
    VolumeTrapMonitor.objects.all().delete()
    scan(request(LOOSE, since_ms=0))
    assert everything_written() == resumed


def no_half_written_monitor():
    for monitor in VolumeTrapMonitor.objects.all():
        steps = VolumeTrapStateTransition.objects.filter(monitor=monitor).count()
        reached = [monitor.suspected_at, monitor.confirmed_at, monitor.invalidated_at]
        assert steps == 1 + sum(moment is not None for moment in reached)
        assert VolumeTrapIndicators.objects.filter(monitor=monitor, stage="discovery").count() == 1


def test_check_invalidations_prints_what_it_ended(trap):
    assert manage("scan_volume_traps")[0] == 0
    later = table([*[QUIET] * 30, TRIGGER, FADED, FADED, FADED, (100.0, 103.0, 99.0, 102.0, 50.0)])
    store(trap, later)
    code, out, _ = manage("check_invalidations", "--json")
    assert (code, json.loads(out)["counts"]["invalidated"]) == (0, 1)


def test_the_export_has_one_row_per_monitor_in_the_promised_columns(trap):
    assert manage("scan_volume_traps")[0] == 0
    code, out, _ = manage("export_volume_traps", "--interval", "4h", "--market-type", "futures", "--format", "csv")
    rows = list(csv.DictReader(out.splitlines()))
    assert code == 0
    assert out.splitlines()[0] == (
        "symbol,trigger_open_time,rvol,amplitude_ratio,upper_shadow_percent,status,suspected_at,confirmed_at,"
        "invalidated_at"
    )
    assert [(row["symbol"], row["status"], row["rvol"]) for row in rows] == [
        ("AAAUSDT", "suspected_abandonment", "20.0")
    ]
    assert rows[0]["trigger_open_time"] == "2026-01-06T00:00:00Z"


def test_an_export_whose_reader_goes_away_ends_without_a_word(trap):
    assert manage("scan_volume_traps")[0] == 0
    process = start_manage("export_volume_traps", "--interval", "4h")
    process.stdout.close()
    process.stdout = None
    _, _, err = finish(process)
    assert err == ""


def test_pruning_keeps_everything_a_live_monitor_rests_on():
    from monitor.models import Kline

    instrument = InstrumentFactory()
    calm = (100.0, 101.0, 99.6, 100.0, 10_000.0)
    store(instrument, table([*[QUIET] * 60, TRIGGER, *[calm] * 2000]))
    assert manage("scan_volume_traps")[0] == 0
    assert VolumeTrapMonitor.objects.get().status == "pending"
    assert manage("prune_history", "--days", "30")[0] == 0
    assert Kline.objects.filter(instrument=instrument).count() == 2000 + 1 + 31
