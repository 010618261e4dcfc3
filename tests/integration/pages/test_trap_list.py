"""The pool of monitors: filters, tiles, order, pages and the states of an empty database."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from monitor.models import JobRun
from tests.factories.monitor import InstrumentFactory, JobRunFactory
from tests.factories.volume_trap import IndicatorsFactory, MonitorFactory, MonitorWithHistoryFactory
from volume_trap.domain.enums import TrapStatus

pytestmark = pytest.mark.django_db


def page(browser: Client, query: str = "") -> Any:
    return browser.get(f"/traps/{query}")


def symbols(answer: Any) -> list[str]:
    return [item.row.monitor.instrument.symbol for item in answer.context["rows"]]


@pytest.fixture
def pool(db: None) -> None:
    for number, status in enumerate(TrapStatus):
        MonitorFactory(
            instrument=InstrumentFactory(base_asset=f"A{number}", market_type="spot" if number % 2 else "futures"),
            status=status.value,
            trigger_time=datetime(2026, 1, 1 + number, tzinfo=UTC),
            interval="1d" if number == 3 else "4h",
        )


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["A3USDT", "A2USDT", "A1USDT", "A0USDT"]),
        ("?market_type=spot", ["A3USDT", "A1USDT"]),
        ("?status=pending", ["A0USDT"]),
        ("?interval=1d", ["A3USDT"]),
        ("?symbol=a2/usdt", ["A2USDT"]),
        ("?symbol=a2", ["A2USDT"]),
        ("?start_date=2026-01-02&end_date=2026-01-03", ["A2USDT", "A1USDT"]),
        ("?ordering=symbol", ["A0USDT", "A1USDT", "A2USDT", "A3USDT"]),
        ("?market_type=spot&status=pending", []),
    ],
)
def test_each_filter_narrows_the_list(query: str, expected: list[str], browser: Client, pool: None) -> None:
    assert symbols(page(browser, query)) == expected


def test_the_last_day_is_included_to_its_end(browser: Client) -> None:
    MonitorFactory(trigger_time=datetime(2026, 1, 5, 20, tzinfo=UTC))
    MonitorFactory(trigger_time=datetime(2026, 1, 6, 0, tzinfo=UTC))

    assert len(symbols(page(browser, "?end_date=2026-01-05"))) == 1


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("?status=nonsense", "nonsense"),
        ("?market_type=alpha", "alpha"),
        ("?interval=2h", "2h"),
        ("?start_date=yesterday", "Write a date such as 2026-01-31."),
        ("?start_date=2026-02-30", "Write a date such as 2026-01-31."),
        ("?start_date=2026-02-02&end_date=2026-02-01", "The last day must not be before the first."),
        ("?symbol=NOSUCHCOIN", "No instrument is called NOSUCHCOIN"),
        ("?ordering=colour", "colour"),
        ("?page_size=7", "7"),
        ("?symbol=%00", "Null characters"),
    ],
)
def test_a_wrong_filter_is_explained(query: str, message: str, browser: Client, pool: None) -> None:
    answer = page(browser, query)

    assert answer.status_code == 200
    assert "These filters cannot be used" in answer.content.decode()
    assert message in answer.content.decode()


@pytest.mark.parametrize("number", ["0", "-1", "999", "x", ""])
def test_an_impossible_page_number_shows_a_page_that_exists(number: str, browser: Client, pool: None) -> None:
    assert len(symbols(page(browser, f"?page={number}"))) == 4


@pytest.mark.requirement("P0-5")
def test_every_row_names_its_market_and_the_market_filter_tells_them_apart(browser: Client, pool: None) -> None:
    assert '<td data-label="Market">Spot</td>' in page(browser).content.decode()
    assert '<td data-label="Market">Spot</td>' not in page(browser, "?market_type=futures").content.decode()


def test_tiles_count_every_status_within_the_other_filters(browser: Client, pool: None) -> None:
    tiles = page(browser, "?market_type=spot&status=pending").context["tiles"]

    counts = {tile.status: tile.count for tile in tiles}
    assert counts == {
        "": 2, "pending": 0, "suspected_abandonment": 1, "confirmed_abandonment": 0, "invalidated": 1
    }  # fmt: skip
    assert [tile.status for tile in tiles if tile.is_current] == ["pending"]


def test_rows_show_the_relative_volume_of_the_trigger_at_every_stage(browser: Client) -> None:
    MonitorWithHistoryFactory(status=TrapStatus.CONFIRMED.value)

    assert page(browser).context["rows"][0].rvol_ratio == 9.25


def test_an_infinite_relative_volume_is_shown_as_such(browser: Client) -> None:
    IndicatorsFactory(rvol_ratio=float("inf"))

    assert "∞ ×" in page(browser).content.decode()


def test_cheap_coins_keep_their_digits(browser: Client) -> None:
    MonitorFactory(trigger_price=Decimal("0.000000012345678901"))

    assert "0.000000012345678901" in page(browser).content.decode()


def test_pages_neither_repeat_nor_miss_a_row_when_the_order_ties(browser: Client) -> None:
    for _number in range(45):
        MonitorFactory(interval="4h")
    seen = [
        item.row.monitor.pk
        for number in (1, 2, 3)
        for item in page(browser, f"?ordering=interval&page={number}").context["rows"]
    ]

    assert len(seen) == len(set(seen)) == 45


def test_an_empty_database_names_the_commands_that_fill_it(browser: Client) -> None:
    text = page(browser).content.decode()

    assert "No volume traps yet" in text
    for command in ("fetch_futures_contracts", "update_klines", "scan_volume_traps"):
        assert f"manage.py {command}" in text


def test_no_match_is_told_apart_from_an_empty_database(browser: Client, pool: None) -> None:
    assert "No volume trap matches these filters" in page(browser, "?end_date=2020-01-01").content.decode()


def test_the_first_fill_is_shown_and_the_page_refreshes_itself(browser: Client) -> None:
    JobRunFactory(job="update_klines:futures:4h", outcome=JobRun.Outcome.RUNNING, finished_at=None)
    text = page(browser).content.decode()

    assert "Filling the database." in text
    assert "update_klines futures 4h" in text
    assert 'data-refresh-seconds="3"' in text


def test_between_two_jobs_of_the_first_fill_the_page_still_says_so(browser: Client) -> None:
    JobRunFactory(job="update_klines:futures:4h")

    assert "Filling the database." in page(browser).content.decode()


def test_a_page_opened_before_the_first_job_finds_out_by_itself(browser: Client) -> None:
    text = page(browser).content.decode()

    assert "Filling the database." not in text
    assert 'data-refresh-seconds="3"' in text


def test_after_the_first_scan_running_jobs_are_no_news(browser: Client) -> None:
    JobRunFactory(job="volume_traps:futures:4h", summary={"command": "scan_volume_traps"})
    JobRunFactory(job="update_klines:futures:4h", outcome=JobRun.Outcome.RUNNING, finished_at=None)
    text = page(browser).content.decode()

    assert "Filling the database." not in text
    assert 'data-refresh-seconds="30"' in text


def test_a_run_that_was_killed_long_ago_is_not_taken_for_running(browser: Client) -> None:
    long_ago = timezone.now() - timedelta(hours=2)
    JobRunFactory(outcome=JobRun.Outcome.RUNNING, started_at=long_ago, finished_at=None)

    assert "Filling the database." not in page(browser).content.decode()


def test_names_from_the_exchange_cannot_inject_markup(browser: Client) -> None:
    MonitorFactory(instrument=InstrumentFactory(base_asset="<script>alert(1)</script>", symbol="XUSDT"))

    assert "<script>alert" not in page(browser).content.decode()
