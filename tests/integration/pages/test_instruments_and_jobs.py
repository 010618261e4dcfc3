"""Instruments can be found and lead to their monitors; job history explains an empty dashboard."""

import pytest
from django.test import Client

from monitor.models import JobRun
from tests.factories.monitor import InstrumentFactory, JobRunFactory
from tests.factories.volume_trap import MonitorFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("text", ["sol", "SOL/USDT", "solusdt"])
def test_an_instrument_is_found_by_part_of_its_name(text: str, browser: Client) -> None:
    InstrumentFactory(base_asset="SOL")
    InstrumentFactory(base_asset="BTC")
    found = browser.get("/instruments/", {"q": text}).context["page"].object_list

    assert [instrument.symbol for instrument in found] == ["SOLUSDT"]


def test_a_search_without_result_says_what_was_sought(browser: Client) -> None:
    assert "No instrument matches “zzz”" in browser.get("/instruments/?q=zzz").content.decode()


def test_without_instruments_the_commands_are_named(browser: Client) -> None:
    assert "manage.py fetch_spot_contracts --all" in browser.get("/instruments/").content.decode()


def test_an_instrument_leads_to_its_monitors_and_only_to_its_own(browser: Client) -> None:
    own, other = MonitorFactory(instrument=InstrumentFactory(base_asset="币安人生")), MonitorFactory()
    text = browser.get("/instruments/futures/币安人生USDT/").content.decode()

    assert f'href="/traps/{own.pk}/"' in text
    assert f'href="/traps/{other.pk}/"' not in text


@pytest.mark.parametrize(("query", "interval"), [("?interval=1h", "1h"), ("?interval=7m", "4h"), ("", "4h")])
def test_the_chart_of_an_instrument_knows_its_interval(query: str, interval: str, browser: Client) -> None:
    InstrumentFactory(base_asset="SOL")

    assert browser.get(f"/instruments/futures/SOLUSDT/{query}").context["interval"] == interval


def test_only_the_last_run_of_each_job_is_listed(browser: Client) -> None:
    JobRunFactory(job="a", outcome=JobRun.Outcome.FAILED)
    newest = JobRunFactory(job="a")
    other = JobRunFactory(job="b")

    assert browser.get("/jobs/").context["runs"] == [newest, other]


def test_two_commands_that_exclude_each_other_are_listed_apart(browser: Client) -> None:
    scan = JobRunFactory(job="volume_traps:spot:4h", summary={"command": "scan_volume_traps"})
    check = JobRunFactory(job="volume_traps:spot:4h", summary={"command": "check_invalidations"})

    assert browser.get("/jobs/").context["runs"] == [check, scan]
    assert "scan_volume_traps spot 4h" in browser.get("/jobs/").content.decode()


def test_a_run_that_was_killed_is_forgotten_once_the_job_has_ended_well(browser: Client) -> None:
    JobRunFactory(job="a", outcome=JobRun.Outcome.FAILED, summary={"error": "The process ended without a word."})
    assert "The process ended without a word." in browser.get("/jobs/").content.decode()
    newest = JobRunFactory(job="a", summary={"command": "a"})

    assert browser.get("/jobs/").context["runs"] == [newest]


def test_a_skipped_run_does_not_hide_the_one_before(browser: Client) -> None:
    real = JobRunFactory(job="a")
    JobRunFactory(job="a", outcome=JobRun.Outcome.SKIPPED, summary={})

    assert browser.get("/jobs/").context["runs"] == [real]


def test_a_failure_is_shown_with_its_reason(browser: Client) -> None:
    failure = {"symbol": "SOLUSDT", "code": "ERR_API_REQUEST_FAILED", "message": "no answer within 10 s"}
    summary = {"counts": {"klines": 12}, "failures": [failure]}
    JobRunFactory(outcome=JobRun.Outcome.FAILED, summary=summary)
    text = browser.get("/jobs/").content.decode()

    assert "SOLUSDT: no answer within 10 s" in text
    assert "Failed" in text


def test_without_any_run_the_way_to_start_one_is_shown(browser: Client) -> None:
    assert "No job has run yet" in browser.get("/jobs/").content.decode()
