"""The candle chart draws what the database holds, and says so when it cannot."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from monitor.models import Kline
from tests.browser.conftest import Watched
from tests.browser.market import Market

MARKS = (
    "Array.from(document.querySelector('figure.chart').candleChart.markers.markers(), ({time, text}) => [time, text])"
)
LINES = """document.querySelector('figure.chart').candleChart.lines
    .map(({kind, line}) => [kind, line.options().price])"""
CANDLES = """document.querySelector('figure.chart').candleChart.series.data()
    .map(({time, open, high, low, close}) => [time, open, high, low, close])"""


def trap_page(visit: Callable[..., Watched], market: Market) -> Page:
    return visit().go(f"/traps/{market.trap.pk}/")


def wait_until(page: Page, condition: str) -> None:
    """Playwright's own waiting evaluates text inside the page, which the page's security policy refuses."""
    for _attempt in range(100):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(50)
    pytest.fail(f"never true: {condition}")


def test_the_marks_stand_on_the_candles_that_decided(visit: Callable[..., Watched], market: Market) -> None:
    trap = market.trap
    page = trap_page(visit, market)

    assert page.evaluate(MARKS) == [
        [int(trap.trigger_time.timestamp()), "trigger"],
        [int(trap.suspected_at.timestamp()), "suspected"],
        [int(trap.confirmed_at.timestamp()), "confirmed"],
    ]


def test_the_marked_candles_are_in_view(visit: Callable[..., Watched], market: Market) -> None:
    page = trap_page(visit, market)
    where = """time => document.querySelector('figure.chart').candleChart.chart.timeScale().timeToCoordinate(time)"""
    width = page.locator(".chart-canvas").bounding_box()["width"]

    for moment in (market.trap.trigger_time, market.trap.suspected_at, market.trap.confirmed_at):
        assert 0 < page.evaluate(where, int(moment.timestamp())) < width


def test_the_chart_of_an_instrument_begins_with_its_newest_candles(visit: Callable[..., Watched]) -> None:
    page = visit().go("/instruments/futures/SOLUSDT/")
    shown = "document.querySelector('figure.chart').candleChart.chart.timeScale().getVisibleLogicalRange().to"

    assert page.evaluate(shown) >= len(page.evaluate(CANDLES)) - 1
    assert page.evaluate(f"{MARKS}.length") == 2


def test_the_price_lines_are_the_key_level_and_the_trigger_close(visit: Callable[..., Watched], market: Market) -> None:
    page = trap_page(visit, market)

    assert page.evaluate(LINES) == [
        ["trigger_price", float(market.trap.trigger_price)],
        ["key_level", float(market.trap.trigger_kline_low)],
    ]


def test_the_candles_equal_the_database(visit: Callable[..., Watched], market: Market) -> None:
    page = trap_page(visit, market)
    drawn = {row[0]: row[1:] for row in page.evaluate(CANDLES)}
    stored = {
        int(kline.open_time.timestamp()): [float(value) for value in (kline.open, kline.high, kline.low, kline.close)]
        for kline in Kline.objects.filter(instrument=market.trap.instrument)
    }

    assert len(drawn) > 100
    assert drawn == {time: stored[time] for time in drawn}


def test_the_legend_shows_the_newest_candle_with_all_its_digits(visit: Callable[..., Watched], market: Market) -> None:
    page = trap_page(visit, market)
    newest = page.evaluate(CANDLES)[-1]
    kline = Kline.objects.get(instrument=market.trap.instrument, open_time=_moment(newest[0]))

    legend = page.locator(".chart-legend").inner_text()
    assert format(kline.close.normalize(), "f") in legend


def test_a_change_of_theme_repaints_the_candles(visit: Callable[..., Watched], market: Market) -> None:
    page = trap_page(visit, market)
    color = "document.querySelector('figure.chart').candleChart.series.options().upColor"
    light = page.evaluate(color)
    page.get_by_role("button", name="Theme").click()
    page.get_by_role("button", name="Dark").click()

    wait_until(page, f"{color} !== '{light}'")


def test_arrow_keys_move_the_chart(visit: Callable[..., Watched], market: Market) -> None:
    page = trap_page(visit, market)
    shown = "document.querySelector('figure.chart').candleChart.chart.timeScale().getVisibleLogicalRange().from"
    before = page.evaluate(shown)
    page.locator(".chart-canvas").focus()
    page.keyboard.press("ArrowLeft")

    wait_until(page, f"{shown} < {before}")


def test_without_candles_the_chart_names_the_command_that_fetches_them(
    visit: Callable[..., Watched], market: Market
) -> None:
    page = visit().go(f"/traps/{market.bare.pk}/")

    expect(page.locator("figure.chart")).to_have_attribute("data-state", "empty")
    symbol = market.bare.instrument.symbol
    expected = f"python manage.py update_klines --interval 4h --market-type futures --symbol {symbol}"
    assert page.locator(".when-empty code").inner_text() == expected


def test_a_failing_candle_request_can_be_tried_again(visit: Callable[..., Watched], market: Market) -> None:
    watched = visit()
    page = watched.page
    page.route(
        "**/api/volume-trap/klines/**", lambda route: route.fulfill(status=503, json={"error": {"message": "busy"}})
    )
    watched.go(f"/traps/{market.trap.pk}/")
    expect(page.locator("figure.chart")).to_have_attribute("data-state", "error")
    expect(page.locator("[data-error-text]")).to_have_text("busy")

    page.unroute("**/api/volume-trap/klines/**")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("figure.chart")).to_have_attribute("data-state", "ready")


def test_the_chart_credits_its_library_with_a_visible_link(visit: Callable[..., Watched], market: Market) -> None:
    page = trap_page(visit, market)

    expect(page.get_by_role("link", name="TradingView Lightweight Charts")).to_be_visible()


def test_cheap_coins_keep_their_digits_on_the_price_lines(visit: Callable[..., Watched], market: Market) -> None:
    page = visit().go(f"/traps/{market.cheap.pk}/")

    assert Decimal(page.locator("dl.facts dd").nth(1).inner_text()) == market.cheap.trigger_price


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, tz=UTC)
