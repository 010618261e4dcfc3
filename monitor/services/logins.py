"""The login that exists before anybody could make one."""

from dataclasses import dataclass
from pathlib import Path

from django.contrib.auth import get_user_model

from monitor.secrets_file import persistent_secret

ADMIN = "admin"
_RANDOM_BYTES = 12


@dataclass(frozen=True, slots=True)
class FirstLogin:
    """``password`` is given only when the login was made just now."""

    username: str
    password: str | None


def ensure_first_login(password_file: Path) -> FirstLogin:
    """Make a superuser with a generated password, kept in ``password_file``, where no superuser exists yet."""
    users = get_user_model().objects
    existing = users.filter(is_superuser=True, is_active=True).order_by("pk").first()
    if existing is not None:
        return FirstLogin(existing.get_username(), None)
    password = persistent_secret(password_file, _RANDOM_BYTES)
    users.create_superuser(ADMIN, password=password)
    return FirstLogin(ADMIN, password)
