"""Who may read, how often, and how every failure looks."""

from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.utils import timezone
from knox.models import AuthToken
from rest_framework.test import APIClient
from rest_framework.throttling import UserRateThrottle

from volume_trap.api import views

URL = "/api/volume-trap/monitors/"
ENDPOINTS = [
    "/api/volume-trap/monitors/",
    "/api/volume-trap/monitors/1/",
    "/api/volume-trap/stats/",
    "/api/volume-trap/klines/",
    "/api/volume-trap/instruments/",
    "/api/schema/",
]


def error(response, status: int) -> dict:
    assert response.status_code == status, response.content
    body = response.json()
    assert set(body) == {"error"}
    assert set(body["error"]) == {"code", "message", "details"}
    return body["error"]


@pytest.mark.requirement("SEC-5")
@pytest.mark.django_db
@pytest.mark.parametrize("url", ENDPOINTS)
def test_nobody_reads_without_login_or_token(url):
    response = APIClient().get(url)
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Token"


@pytest.mark.django_db
def test_the_refusal_of_a_stranger_has_the_envelope():
    assert error(APIClient().get(URL), 401)["code"] == "not_authenticated"


@pytest.mark.django_db
def test_a_wrong_token_is_refused():
    client = APIClient(headers={"Authorization": "Token 0000"})
    assert error(client.get(URL), 401)["code"] == "invalid_token"


def test_a_logged_in_person_reads_without_token(django_user_model, db):
    client = APIClient()
    client.force_login(django_user_model.objects.create_user("person"))
    assert client.get(URL).status_code == 200


def test_an_expired_token_is_refused(token_client: APIClient):
    AuthToken.objects.update(expiry=timezone.now() - timedelta(seconds=1))
    assert error(token_client.get(URL), 401)["code"] == "invalid_token"


def test_the_command_prints_a_token_that_works_and_stores_only_its_hash(db):
    get_user_model().objects.create_user("reader")
    out = StringIO()
    call_command("create_api_token", "reader", "--days", "3", stdout=out)
    token = out.getvalue().strip().splitlines()[-1]
    assert APIClient(headers={"Authorization": f"Token {token}"}).get(URL).status_code == 200
    stored = AuthToken.objects.get()
    assert token not in (stored.digest, stored.token_key)
    assert timedelta(days=2, hours=23) < stored.expiry - timezone.now() <= timedelta(days=3)


def test_a_token_for_nobody_is_a_one_line_error_with_exit_code_two(db):
    get_user_model().objects.create_user("reader")
    with pytest.raises(CommandError, match="No user is called 'raeder'") as caught:
        call_command("create_api_token", "raeder")
    assert caught.value.returncode == 2


@pytest.mark.parametrize("days", ["0", "-1", "40000"])
def test_a_token_must_live_a_sensible_time(db, days):
    get_user_model().objects.create_user("reader")
    with pytest.raises(CommandError, match="from 1 to 3650"):
        call_command("create_api_token", "reader", "--days", days)


def test_too_many_requests_are_told_when_to_come_back(token_client: APIClient, monkeypatch):
    monkeypatch.setattr(UserRateThrottle, "THROTTLE_RATES", {"user": "2/min"})
    assert [token_client.get(URL).status_code for _ in range(2)] == [200, 200]
    response = token_client.get(URL)
    answer = error(response, 429)
    assert answer["code"] == "throttled"
    assert 0 < int(response["Retry-After"]) <= 60
    assert answer["details"] == {"retry_after_seconds": int(response["Retry-After"])}


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_nothing_can_be_written(token_client: APIClient, method):
    assert error(getattr(token_client, method)(URL), 405)["code"] == "method_not_allowed"


def test_a_format_nobody_offers_is_refused(token_client: APIClient):
    response = token_client.get(URL, headers={"Accept": "text/csv"})
    assert error(response, 406)["code"] == "not_acceptable"


@pytest.mark.parametrize("value", ["csv", "json"])
def test_a_format_cannot_be_asked_for_in_the_query(token_client: APIClient, value):
    assert error(token_client.get(URL, {"format": value}), 400)["code"] == "unknown_parameter"


@pytest.mark.parametrize("path", ["", "nothing/", "volume-trap/", "volume-trap/monitors/x/", "volume-trap/monitor"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_an_unknown_path_answers_with_the_envelope(token_client: APIClient, path, method):
    answer = error(getattr(token_client, method)(f"/api/{path}"), 404)
    assert answer["code"] == "not_found"
    assert "/api/docs/" in answer["message"]


def test_an_unknown_path_answers_a_stranger_alike():
    assert error(APIClient().get("/api/nothing/"), 404)["code"] == "not_found"


def test_a_forgotten_slash_leads_to_the_endpoint(token_client: APIClient):
    response = token_client.get("/api/volume-trap/monitors?status=pending")
    assert response.status_code == 302
    assert response["Location"] == "/api/volume-trap/monitors/?status=pending"


def test_an_unforeseen_failure_tells_the_client_nothing_but_a_number(token_client: APIClient, monkeypatch, caplog):
    def fail() -> None:
        raise RuntimeError("the vault code is 1234")

    monkeypatch.setattr(views, "list_monitors", fail)
    response = token_client.get(URL)
    answer = error(response, 500)
    assert answer["code"] == "internal_error"
    assert b"vault" not in response.content
    assert b"RuntimeError" not in response.content
    assert caplog.records[0].error_id == answer["details"]["error_id"]
    assert "the vault code is 1234" in caplog.text


def test_a_database_that_does_not_answer_is_a_503(token_client: APIClient, monkeypatch):
    def fail() -> None:
        raise OperationalError("database is locked")

    monkeypatch.setattr(views, "list_monitors", fail)
    response = token_client.get(URL)
    assert error(response, 503)["code"] == "database_unavailable"
    assert response["Retry-After"] == "1"
