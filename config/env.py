"""Typed readers of the environment: the only place that touches it.

A value that cannot be what it should be stops the program with a sentence that says what would be right.
"""

import os
from collections.abc import Sequence
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

env = environ.Env()

DOTENV = Path(__file__).resolve().parent.parent / ".env"

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off", ""}


def read_dotenv(path: Path = DOTENV) -> None:
    """Take variables from a file, where there is one; the real environment wins."""
    if path.is_file():
        environ.Env.read_env(path)


def text(name: str, default: str = "") -> str:
    return str(env.str(name, default=default)).strip()


def flag(name: str, *, default: bool = False) -> bool:
    raw = text(name, "on" if default else "off").lower()
    if raw not in _TRUE | _FALSE:
        raise ImproperlyConfigured(f"{name}={raw!r} is not a yes/no value: use 1 or 0, true or false, on or off.")
    return raw in _TRUE


def number(name: str, default: int, *, least: int = 0, most: int | None = None) -> int:
    raw = text(name, str(default))
    digits = raw.removeprefix("-")
    value = int(raw) if digits.isascii() and digits.isdigit() else None
    if value is None or value < least or (most is not None and value > most):
        limits = f"of at least {least}" if most is None else f"from {least} to {most}"
        raise ImproperlyConfigured(f"{name}={raw!r} must be a whole number {limits}.")
    return value


def choice(name: str, default: str, choices: Sequence[str]) -> str:
    raw = text(name, default).lower()
    if raw not in choices:
        raise ImproperlyConfigured(f"{name}={raw!r} is unknown: use one of {', '.join(choices)}.")
    return raw


def words(name: str, default: str = "") -> list[str]:
    """Comma-separated words, blanks removed."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def prefixed(prefix: str) -> dict[str, str]:
    """All variables that start with ``prefix``, without it and without blanks around their values."""
    return {name[len(prefix) :]: value.strip() for name, value in os.environ.items() if name.startswith(prefix)}


def secret(name: str, default: str = "") -> str:
    """A secret from ``NAME``, or from the file that ``NAME_FILE`` points to."""
    path = text(f"{name}_FILE")
    if not path:
        return text(name, default)
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ImproperlyConfigured(f"{name}_FILE={path!r} cannot be read: {error.strerror}.") from error
