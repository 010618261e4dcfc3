"""What every benchmark needs: a fresh database, data from another process, medians, one JSON line.

A benchmark runs as ``python -m benchmarks.<name>`` and calls :func:`report` once per measured value. A
module constant ``RUNS`` lists the argument lists that ``benchmarks.report`` runs it with; by default one per
database.
"""

import argparse
import contextlib
import json
import math
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
DATABASES = ("sqlite", "postgresql")
EXIT_SKIPPED = 77


@dataclass(frozen=True, slots=True)
class Sample:
    """Seconds of each repetition, and what the last repetition returned."""

    seconds: tuple[float, ...]
    result: Any

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    @property
    def best(self) -> float:
        return min(self.seconds)


def repeat(
    work: Callable[[], Any], times: int = 5, *, before: Callable[[], object] | None = None, warm: int = 0
) -> Sample:
    """Time ``work``; ``before`` runs unmeasured ahead of each repetition; ``warm`` ones are dropped."""
    seconds, result = [], None
    for round_number in range(warm + times):
        if before is not None:
            before()
        started = time.perf_counter()
        result = work()
        elapsed = time.perf_counter() - started
        if round_number >= warm:
            seconds.append(elapsed)
    return Sample(tuple(seconds), result)


def report(
    *,
    name: str,
    value: float,
    unit: str,
    ratio: float | None,
    at_most: float | None = None,
    at_least: float | None = None,
    ratio_at_least: float | None = None,
    **facts: object,
) -> None:
    """Print one JSON line, name, value, unit and ratio last.

    ``ratio`` is how many times better than the plain design. ``at_most`` and ``at_least`` are the promise for
    ``value`` on the reference machine, ``ratio_at_least`` that for the ratio; ``benchmarks.report`` judges.
    """
    promises = {"at_most": at_most, "at_least": at_least, "ratio_at_least": ratio_at_least}
    line: dict[str, object] = {
        **facts,
        **{key: limit for key, limit in promises.items() if limit is not None},
    }
    line |= {"name": name, "value": _short(value), "unit": unit, "ratio": _short(ratio)}
    print(json.dumps(line, ensure_ascii=False), flush=True)


def _short(number: float | None) -> float | None:
    return None if number is None else float(f"{number:.4g}")


def peak_memory_mb() -> float:
    """The largest resident size that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def percentile(values: Sequence[float], percent: float) -> float:
    """The nearest-rank percentile."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(percent * len(ordered) / 100) - 1)]


def arguments(description: str, **options: dict[str, Any]) -> argparse.Namespace:
    """The command line: ``--database``, ``--repeat`` and the options of the benchmark itself."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--database", choices=DATABASES, default="sqlite")
    parser.add_argument("--repeat", type=int, default=5)
    for name, settings in options.items():
        parser.add_argument(f"--{name.replace('_', '-')}", **settings)
    return parser.parse_args()


def market_data_dir() -> Path:
    """The folder of recorded market data; ends the benchmark as skipped where it is missing."""
    folder = Path(os.environ.get("MARKET_DATA_DIR", "") or "nowhere")
    if not (folder / "klines").is_dir():
        print("MARKET_DATA_DIR must name the folder of recorded market data (with klines/ in it)", file=sys.stderr)
        sys.exit(EXIT_SKIPPED)
    return folder


@contextlib.contextmanager
def fresh_database(kind: str) -> Iterator[str]:
    """A migrated, empty database of its own; Django is set up on it. Yields its URL.

    Only one per process: Django's settings are read once.
    """
    with contextlib.ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="trapline-bench-")))
        url = stack.enter_context(_server(kind, scratch))
        os.environ.update(
            DATABASE_URL=url,
            VAR_DIR=str(scratch),
            LOG_LEVEL="WARNING",
            DJANGO_SETTINGS_MODULE="config.settings.development",
        )
        os.environ.pop("REDIS_URL", None)
        manage("migrate", "--verbosity", "0")

        import django

        django.setup()
        try:
            yield url
        finally:
            django.db.connections.close_all()


@contextlib.contextmanager
def _server(kind: str, scratch: Path) -> Iterator[str]:
    if kind == "sqlite":
        yield f"sqlite:///{scratch / 'benchmark.sqlite3'}"
        return
    from tests.servers import postgres

    with postgres(durable=True) as url:
        yield url


def manage(*words: str, **environment: str) -> str:
    """Run one management command as a process of its own; returns what it printed."""
    return in_process("manage.py", *words, **environment)


def in_process(*words: str, **environment: str) -> str:
    """Run Python in a separate process, for instance to make data: ``in_process("-m", "module", "500")``.

    Memory and caches of the measuring process stay untouched by it.
    """
    done = subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(words)} failed with code {done.returncode}:\n{done.stderr.strip()}")
    return done.stdout
