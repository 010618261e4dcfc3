"""The settings modules, each loaded in a process of its own."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from monitor.secrets_file import persistent_secret
from tests.conftest import ROOT

STRONG = "".join(chr(97 + number % 26) for number in range(45))


def _load(module: str, expression: str, tmp_path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    code = f"import config.settings.{module} as settings; print({expression})"
    inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**inherited, "VAR_DIR": str(tmp_path / "var"), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("secret", ["", "short", "x" * 60])
def test_production_refuses_a_missing_or_weak_secret(secret: str, tmp_path: Path) -> None:
    done = _load("production", "'started'", tmp_path, SECRET_KEY=secret)

    assert done.returncode != 0
    assert "must hold at least 40 random characters" in done.stderr


def test_production_starts_with_a_strong_secret_and_sends_cookies_over_https_only(tmp_path: Path) -> None:
    done = _load(
        "production",
        "settings.DEBUG, settings.SESSION_COOKIE_SECURE, settings.CSRF_COOKIE_SECURE, settings.SECURE_SSL_REDIRECT",
        tmp_path,
        SECRET_KEY=STRONG,
    )

    assert done.stdout.strip() == "False True True True"


def test_development_makes_its_own_secret_and_keeps_it(tmp_path: Path) -> None:
    first = _load("development", "settings.SECRET_KEY", tmp_path).stdout
    second = _load("development", "settings.SECRET_KEY", tmp_path).stdout

    assert len(first.strip()) >= 50
    assert first == second


@pytest.mark.parametrize("exchange", ["simulator", "binance"])
def test_each_exchange_has_a_database_file_of_its_own(exchange: str, tmp_path: Path) -> None:
    done = _load("development", "settings.DATABASES['default']['NAME']", tmp_path, EXCHANGE=exchange)

    assert done.stdout.strip() == str(tmp_path / "var" / f"trapline-{exchange}.sqlite3")


def test_the_public_hosts_are_used_only_when_asked_for(tmp_path: Path) -> None:
    urls = "settings.BINANCE_SPOT_URL, settings.BINANCE_FUTURES_URL"

    simulated = _load("development", urls, tmp_path).stdout
    real = _load("development", urls, tmp_path, EXCHANGE="binance").stdout

    assert "binance" not in simulated
    assert "https://api.binance.com" in real
    assert "https://fapi.binance.com" in real


def test_sqlite_takes_the_write_lock_first_and_keeps_a_journal_for_readers(tmp_path: Path) -> None:
    done = _load("development", "settings.DATABASES['default']['OPTIONS']", tmp_path)

    assert "'transaction_mode': 'IMMEDIATE'" in done.stdout
    assert "journal_mode=WAL" in done.stdout


def test_a_wrong_setting_is_one_line_and_exit_code_2(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "up"],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings.development", "PORT": "eighty"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 2
    assert done.stderr.splitlines() == ["PORT='eighty' must be a whole number from 1 to 65535."]


@pytest.mark.unit
def test_a_persistent_secret_is_private_and_stays_the_same(tmp_path: Path) -> None:
    path = tmp_path / "secret"

    first, second = persistent_secret(path), persistent_secret(path)

    assert first == second
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.unit
def test_every_variable_that_settings_read_is_explained_in_the_example() -> None:
    settings = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "config/settings").glob("*.py"))
    read = set(re.findall(r'env\.(?:text|flag|number|choice|words|secret)\("(\w+)"', settings))
    explained = set(re.findall(r"^#(\w+)=", (ROOT / ".env.example").read_text(encoding="utf-8"), re.MULTILINE))

    assert sorted(read - explained) == []


@pytest.mark.unit
def test_the_example_names_every_threshold_with_its_default() -> None:
    from dataclasses import asdict

    from volume_trap.domain.thresholds import Thresholds

    lines = re.findall(r"^#VT_(\w+)=(\S+)$", (ROOT / ".env.example").read_text(encoding="utf-8"), re.MULTILINE)

    assert asdict(Thresholds.parse(dict(lines))) == asdict(Thresholds())
    assert {name.lower() for name, _value in lines} == asdict(Thresholds()).keys()
