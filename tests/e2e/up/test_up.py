"""One command runs everything: it fills an empty database, answers, and leaves nothing behind."""

import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
import requests

from tests.conftest import ROOT
from tests.e2e.up.conftest import Up, environment, gone, running

pytestmark = pytest.mark.skipif(
    bool(os.environ.get("DATABASE_URL")), reason="`up` keeps an SQLite file of its own: shown in the run on SQLite"
)

Start = Callable[..., Up]
DATABASE = "trapline-simulator.sqlite3"


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """A first start that has finished filling its database."""
    with running(tmp_path_factory.mktemp("filled")) as up:
        up.says("Ready after")
        yield up


def _count(up: Up, table: str) -> int:
    with closing(sqlite3.connect(up.folder / DATABASE)) as database:
        return int(database.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0])  # noqa: S608


def _log_in(up: Up) -> tuple[requests.Session, requests.Response]:
    session = requests.Session()
    page = session.get(f"{up.url}/accounts/login/", timeout=10)
    form = {"username": "admin", "password": up.password, "csrfmiddlewaretoken": session.cookies["csrftoken"]}
    assert page.status_code == 200
    return session, session.post(f"{up.url}/accounts/login/", data=form, timeout=10)


def test_a_first_start_fills_candles_of_both_markets_and_scans_them(filled: Up) -> None:
    assert _count(filled, "monitor_instrument") >= 120
    assert _count(filled, "monitor_kline") >= 120 * 400 * 3 * 0.9
    assert _count(filled, "volume_trap_volumetrapmonitor") > 0


def test_every_job_of_the_first_start_says_in_one_line_that_it_succeeded(filled: Up) -> None:
    said = [line for line in filled.lines if ": succeeded in" in line]

    assert len(said) == 14
    assert filled.says("Ready after").endswith("up to date. Jobs follow every candle; Ctrl-C stops.")


def test_the_generated_login_opens_a_page_that_says_the_market_is_simulated(filled: Up) -> None:
    session, page = _log_in(filled)

    with closing(session):
        assert page.status_code == 200
        assert "SIMULATED MARKET" in page.text.upper()
        assert "login" not in page.url


def test_the_password_is_in_a_private_file_and_was_shown_once(filled: Up) -> None:
    assert (filled.folder / "admin_password").stat().st_mode & 0o777 == 0o600
    assert sum(filled.password in line for line in filled.lines) == 1


def test_a_second_start_shows_no_password_and_only_catches_up(filled: Up, tmp_path: Path) -> None:
    before = _count(filled, "monitor_kline")
    shutil.copy(filled.folder / "admin_password", tmp_path)
    with closing(sqlite3.connect(filled.folder / DATABASE)) as source:
        source.execute("VACUUM INTO ?", [str(tmp_path / DATABASE)])

    with running(tmp_path) as again:
        again.says("Catching up with what was missed")
        again.says("Ready after")

        assert filled.password not in "\n".join(again.lines)
        # A candle may have closed since; a fill would have written hundreds per series.
        assert before <= _count(again, "monitor_kline") < before * 1.02


def test_the_site_answers_while_the_database_is_still_being_filled(start: Start) -> None:
    up = start()
    up.says("Filling the empty database")

    answer = requests.get(f"{up.url}/accounts/login/", timeout=10)

    assert answer.status_code == 200
    assert not any("Ready after" in line for line in up.lines)


def test_ctrl_c_in_the_middle_of_the_fill_stops_everything_without_a_traceback(start: Start) -> None:
    up = start()
    children = up.wait_for_children(2)

    code = up.send(signal.SIGINT)

    assert code == 0
    assert gone(children)
    assert up.says("Stopped.")
    assert not any(word in line for line in up.lines for word in ("Traceback", "Fatal", "Exception"))


def test_children_end_when_everything_was_killed(start: Start) -> None:
    up = start()
    children = up.wait_for_children(2)

    up.send(signal.SIGKILL)

    assert gone(children)


@pytest.mark.proof
def test_a_start_after_a_kill_in_the_middle_of_the_fill_finishes_it(start: Start) -> None:
    up = start()
    up.says("update_klines 4h")
    up.send(signal.SIGKILL)

    again = start()
    again.says("up to date. Jobs follow every candle")

    assert _count(again, "monitor_kline") >= 120 * 400 * 3 * 0.9


@pytest.mark.proof
def test_an_exchange_that_is_away_is_said_and_tried_again_while_the_site_answers(start: Start) -> None:
    up = start(SIMULATOR_URL="http://127.0.0.1:9")

    assert up.says("trying again").startswith("8 jobs did not succeed; trying again in 1 min")
    assert requests.get(f"{up.url}/accounts/login/", timeout=10).status_code == 200
    assert up.send(signal.SIGTERM) == 0


def test_a_taken_port_is_one_line_and_exit_code_1(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "manage.py", "up"],
            cwd=ROOT,
            env=environment(tmp_path, port),
            capture_output=True,
            text=True,
            check=False,
        )

    assert done.returncode == 1
    assert done.stderr.startswith(f"Port {port} is taken; choose another one")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("port", ["eighty", "0", "70000", "-1"])
def test_a_port_that_cannot_be_is_one_line_and_exit_code_2(port: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "up"],
        cwd=ROOT,
        env={**environment(tmp_path, 1), "PORT": port},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (2, f"PORT={port!r} must be a whole number from 1 to 65535.\n")


def test_run_scheduler_waits_for_its_times_and_stops_on_a_signal(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "manage.py", "run_scheduler"],
        cwd=ROOT,
        env=environment(tmp_path, 1),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "21 jobs; Ctrl-C stops.\n"

    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=20)

    assert process.returncode == 0
