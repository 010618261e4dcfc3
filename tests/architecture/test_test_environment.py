"""The tests run where they say they run: on the database asked for, without the network."""

import os
import socket

import pytest
from django.core.cache import cache
from django.db import connection

from tests.conftest import NetworkBlocked


@pytest.mark.django_db
def test_the_database_is_the_one_the_environment_names() -> None:
    wanted = "postgresql" if os.environ.get("DATABASE_URL", "").startswith("postgres") else "sqlite"

    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")

    assert connection.vendor == wanted


@pytest.mark.django_db
def test_the_sqlite_database_is_a_file_that_threads_share() -> None:
    if connection.vendor != "sqlite":
        pytest.skip("this run is on PostgreSQL")

    assert "memory" not in str(connection.settings_dict["NAME"])


def test_redis_is_used_when_the_environment_names_one() -> None:
    if not os.environ.get("REDIS_URL"):
        pytest.skip("REDIS_URL is not set: this run uses the in-process cache")

    cache.set("answer", 42, 5)

    assert cache.client.get_client().ping()
    assert cache.get("answer") == 42


@pytest.mark.parametrize("address", [("203.0.113.1", 443), ("2001:db8::1", 443)])
def test_another_host_cannot_be_reached(address: tuple[str, int]) -> None:
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    with socket.socket(family) as outside, pytest.raises(NetworkBlocked):
        outside.connect(address)


def test_another_host_cannot_be_looked_up() -> None:
    with pytest.raises(NetworkBlocked):
        socket.getaddrinfo("example.org", 443)
