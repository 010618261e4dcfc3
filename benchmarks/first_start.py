"""How long ``manage.py up`` takes on an empty folder until there are volume traps to look at."""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator

from benchmarks.harness import ROOT, report

RUNS: tuple[tuple[str, ...], ...] = ((),)
USEFUL_WITHIN_SECONDS = 60
_SEEN = ("DATABASE_URL", "REDIS_URL", "SIMULATOR_URL", "EXCHANGE", "DJANGO_SETTINGS_MODULE")
_TRAPS = re.compile(r"scan_volume_traps .*: succeeded .*discovered [1-9]")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _events(process: "subprocess.Popen[str]") -> Iterator[tuple[str, float]]:
    started = time.perf_counter()
    assert process.stdout is not None
    for line in process.stdout:
        yield line, time.perf_counter() - started


def measure() -> dict[str, float]:
    """Seconds until the site listens, until the first traps can be seen, until everything is up to date."""
    found: dict[str, float] = {}
    environment = {name: value for name, value in os.environ.items() if name not in _SEEN}
    with tempfile.TemporaryDirectory(prefix="trapline-bench-") as folder:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "up"],
            cwd=ROOT,
            env={**environment, "VAR_DIR": folder, "PORT": str(_free_port())},
            stdout=subprocess.PIPE,
            text=True,
        )
        for line, seconds in _events(process):
            if "Filling the empty database" in line:
                found["site"] = seconds
            elif _TRAPS.search(line):
                found.setdefault("traps", seconds)
            elif "Ready after" in line:
                found["filled"] = seconds
                process.send_signal(signal.SIGINT)
        if process.wait() != 0 or "traps" not in found:
            raise SystemExit(f"the first start ended with code {process.returncode}: {found}")
    return found


def main() -> None:
    seconds = measure()
    at_most = USEFUL_WITHIN_SECONDS
    report(name="first start: site listens", value=seconds["site"], unit="s", ratio=None)
    report(name="first start: traps to look at", value=seconds["traps"], unit="s", ratio=None, at_most=at_most)
    report(name="first start: everything filled", value=seconds["filled"], unit="s", ratio=None)


if __name__ == "__main__":
    main()
