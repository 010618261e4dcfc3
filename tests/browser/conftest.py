"""A real Chromium against a real server on loopback; skipped loudly without Chromium unless it is demanded."""

import asyncio
import contextlib
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, sync_playwright
from pytest_django import DjangoDbBlocker

from tests.browser.market import Market, make_market

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
SCREENSHOTS = Path(__file__).resolve().parents[2] / "artefacts" / "screenshots"
HEIGHTS = {1280: 900, 390: 844}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            # WhiteNoise hands files to ASGI as synchronous iterators; Django says so and serves them.
            item.add_marker(pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume"))
            item.add_marker(pytest.mark.filterwarnings("ignore:No directory at"))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        reason = f"no Chromium at {CHROMIUM} (apt-get install chromium fonts-wqy-microhei, or set CHROMIUM)"
        if os.environ.get("REQUIRE_BROWSER") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session", autouse=True)
def _orm_beside_the_browser() -> Iterator[None]:
    """Playwright keeps an event loop running in this thread, which Django would take for asynchronous code."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        yield


@pytest.fixture(scope="session")
def market(django_test_environment: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Market]:
    """Committed rows in a test database, made once; a test that changes some puts them back.

    pytest-django's own set-up only serves tests that run inside a transaction or flush after themselves.
    """
    from django.test.utils import setup_databases, teardown_databases

    with django_db_blocker.unblock():
        database = setup_databases(verbosity=0, interactive=False, aliases=["default"])
        yield make_market()
        teardown_databases(database, verbosity=0)


class _QuietServer(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield  # signals belong to pytest


@pytest.fixture(scope="session")
def site(market: Market) -> Iterator[str]:
    """The whole site under uvicorn in a thread with its own loop; gives its address."""
    from config.asgi import application

    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(application, lifespan="off", log_config=None, access_log=False)
        server = _QuietServer(config)
        thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])))
        thread.start()
        while not server.started:
            time.sleep(0.02)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join(10)


@dataclass(frozen=True, slots=True)
class Visit:
    """How a page is looked at."""

    language: str = "en"
    theme: str = "light"
    width: int = 1280
    javascript: bool = True
    zone: str = "Asia/Shanghai"


@dataclass
class Watched:
    """A page and everything it should not have done."""

    page: Page
    site: str
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def go(self, path: str) -> Page:
        """Open a path and wait until its chart, if it has one, has settled."""
        self.page.goto(f"{self.site}{path}")
        if self.page.locator("figure.chart").count():
            self.page.wait_for_selector("figure.chart:not([data-state=loading])")
        return self.page

    def foreign_requests(self) -> list[str]:
        here = urlsplit(self.site).netloc
        return [url for url in self.requests if urlsplit(url).scheme != "data" and urlsplit(url).netloc != here]

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(f"{message.type}: {message.text}")

    def _on_request(self, request: Request) -> None:
        self.requests.append(request.url)

    def watch(self) -> None:
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", self._on_request)


@pytest.fixture
def visit(chromium: Browser, site: str, market: Market) -> Iterator[Callable[..., Watched]]:
    """Opens a watched page for a visitor who is logged in (unless ``anonymous``)."""
    contexts: list[BrowserContext] = []

    def open_page(how: Visit | None = None, *, anonymous: bool = False) -> Watched:
        wanted = how or Visit()
        context = chromium.new_context(
            viewport={"width": wanted.width, "height": HEIGHTS[wanted.width]},
            color_scheme=wanted.theme,
            timezone_id=wanted.zone,
            locale="en-US",
            java_script_enabled=wanted.javascript,
        )
        contexts.append(context)
        cookies = {"django_language": wanted.language}
        if not anonymous:
            cookies["sessionid"] = _session_of(market)
        context.add_cookies([{"name": name, "value": value, "url": site} for name, value in cookies.items()])
        watched = Watched(context.new_page(), site)
        watched.watch()
        return watched

    yield open_page
    for context in contexts:
        context.close()


def _session_of(market: Market) -> str:
    from django.test import Client

    client = Client()
    client.force_login(market.trader)
    return client.cookies["sessionid"].value


@pytest.fixture(scope="session")
def screenshots() -> Path:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    return SCREENSHOTS
