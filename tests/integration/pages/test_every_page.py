"""Every page route answers in both languages, and only to somebody who is logged in."""

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.urls import URLPattern, reverse
from django.utils import translation

from monitor.urls import urlpatterns as monitor_routes
from tests.factories.monitor import JobRunFactory
from tests.factories.volume_trap import MonitorWithHistoryFactory
from volume_trap.models import VolumeTrapMonitor
from volume_trap.urls import urlpatterns as trap_routes

pytestmark = pytest.mark.django_db

ROUTES: list[URLPattern] = [*monitor_routes, *trap_routes]
TITLES = {
    "trap-list": ("Pool of volume traps", "巨量诱多监控池"),
    "trap-detail": ("Detectors", "检测器"),
    "instrument-list": ("Instruments", "交易品种"),
    "instrument-detail": ("Volume traps of this instrument", "该品种的巨量诱多"),
    "job-list": ("The last run of each job", "各任务最近一次运行"),
}


def address(name: str, monitor: VolumeTrapMonitor) -> str:
    arguments = {
        "trap-detail": [monitor.pk],
        "instrument-detail": [monitor.instrument.market_type, monitor.instrument.symbol],
    }
    return reverse(name, args=arguments.get(name, []))


@pytest.fixture
def monitor(db: None) -> VolumeTrapMonitor:
    JobRunFactory()
    return MonitorWithHistoryFactory(status="confirmed_abandonment", market_wide=True)


def test_every_page_route_is_covered_here() -> None:
    pages = {route.name for route in ROUTES if not str(route.pattern).startswith(("healthz", "readyz", "metrics"))}

    assert pages - {"home"} == set(TITLES)


@pytest.mark.parametrize("name", TITLES)
@pytest.mark.parametrize(("language", "position"), [("en", 0), ("zh-hans", 1)])
def test_the_page_answers_in_both_languages(
    name: str, language: str, position: int, browser: Client, monitor: VolumeTrapMonitor
) -> None:
    browser.cookies["django_language"] = language
    answer = browser.get(address(name, monitor))

    assert answer.status_code == 200
    assert TITLES[name][position] in answer.content.decode()
    assert f'<html lang="{language}"' in answer.content.decode()


@pytest.mark.parametrize("name", [*TITLES, "home"])
def test_a_stranger_is_sent_to_the_login_and_back(name: str, client: Client, monitor: VolumeTrapMonitor) -> None:
    path = address(name, monitor)
    answer = client.get(path, follow=True)

    assert answer.redirect_chain[-1][0].startswith(reverse("login") + "?next=")


@pytest.mark.parametrize("name", TITLES)
def test_pages_only_read(name: str, browser: Client, monitor: VolumeTrapMonitor) -> None:
    assert browser.post(address(name, monitor)).status_code == 405


def test_the_home_page_is_the_pool_and_keeps_its_filters(browser: Client) -> None:
    answer = browser.get("/?status=pending")

    assert answer.status_code == 302
    assert answer.headers["Location"] == "/traps/?status=pending"


@pytest.mark.parametrize("name", [*TITLES, "login"])
def test_every_page_says_when_the_market_is_simulated(
    name: str, browser: Client, monitor: VolumeTrapMonitor, settings: object
) -> None:
    assert "SIMULATED MARKET" in browser.get(address(name, monitor)).content.decode()
    settings.EXCHANGE = "binance"
    assert "SIMULATED MARKET" not in browser.get(address(name, monitor)).content.decode()


@pytest.mark.parametrize("path", ["/admin/", "/admin/volume_trap/volumetrapmonitor/", "/admin/login/", "/api/docs/"])
def test_administration_and_api_documentation_say_so_too(
    path: str, admin_client: Client, client: Client, settings: object
) -> None:
    visitor = client if path.endswith("login/") else admin_client
    assert "SIMULATED MARKET" in visitor.get(path).content.decode()
    settings.EXCHANGE = "binance"
    assert "SIMULATED MARKET" not in visitor.get(path).content.decode()


def test_the_page_of_an_unexpected_error_says_so_too_without_asking_the_database(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: object) -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr("monitor.views.list_instruments", fail)
    admin_client.raise_request_exception = False
    answer = admin_client.get("/instruments/")
    assert answer.status_code == 500
    assert "SIMULATED MARKET" in answer.content.decode()
    assert "division by zero" not in answer.content.decode()


@pytest.mark.parametrize("name", TITLES)
def test_the_security_policy_forbids_inline_code_and_other_hosts(
    name: str, browser: Client, monitor: VolumeTrapMonitor
) -> None:
    policy = browser.get(address(name, monitor)).headers["Content-Security-Policy"]

    assert "unsafe" not in policy
    assert "http" not in policy
    assert "default-src 'none'" in policy


@pytest.mark.parametrize(
    "path", ["/traps/999999/", "/traps/99999999999999999999999/", "/instruments/moon/BTCUSDT/", "/instruments/spot/NO/"]
)
def test_what_does_not_exist_is_a_404_in_the_same_look(path: str, browser: Client, monitor: VolumeTrapMonitor) -> None:
    answer = browser.get(path)

    assert answer.status_code == 404
    assert "There is no such page" in answer.content.decode()


def test_a_form_without_its_token_is_refused_in_the_same_look() -> None:
    answer = Client(enforce_csrf_checks=True, headers={"accept-language": "en"}).post("/accounts/login/")

    assert answer.status_code == 403
    assert "The form has expired" in answer.content.decode()


def test_the_server_error_page_needs_no_request() -> None:
    with translation.override("en"):
        assert "Something went wrong here" in render_to_string("500.html")
