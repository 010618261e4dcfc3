"""The exchange for third-party clients, and a way to run a client in its own environment."""

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.conftest import RunningSimulator
from tests.third_party.environments import interpreter

SCRIPTS = Path(__file__).resolve().parent / "scripts"
PATIENCE_SECONDS = 120


@pytest.fixture
def exchange(simulator: RunningSimulator) -> Iterator[str]:
    """Base URL of the simulator, without faults and with unused weight before and after."""
    _forget(simulator.url)
    yield simulator.url
    _forget(simulator.url)


def _forget(url: str) -> None:
    for control in ("faults", "state"):
        requests.delete(f"{url}/_sim/{control}", timeout=10).raise_for_status()


@pytest.fixture
def understood_by(exchange: str) -> Callable[[str], dict[str, Any]]:
    """What a client, driven by its script in its own environment, makes of the exchange."""

    def run(name: str) -> dict[str, Any]:
        script = SCRIPTS / f"drive_{name.replace('-', '_')}.py"
        finished = subprocess.run(
            [interpreter(name), script, exchange],
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_SECONDS,
        )
        assert finished.returncode == 0, finished.stderr
        return json.loads(finished.stdout)

    return run
