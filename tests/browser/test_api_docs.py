"""The browsable API page works under the site's own policy and asks no other host for anything."""

from collections.abc import Callable

from tests.browser.conftest import Watched


def test_a_request_can_be_sent_from_the_page_without_a_complaint_or_a_foreign_host(
    visit: Callable[..., Watched],
) -> None:
    watched = visit()
    page = watched.go("/api/docs/")
    page.wait_for_selector(".opblock")
    assert page.locator(".opblock").count() == 5
    stats = page.locator(".opblock", has_text="/api/volume-trap/stats/")
    stats.locator(".opblock-summary-control").click()
    stats.get_by_role("button", name="Try it out").click()
    stats.get_by_role("button", name="Execute").click()
    answered = stats.locator("table.live-responses-table .response-col_status", has_text="200")
    answered.wait_for()
    assert watched.complaints == []
    assert watched.foreign_requests() == []
