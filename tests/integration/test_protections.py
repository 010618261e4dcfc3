"""Django's protections are on for every page."""

import pytest
from django.test import Client

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("SEC-4")]


def test_a_form_sent_from_elsewhere_is_refused() -> None:
    answer = Client(enforce_csrf_checks=True).post("/accounts/login/", {"username": "admin", "password": "guess"})

    assert answer.status_code == 403


def test_pages_may_not_be_framed_and_load_nothing_from_elsewhere(client: Client) -> None:
    headers = client.get("/accounts/login/").headers

    policy = headers["Content-Security-Policy"]
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy


def test_a_host_name_that_is_not_ours_is_refused(client: Client) -> None:
    assert client.get("/accounts/login/", headers={"host": "elsewhere.example"}).status_code == 400


@pytest.mark.parametrize("path", ["/", "/api/volume-trap/monitors/", "/admin/"])
def test_a_stranger_sees_no_data(path: str, client: Client) -> None:
    assert client.get(path).status_code in {302, 401, 403}


def test_a_login_does_not_lead_to_another_site(client: Client, django_user_model: type) -> None:
    django_user_model.objects.create_user("reader", password="correct horse battery")
    form = {"username": "reader", "password": "correct horse battery", "next": "https://elsewhere.example/"}

    answer = client.post("/accounts/login/", form)

    assert answer.status_code == 302
    assert answer.url == "/"
