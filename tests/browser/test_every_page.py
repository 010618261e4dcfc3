"""Every page, in both languages and themes, on a desk and on a phone: clean, accessible and inside its width."""

from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.conftest import Visit, Watched
from tests.browser.market import Market

PAGES = {
    "login": "/accounts/login/",
    "list": "/traps/",
    "no-match": "/traps/?status=pending&end_date=2020-01-01",
    "bad-filter": "/traps/?status=nonsense&start_date=2026-02-02&end_date=2026-02-01",
    "detail": "/traps/{trap}/",
    "detail-without-candles": "/traps/{bare}/",
    "instruments": "/instruments/",
    "instrument": "/instruments/futures/SOLUSDT/",
    "jobs": "/jobs/",
}
VISITS = [
    Visit(lang, theme, width) for lang in ("en", "zh-hans") for theme in ("light", "dark") for width in (1280, 390)
]


def path_of(name: str, market: Market) -> str:
    return PAGES[name].format(trap=market.trap.pk, bare=market.bare.pk)


@pytest.mark.parametrize("how", VISITS, ids=lambda how: f"{how.language}-{how.theme}-{how.width}")
@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_clean_accessible_and_fits(
    name: str, how: Visit, visit: Callable[..., Watched], market: Market, screenshots: Path
) -> None:
    watched = visit(how, anonymous=name == "login")
    page = watched.go(path_of(name, market))
    page.screenshot(path=screenshots / f"{name}_{how.language}_{how.theme}_{how.width}.png", full_page=True)

    assert watched.complaints == []
    assert watched.foreign_requests() == []
    assert page.evaluate("document.documentElement.scrollWidth") <= how.width
    assert page.evaluate("document.documentElement.dataset.bsTheme") == how.theme
    assert page.locator(".simulated strong").is_visible()
    assert serious_violations(Axe().run(page).response["violations"]) == []


def serious_violations(violations: list[dict]) -> list[str]:
    """Rule and first offending element, short enough to read in a failure."""
    return [
        f"{violation['id']}: {violation['nodes'][0]['html'][:160]}"
        for violation in violations
        if violation["impact"] in {"serious", "critical"}
    ]


@pytest.mark.parametrize(("path", "status"), [("/nothing-here/", 404), ("/traps/999999999999999999999/", 404)])
def test_a_page_that_does_not_exist_says_so_in_the_same_look(
    path: str, status: int, visit: Callable[..., Watched]
) -> None:
    watched = visit()
    answer = watched.page.goto(f"{watched.site}{path}")

    assert answer is not None
    assert answer.status == status
    assert watched.page.locator("h1").inner_text() == "There is no such page"
    assert watched.foreign_requests() == []


def test_open_menus_are_accessible_too(visit: Callable[..., Watched]) -> None:
    page = visit(Visit(width=390)).go("/traps/")
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("button", name="Theme").click()
    page.get_by_role("button", name="Dark").wait_for()

    assert serious_violations(Axe().run(page).response["violations"]) == []
