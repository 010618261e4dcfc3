"""Management commands as real processes on the database under test: for races, kills and broken databases."""

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote, urlencode

from django.db import connection

ROOT = Path(__file__).resolve().parent.parent
PATIENCE_SECONDS = 60


def database_url() -> str:
    """The URL of the test database, for another process."""
    chosen = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{chosen['NAME']}"
    account = f"{quote(chosen['USER'] or '')}:{quote(chosen['PASSWORD'] or '')}"
    place = f"{chosen['HOST'] or ''}:{chosen['PORT']}" if chosen["PORT"] else (chosen["HOST"] or "")
    options = {name: value for name, value in chosen.get("OPTIONS", {}).items() if name == "host"}
    return f"postgresql://{account}@{place}/{chosen['NAME']}?{urlencode(options)}"


def start_manage(*words: object, stderr: int = subprocess.PIPE, **environment: str) -> subprocess.Popen[str]:
    """Start ``manage.py`` with the test settings on the database under test."""
    variables = {**os.environ, "DATABASE_URL": database_url(), "DJANGO_SETTINGS_MODULE": "config.settings.test"}
    return subprocess.Popen(
        [sys.executable, "manage.py", *map(str, words)],
        cwd=ROOT,
        env={**variables, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Wait for the process; exit code, standard output, standard error."""
    out, err = process.communicate(timeout=PATIENCE_SECONDS)
    return process.returncode, out, err


def manage(*words: object, **environment: str) -> tuple[int, str, str]:
    """Run ``manage.py`` to its end."""
    return finish(start_manage(*words, **environment))
