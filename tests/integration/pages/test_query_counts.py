"""The number of database queries of a page does not depend on how much it shows."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.factories.monitor import InstrumentFactory, JobRunFactory
from tests.factories.volume_trap import MonitorWithHistoryFactory

pytestmark = pytest.mark.django_db

# Two of each are the session and the user.
MOST_QUERIES = {
    "/traps/": 9,
    "/traps/?symbol=COINUSDT&status=confirmed_abandonment": 12,
    "/instruments/": 5,
    "/instruments/futures/COINUSDT/": 8,
    "/jobs/": 3,
}


def queries_of(browser: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert browser.get(path).status_code == 200
    return len(captured)


@pytest.fixture
def fill() -> Callable[[int], None]:
    instrument = InstrumentFactory(base_asset="COIN")
    JobRunFactory(job="volume_traps:futures:4h", summary={"command": "scan_volume_traps"})

    def add(number: int) -> None:
        for index in range(number):
            MonitorWithHistoryFactory(status="confirmed_abandonment", instrument=instrument)
            MonitorWithHistoryFactory(status="suspected_abandonment")
            JobRunFactory(job=f"job {index}")

    return add


@pytest.mark.parametrize("path", MOST_QUERIES)
def test_a_fuller_page_needs_no_more_queries(path: str, browser: Client, fill: Callable[[int], None]) -> None:
    fill(2)
    few = queries_of(browser, path)
    fill(8)

    assert queries_of(browser, path) == few <= MOST_QUERIES[path]


def test_the_detail_page_is_bounded_too(browser: Client) -> None:
    monitor = MonitorWithHistoryFactory(status="confirmed_abandonment")

    assert queries_of(browser, f"/traps/{monitor.pk}/") <= 7
