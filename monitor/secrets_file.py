"""A secret that is made once and kept in a private file."""

import contextlib
import os
import secrets
import tempfile
from pathlib import Path


def persistent_secret(path: Path, random_bytes: int = 50) -> str:
    """Read the secret in ``path``; make it first, readable by its owner only, where it is missing.

    Of two processes that make it at once one wins, and nobody ever reads half a secret.
    """
    if not path.exists():
        descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
        with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
            handle.write(secrets.token_urlsafe(random_bytes))
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
        Path(draft).unlink()
    return path.read_text(encoding="utf-8").strip()
