"""How fast is this machine? A fixed workload against the time it took where the promises were made.

Promises in seconds hold after multiplication by the factor printed here: 1 is the reference machine (2 cores,
Python 3.11), 2 is a machine half as fast, or one that is busy.
"""

import sqlite3
import time

import numpy as np

from benchmarks.harness import report

REFERENCE_SECONDS = 0.12
ROUNDS = 7


def _numbers() -> float:
    volumes = np.random.default_rng(7).random((40, 20_000))
    windows = np.lib.stride_tricks.sliding_window_view(volumes, 20, axis=1)
    return float(windows.mean(axis=2).max())


def _objects() -> int:
    rows = [(number % 97, str(number), number * 0.5) for number in range(60_000)]
    rows.sort(key=lambda row: (row[0], row[1]))
    return len({row[1][:3]: row for row in rows})


def _rows() -> int:
    with sqlite3.connect(":memory:") as database:
        database.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT, c REAL)")
        database.executemany("INSERT INTO t VALUES (?, ?, ?)", ((n, str(n), n / 3) for n in range(60_000)))
        count = len(database.execute("SELECT a, b, c FROM t ORDER BY c").fetchall())
    database.close()
    return count


def _once() -> float:
    started = time.perf_counter()
    _numbers()
    _objects()
    _rows()
    return time.perf_counter() - started


def machine_factor() -> float:
    """How many times longer than on the reference machine the fixed workload takes here, now."""
    return min(_once() for _ in range(ROUNDS)) / REFERENCE_SECONDS


def main() -> None:
    factor = machine_factor()
    report(name="machine factor", value=factor, unit="x", ratio=None, reference_seconds=REFERENCE_SECONDS)


if __name__ == "__main__":
    main()
