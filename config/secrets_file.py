"""A secret that is made once and kept in a private file."""

import os
import secrets
from pathlib import Path


def persistent_secret(path: Path) -> str:
    """Read the secret in ``path``; make it first, readable by its owner only, where it is missing."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="utf-8").strip()
    secret = secrets.token_urlsafe(50)
    with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
        handle.write(secret)
    return secret
