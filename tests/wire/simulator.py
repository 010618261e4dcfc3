"""The exchange simulator with options of a test's own, and its controls."""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.conftest import ROOT, SIMULATOR_READY


@contextmanager
def running_simulator(*words: object) -> Iterator[str]:
    """Start ``python -m simulator`` with these options on a free port; yields its URL."""
    process = subprocess.Popen(
        [sys.executable, "-m", "simulator", "--port", "0", "--exit-with-parent", *map(str, words)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield next(line for line in process.stdout if line.startswith(SIMULATOR_READY)).split()[-1]
    finally:
        process.stdin.close()
        process.terminate()
        process.stdout.close()
        process.wait(10)


def control(url: str, method: str, path: str, body: Any = None) -> Any:
    """One request to the simulator's own controls below /_sim/."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{url}/_sim/{path}", data, method=method)  # noqa: S310
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
        return json.load(answer)
