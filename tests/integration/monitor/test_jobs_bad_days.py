"""Real processes and broken databases: two runs at once, kills at any moment, a full, locked or read-only database."""

import io
import json
import os
import random
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import Popen
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections

from monitor.domain.kline_archive import parse_archive
from monitor.models import JobRun, Kline, SeriesCursor, WorkerLease
from tests.integration.monitor.archives import csv_text, many_archives, write_archive
from tests.processes import finish, manage, start_manage

pytestmark = pytest.mark.django_db(transaction=True)

FILES, ROWS = 30, 3_000
IMPORT = ("--interval", "4h", "--market-type", "futures")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Enough files that importing them takes a moment."""
    (tmp_path / "archives").mkdir()
    return many_archives(tmp_path / "archives", FILES, ROWS)


def start_import(folder: Path, *words: str) -> Popen[str]:
    return start_manage("import_klines", folder, *IMPORT, *words)


def wait_for(condition: Callable[[], bool], process: Popen[str]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.005)


def candles_per_series() -> list[int]:
    from django.db.models import Count

    counts = Kline.objects.order_by().values("instrument").annotate(rows=Count("id"))
    return sorted(counts.values_list("rows", flat=True))


def test_of_two_imports_started_at_once_one_runs_and_the_other_says_so(folder: Path) -> None:
    ended = [finish(process) for process in [start_import(folder, "--json") for _ in range(2)]]
    ended.sort(key=lambda end: end[0])
    assert [end[0] for end in ended] == [0, 3]
    assert json.loads(ended[0][1])["counts"]["rows"] == FILES * ROWS
    assert json.loads(ended[1][1])["outcome"] == "skipped"
    assert ended[1][2] == "import_klines:futures:4h is running already: wait until it has finished\n"
    assert candles_per_series() == [ROWS] * FILES


@pytest.mark.parametrize("_round", range(3))
def test_an_import_killed_at_any_moment_and_run_again_loses_and_doubles_nothing(folder: Path, _round: int) -> None:
    process = start_import(folder)
    if _round:
        wait_for(Kline.objects.exists, process)
    time.sleep(random.uniform(0, 0.3))
    process.send_signal(signal.SIGKILL)
    finish(process)
    assert set(candles_per_series()) <= {ROWS}, "a file was stored in part"
    code, out, err = manage("import_klines", folder, *IMPORT, "--json")
    assert (code, err) == (0, "")
    assert json.loads(out)["counts"]["rows"] == FILES * ROWS
    assert candles_per_series() == [ROWS] * FILES
    assert sorted(JobRun.objects.values_list("outcome", flat=True))[-1:] == ["succeeded"]
    assert not JobRun.objects.filter(outcome="running").exists()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_stopped_import_gives_its_lease_back_and_says_so(folder: Path, number: int, code: int) -> None:
    process = start_import(folder)
    wait_for(JobRun.objects.exists, process)
    process.send_signal(number)
    ended, out, err = finish(process)
    assert (ended, out) == (code, "")
    assert err == f"stopped by {signal.Signals(number).name}; what was stored stays, run again to go on\n"
    assert WorkerLease.objects.get().owner == ""
    record = JobRun.objects.get()
    assert (record.outcome, record.summary) == ("failed", {"error": f"stopped by {signal.Signals(number).name}"})
    assert set(candles_per_series()) <= {ROWS}


def test_a_stop_in_the_moment_the_record_is_made_is_recorded_too(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from monitor.management import base
    from monitor.management.commands.import_klines import Command

    start = base.start_job_run

    def stopped_right_after(name: str) -> JobRun:
        made = start(name)
        signal.raise_signal(signal.SIGTERM)
        return made

    monkeypatch.setattr(base, "start_job_run", stopped_right_after)
    command = Command(stdout=io.StringIO(), stderr=io.StringIO())
    with pytest.raises(SystemExit) as ended:
        command.run_from_argv(["manage.py", "import_klines", str(folder), *IMPORT])
    assert ended.value.code == 143
    assert JobRun.objects.get().summary == {"error": "stopped by SIGTERM"}
    assert not Kline.objects.exists()


def run(path: Path) -> tuple[int, dict[str, Any], str]:
    """Run the import in this process; exit code, summary, message."""
    out = io.StringIO()
    try:
        call_command("import_klines", path, *IMPORT, "--json", stdout=out)
    except CommandError as error:
        return error.returncode, json.loads(out.getvalue()), str(error)
    return 0, json.loads(out.getvalue()), ""


@contextmanager
def other_connection_locks_the_candles() -> Iterator[None]:
    """Another connection holds the lock, and this one loses patience soon."""
    if connection.vendor == "sqlite":
        _execute("PRAGMA busy_timeout = 100")
        other = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
    else:
        _execute("SET lock_timeout = '100ms'")
        other = connections["default"].copy()
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute("LOCK TABLE monitor_kline IN ACCESS EXCLUSIVE MODE")
    try:
        yield
    finally:
        other.rollback()
        other.close()
        connection.close()


def _execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.requirement("ERR_DB_OPERATION_FAILED")
def test_a_database_locked_for_too_long_is_one_line_and_the_next_run_succeeds(tmp_path: Path) -> None:
    write_archive(tmp_path / "AUSDT.csv", csv_text(20))
    with other_connection_locks_the_candles():
        code, summary, message = run(tmp_path)
    assert (code, summary["outcome"]) == (1, "failed")
    assert message.startswith("The database is locked by another process: run again when it has finished.")
    assert summary["failures"][0]["code"] == "ERR_DB_OPERATION_FAILED"
    assert not Kline.objects.exists()
    assert run(tmp_path)[0] == 0
    assert Kline.objects.count() == 20


def test_a_lock_that_comes_in_the_middle_keeps_what_was_stored_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AUSDT", "BUSDT", "CUSDT"):
        write_archive(tmp_path / f"{name}.csv", csv_text(20))
    lock = other_connection_locks_the_candles()
    parsed = []

    def parse(*arguments: Any) -> Any:
        parsed.append(1)
        if len(parsed) == 2:
            lock.__enter__()
        return parse_archive(*arguments)

    monkeypatch.setattr("monitor.services.kline_import.parse_archive", parse)
    code, _summary, message = run(tmp_path)
    lock.__exit__(None, None, None)
    assert (code, message.partition(":")[0]) == (1, "The database is locked by another process")
    assert candles_per_series() == [20]


@pytest.fixture
def sqlite_only() -> None:
    if connection.vendor != "sqlite":
        pytest.skip("a full PostgreSQL cannot be had without a file system of its own")


@pytest.mark.usefixtures("sqlite_only")
def test_a_full_disk_stores_whole_files_only_and_goes_on_when_there_is_room(tmp_path: Path) -> None:
    for name in ("AUSDT", "BUSDT", "CUSDT"):
        write_archive(tmp_path / f"{name}.csv", csv_text(ROWS))
    _execute("VACUUM")
    with connection.cursor() as cursor:
        pages = cursor.execute("PRAGMA page_count").fetchone()[0]
        cursor.execute(f"PRAGMA max_page_count = {pages + 120}")
    code, summary, message = run(tmp_path)
    assert (code, summary["outcome"]) == (1, "failed")
    assert message.startswith("The disk or the database is full: free some space and run again.")
    assert set(candles_per_series()) == {ROWS}
    assert len(candles_per_series()) < 3
    _execute("PRAGMA max_page_count = 1000000")
    WorkerLease.objects.update(owner="")  # this process lives on, where a real one would be gone
    assert run(tmp_path)[0] == 0
    assert candles_per_series() == [ROWS] * 3


def test_a_read_only_database_is_one_line(tmp_path: Path) -> None:
    write_archive(tmp_path / "AUSDT.csv", csv_text(20))
    sqlite = connection.vendor == "sqlite"
    _execute("PRAGMA query_only = ON" if sqlite else "SET default_transaction_read_only = on")
    try:
        code, summary, message = run(tmp_path)
    finally:
        connection.close()
    assert (code, summary["outcome"]) == (1, "failed")
    assert message.startswith("The database is read-only")
    assert "\n" not in message


@pytest.mark.parametrize(
    ("place", "says"),
    [
        ("empty.sqlite3", "The database has no tables yet: run `manage.py migrate` first."),
        ("nowhere/deep.sqlite3", "The database file cannot be opened: check the path in DATABASE_URL and its rights."),
        ("noise.sqlite3", "The database refused: file is not a database"),
    ],
)
def test_a_database_that_is_none_is_one_line_and_code_1(tmp_path: Path, place: str, says: str) -> None:
    write_archive(tmp_path / "AUSDT.csv", csv_text(20))
    (tmp_path / "noise.sqlite3").write_bytes(bytes(range(256)) * 16)
    code, _out, err = manage("import_klines", tmp_path, *IMPORT, DATABASE_URL=f"sqlite:///{tmp_path / place}")
    assert code == 1
    assert err.startswith(says)
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--interval", "5m", "--market-type", "spot"), "--interval '5m' is unknown: use one of 1h, 4h, 1d"),
        (("--interval", "4h"), "the following arguments are required: --market-type"),
        ((*IMPORT, "--symbol", "btc"), "--symbol btc is not a symbol: write it as the exchange does, such as BTCUSDT"),
    ],
)
def test_wrong_usage_from_a_shell_is_one_line_on_stderr_and_code_2(
    tmp_path: Path, words: tuple[str, ...], says: str
) -> None:
    path = write_archive(tmp_path / "x y.csv", csv_text(2))
    code, out, err = manage("import_klines", path, *words)
    assert (code, out) == (2, "")
    assert says in err
    assert len(err.splitlines()) == 1


def test_wrong_usage_with_json_is_an_object_that_says_so(tmp_path: Path) -> None:
    path = write_archive(tmp_path / "x y.csv", csv_text(2))
    code, out, _err = manage("import_klines", path, *IMPORT, "--symbol", "btc", "--json")
    summary = json.loads(out)
    assert (code, summary["outcome"], summary["failures"][0]["code"]) == (2, "refused", "ERR_USAGE")


def test_with_json_standard_output_is_one_object_and_nothing_else(tmp_path: Path) -> None:
    write_archive(tmp_path / "AUSDT.csv", csv_text(2))
    write_archive(tmp_path / "BUSDT.csv", "")
    code, out, err = manage("import_klines", tmp_path, *IMPORT, "--json")
    assert (code, err) == (1, "1 of 2 failed, more than 10%\n")
    assert json.loads(out)["failures"][0]["symbol"] == "BUSDT"


def test_a_bar_is_drawn_on_a_terminal_only_and_gone_at_the_end(tmp_path: Path) -> None:
    many_archives(tmp_path, 3, 20)
    terminal, process_side = os.openpty()
    process = start_manage("import_klines", tmp_path, *IMPORT, "--json", stderr=process_side)
    os.close(process_side)
    out, _ = process.communicate(timeout=60)
    drawn = os.read(terminal, 100_000).decode()
    os.close(terminal)
    assert json.loads(out)["outcome"] == "succeeded"
    assert "files" in drawn
    assert drawn.endswith("\x1b[2K")  # the line is wiped


def test_readers_are_sent_back_by_an_import_of_older_candles(tmp_path: Path) -> None:
    write_archive(tmp_path / "AUSDT.csv", csv_text(50, first=50))
    run(tmp_path)
    newest, oldest = Kline.objects.order_by("-open_time")[0], Kline.objects.order_by("open_time")[0]
    SeriesCursor.objects.create(reader="scan", instrument=newest.instrument, interval="4h", position=newest.open_time)
    write_archive(tmp_path / "AUSDT.csv", csv_text(60, first=40))
    run(tmp_path)
    assert SeriesCursor.objects.get().position < oldest.open_time - 10 * (newest.close_time - newest.open_time)
