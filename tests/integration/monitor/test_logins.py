"""The first login: made once, kept in a private file, never over somebody else's."""

from pathlib import Path

import pytest
from django.contrib.auth import authenticate, get_user_model

from monitor.services.logins import ensure_first_login

pytestmark = pytest.mark.django_db


def test_the_first_start_makes_a_login_that_works(tmp_path: Path) -> None:
    login = ensure_first_login(tmp_path / "admin_password")

    assert login.username == "admin"
    assert authenticate(username="admin", password=login.password).is_superuser
    assert (tmp_path / "admin_password").read_text(encoding="utf-8") == login.password


def test_a_later_start_changes_nothing_and_reveals_nothing(tmp_path: Path) -> None:
    first = ensure_first_login(tmp_path / "admin_password")

    second = ensure_first_login(tmp_path / "admin_password")

    assert (second.username, second.password) == ("admin", None)
    assert authenticate(username="admin", password=first.password) is not None


def test_an_administrator_of_somebody_else_is_respected(tmp_path: Path) -> None:
    get_user_model().objects.create_superuser("carol", password="correct horse battery")

    login = ensure_first_login(tmp_path / "admin_password")

    assert (login.username, login.password) == ("carol", None)
    assert not (tmp_path / "admin_password").exists()


def test_a_new_database_gets_the_password_that_is_already_kept(tmp_path: Path) -> None:
    first = ensure_first_login(tmp_path / "admin_password")
    get_user_model().objects.all().delete()

    assert ensure_first_login(tmp_path / "admin_password") == first
