"""The API description: kept in the repository, complete, with examples, and a page that loads nothing from afar."""

import re
from io import StringIO
from pathlib import Path

import pytest
import yaml
from django.conf import settings
from django.contrib.staticfiles.finders import find
from django.core.management import call_command
from django.urls import get_resolver
from rest_framework.test import APIClient

SNAPSHOT = Path(settings.BASE_DIR) / "docs" / "openapi.yml"


@pytest.fixture(scope="module")
def schema_text() -> str:
    out = StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=out)
    return out.getvalue()


@pytest.fixture(scope="module")
def schema(schema_text: str) -> dict:
    return yaml.safe_load(schema_text)


def operations(schema: dict) -> dict:
    return {path: operation["get"] for path, operation in schema["paths"].items()}


def test_the_description_in_the_repository_is_the_generated_one(schema_text: str):
    # Written by: manage.py spectacular --validate --fail-on-warn --file docs/openapi.yml
    assert SNAPSHOT.read_text(encoding="utf-8").strip() == schema_text.strip()


def test_every_endpoint_is_described_and_only_reads(schema: dict):
    assert set(schema["paths"]) == {
        "/api/volume-trap/instruments/",
        "/api/volume-trap/klines/",
        "/api/volume-trap/monitors/",
        "/api/volume-trap/monitors/{monitor_id}/",
        "/api/volume-trap/stats/",
    }
    assert all(set(path) == {"get"} for path in schema["paths"].values())


def views_by_path() -> dict:
    found = {}
    for name in ("instruments", "klines", "monitors", "stats"):
        path = f"/api/volume-trap/{name}/"
        found[path] = get_resolver().resolve(path).func.cls()
    return found


def test_the_described_parameters_are_exactly_the_ones_the_views_know(schema: dict):
    for path, view in views_by_path().items():
        described = {parameter["name"] for parameter in operations(schema)[path]["parameters"]}
        assert described == set(view.known_parameters()), path


def test_every_parameter_has_a_meaning_and_an_example(schema: dict):
    for path, operation in operations(schema).items():
        for parameter in operation["parameters"]:
            if parameter["in"] == "query":
                assert parameter.get("description"), (path, parameter["name"])
                assert parameter.get("examples") or "example" in parameter, (path, parameter["name"])


def test_every_example_is_accepted(schema: dict, token_client: APIClient):
    for path, operation in operations(schema).items():
        for parameter in operation["parameters"]:
            if parameter["in"] != "query" or parameter["name"] == "page":
                continue
            examples = [row["value"] for row in parameter.get("examples", {}).values()] or [parameter["example"]]
            for example in examples:
                answer = token_client.get(path, {parameter["name"]: example}).json()
                assert parameter["name"] not in answer.get("error", {}).get("details", {}), (path, parameter)


def test_every_endpoint_describes_its_failures_with_the_envelope(schema: dict):
    for path, operation in operations(schema).items():
        failures = {code: body for code, body in operation["responses"].items() if code != "200"}
        assert {"400", "401", "429"} <= set(failures), path
        for body in failures.values():
            assert body["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Error"}


def test_the_description_is_served(token_client: APIClient):
    response = token_client.get("/api/schema/", headers={"Accept": "application/vnd.oai.openapi+json"})
    assert response.status_code == 200
    assert response.json()["info"]["title"] == "Trapline API"


@pytest.mark.requirement("SEC-5")
def test_the_page_needs_a_login(client):
    response = client.get("/api/docs/")
    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/")


def test_the_page_loads_only_own_files_and_needs_no_exception_from_the_policy(admin_client):
    response = admin_client.get("/api/docs/")
    page = response.content.decode()
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert len(addresses) == 6
    assert all(address.startswith("/") and not address.startswith("//") for address in addresses)
    assert "<style" not in page
    assert re.search(r"<script(?![^>]*src=)", page) is None
    assert "unsafe-inline" not in response["Content-Security-Policy"]


def test_every_file_of_the_page_is_there(admin_client):
    page = admin_client.get("/api/docs/").content.decode()
    static, own = [], []
    for address in re.findall(r'(?:src|href)="([^"]+)"', page):
        (static if address.startswith("/static/") else own).append(address)
    assert all(find(address.removeprefix("/static/")) for address in static)
    assert [admin_client.get(address.replace("&amp;", "&")).status_code for address in own] == [200]
