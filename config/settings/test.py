"""Tests: a SQLite *file* (threads must see the same database) or whatever DATABASE_URL names."""

import os
import tempfile
from pathlib import Path

_SCRATCH = Path(tempfile.gettempdir()) / f"trapline-tests-{os.getuid()}"
_SCRATCH.mkdir(mode=0o700, exist_ok=True)
os.environ.setdefault("VAR_DIR", str(_SCRATCH))

from config.settings.base import *  # noqa: E402, F403
from config.settings.base import DATABASES, REDIS_URL, REST_FRAMEWORK, caches  # noqa: E402

SECRET_KEY = "tests-only-" + "x" * 40
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EXCHANGE = "simulator"

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):  # type: ignore[attr-defined]
    # The process id keeps two simultaneous runs apart; xdist adds the worker's name.
    DATABASES["default"]["TEST"] = {"NAME": str(_SCRATCH / f"test-{os.getpid()}.sqlite3")}

CACHES = caches(REDIS_URL, prefix=os.environ.get("PYTEST_XDIST_WORKER", "main"))
REST_FRAMEWORK = {**REST_FRAMEWORK, "DEFAULT_THROTTLE_RATES": {"user": "100000/min"}}
WHITENOISE_AUTOREFRESH = True
