"""What a trader does: log in, filter, sort, open a trap, switch language and theme, wait for the first fill."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from monitor.models import JobRun
from tests.browser.conftest import Visit, Watched
from tests.browser.market import Market
from tests.factories.monitor import JobRunFactory
from volume_trap.models import VolumeTrapMonitor


def rows(page: Page) -> list[str]:
    return page.locator("table.grid tbody th a").all_inner_texts()


def test_a_login_by_form_leads_to_the_pool(visit: Callable[..., Watched]) -> None:
    page = visit(anonymous=True).go("/")
    page.get_by_label("User name").fill("trader")
    page.get_by_label("Password").fill("a-login-for-tests")
    page.get_by_role("button", name="Log in").click()

    expect(page.get_by_role("heading", name="Pool of volume traps")).to_be_visible()


def test_a_wrong_password_is_explained(visit: Callable[..., Watched]) -> None:
    page = visit(anonymous=True).go("/accounts/login/")
    page.get_by_label("User name").fill("trader")
    page.get_by_label("Password").fill("not-the-password")
    page.get_by_role("button", name="Log in").click()

    expect(page.get_by_role("alert")).to_contain_text("correct username and password")


@pytest.mark.parametrize("javascript", [True, False])
def test_filters_narrow_the_list_and_stay_in_the_address(javascript: bool, visit: Callable[..., Watched]) -> None:
    page = visit(Visit(javascript=javascript)).go("/traps/")
    page.get_by_label("Market").select_option("futures")
    page.get_by_label("Symbol").fill("sol/usdt")
    page.get_by_role("button", name="Apply").click()

    assert "symbol=sol%2Fusdt" in page.url
    assert "market_type=futures" in page.url
    assert rows(page) == ["SOL/USDT"] * VolumeTrapMonitor.objects.filter(instrument__symbol="SOLUSDT").count()
    page.get_by_role("link", name="Confirmed abandonment").click()
    assert rows(page) == ["SOL/USDT"]
    assert "symbol=sol%2Fusdt" in page.url


def test_the_numbers_on_the_list_equal_the_database(visit: Callable[..., Watched], market: Market) -> None:
    page = visit().go("/traps/?symbol=PEPEUSDT")
    cells = page.locator("table.grid tbody tr").first.locator("td").all_inner_texts()

    assert "0.00001234" in cells
    assert "0.0000098" in cells
    assert "−20.58 %" in cells
    assert page.locator("table.grid tbody tr .tag-warn").inner_text().strip() == "market-wide"


def test_every_tile_counts_its_status(visit: Callable[..., Watched]) -> None:
    page = visit().go("/traps/")
    for status, label in VolumeTrapMonitor.Status.choices:
        tile = page.get_by_role("link", name=f"{VolumeTrapMonitor.objects.filter(status=status).count()} {label}")
        expect(tile).to_be_visible()


def test_a_column_head_sorts_and_a_second_click_turns_it_round(visit: Callable[..., Watched]) -> None:
    page = visit().go("/traps/?page_size=100")
    page.get_by_role("link", name="Pair").click()
    ascending = rows(page)
    page.get_by_role("link", name="Pair").click()

    assert ascending == sorted(ascending, key=lambda text: text.replace("/", ""))
    assert rows(page) == sorted(ascending, key=lambda text: text.replace("/", ""), reverse=True)
    expect(page.locator("th[aria-sort=descending]")).to_contain_text("Pair")


def test_the_second_page_goes_on_where_the_first_ended(visit: Callable[..., Watched]) -> None:
    page = visit().go("/traps/?page_size=20")
    first = page.locator("table.grid tbody th a").evaluate_all("links => links.map(a => a.href)")
    page.get_by_role("link", name="Next").click()
    second = page.locator("table.grid tbody th a").evaluate_all("links => links.map(a => a.href)")

    assert len(first) == 20
    assert not set(first) & set(second)
    assert len(first) + len(second) == VolumeTrapMonitor.objects.count()


def test_times_are_in_the_viewers_zone_and_the_title_keeps_utc(visit: Callable[..., Watched], market: Market) -> None:
    page = visit(Visit(zone="Asia/Kolkata")).go(f"/traps/{market.trap.pk}/")
    shown = page.locator("dl.facts time").first
    utc = market.trap.trigger_time

    expect(shown).to_have_attribute("title", f"{utc:%Y-%m-%d %H:%M} UTC")
    expect(page.locator("footer [data-zone]")).to_have_text("Asia/Calcutta (UTC+5:30)")
    assert shown.inner_text().endswith(":30")


def test_the_language_switch_turns_the_page_and_comes_back(visit: Callable[..., Watched]) -> None:
    page = visit().go("/traps/?status=pending")
    page.get_by_role("button", name="中文").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("巨量诱多监控池")
    assert page.url.endswith("/traps/?status=pending")

    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Pool of volume traps")


def test_the_chosen_theme_survives_a_reload(visit: Callable[..., Watched]) -> None:
    page = visit(Visit(theme="light")).go("/traps/")
    page.get_by_role("button", name="Theme").click()
    page.get_by_role("button", name="Dark").click()
    page.reload()

    assert page.evaluate("document.documentElement.dataset.bsTheme") == "dark"


def test_previous_and_next_lead_through_the_traps_of_one_instrument(
    visit: Callable[..., Watched], market: Market
) -> None:
    page = visit().go(f"/traps/{market.trap.pk}/")
    page.get_by_role("link", name="Newer trap").click()
    assert not page.url.endswith(f"/traps/{market.trap.pk}/")
    page.get_by_role("link", name="Older trap").click()

    assert page.url.endswith(f"/traps/{market.trap.pk}/")


def test_the_keyboard_reaches_the_content_first(visit: Callable[..., Watched]) -> None:
    page = visit().go("/traps/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")

    assert page.evaluate("document.activeElement.id") == "content"


def test_on_a_phone_the_filters_start_folded(visit: Callable[..., Watched]) -> None:
    page = visit(Visit(width=390)).go("/traps/")

    expect(page.get_by_label("Symbol")).to_be_hidden()
    page.locator("details.filters summary").click()
    expect(page.get_by_label("Symbol")).to_be_visible()


def test_the_filling_notice_goes_away_by_itself(visit: Callable[..., Watched]) -> None:
    scans = list(JobRun.objects.filter(summary__command="scan_volume_traps"))
    JobRun.objects.filter(pk__in=[scan.pk for scan in scans]).delete()
    filling = JobRunFactory(job="update_klines:futures:4h", outcome=JobRun.Outcome.RUNNING, finished_at=None)
    try:
        page = visit().go("/traps/")
        expect(page.get_by_text("Filling the database.")).to_be_visible()
        JobRun.objects.bulk_create(scans)
        expect(page.get_by_text("Filling the database.")).to_be_hidden(timeout=15_000)
        expect(page.locator("#pool")).to_have_attribute("data-refresh-seconds", "30")
    finally:
        filling.delete()
        JobRun.objects.bulk_create(scans, ignore_conflicts=True)
