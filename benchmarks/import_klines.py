"""Imports of archive files, decompression included, against the plain design on a sample of the same files.

Promises: at least 90,000 rows/s into SQLite and 60,000 into PostgreSQL; importing the same again is no slower than
0.9 times that. A third line, without a promise, imports over candles that all differ from the files.
"""

import io
import json
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.harness import arguments, fresh_database, in_process, market_data_dir, report

PROMISED_ROWS = {"sqlite": 90_000, "postgresql": 60_000}
PROMISED_REPEAT = 0.9
SAMPLE_EVERY = 8
ROUNDS = 3


def main() -> None:
    options = arguments(__doc__ or "")
    with tempfile.TemporaryDirectory(prefix="trapline-archives-") as scratch:
        folder = _files(Path(scratch))
        with fresh_database(options.database):
            measured = _measure(folder, min(options.repeat, ROUNDS))
    _tell(options.database, measured)


def _files(scratch: Path) -> Path:
    """Recorded archives where there are some, else made ones."""
    if os.environ.get("MARKET_DATA_DIR"):
        return market_data_dir() / "klines" / "futures" / "4h"
    in_process("-m", "benchmarks._archives", str(scratch))
    return scratch


def _measure(folder: Path, rounds: int) -> dict[str, Any]:
    from benchmarks.plain.import_klines import import_files

    sample = sorted(folder.glob("*.csv.xz"))[::SAMPLE_EVERY]
    plain_first = _rate(lambda: import_files(sample, "4h", "futures"))
    plain_again = _rate(lambda: import_files(sample, "4h", "futures"))
    symbols = [path.name.partition(".")[0] for path in sample]
    expected = _stored(symbols)
    first, again = [], []
    for _ in range(rounds):
        _empty()
        first.append(_rate(lambda: _import(folder)))
        again.append(_rate(lambda: _import(folder)))
    if _stored(symbols) != expected:
        raise SystemExit("the designs stored different candles")
    _spoil()
    over = _rate(lambda: _import(folder))
    if _stored(symbols) != expected:
        raise SystemExit("candles that differed were not all replaced")
    return {
        "first": sorted(first)[rounds // 2],
        "again": sorted(again)[rounds // 2],
        "over": over,
        "plain_first": plain_first,
        "plain_again": plain_again,
        "rows": _count(),
    }


def _rate(work: Callable[[], int]) -> float:
    """Rows per second."""
    started = time.perf_counter()
    rows = work()
    return rows / (time.perf_counter() - started)


def _import(folder: Path) -> int:
    from django.core.management import call_command

    out = io.StringIO()
    call_command("import_klines", str(folder), interval="4h", market_type="futures", json=True, stdout=out)
    return int(json.loads(out.getvalue())["counts"]["rows"])


def _stored(symbols: list[str]) -> set[tuple[Any, ...]]:
    from monitor.models import Kline

    rows = Kline.objects.filter(instrument__symbol__in=symbols).order_by()
    fields = [field.name for field in Kline._meta.fields if field.name not in ("id", "instrument")]
    return set(rows.values_list("instrument__symbol", *fields))


def _count() -> int:
    from monitor.models import Kline

    return Kline.objects.count()


def _spoil() -> None:
    """Make every stored candle differ from its file."""
    from django.db.models import F

    from monitor.models import Kline

    Kline.objects.update(trade_count=F("trade_count") + 1)


def _empty() -> None:
    from django.db import connection

    from monitor.models import Instrument, Kline

    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM monitor_kline" if connection.vendor == "sqlite" else "TRUNCATE monitor_kline")
        cursor.execute("VACUUM")
    assert not Kline.objects.exists()
    Instrument.objects.all().delete()


def _tell(database: str, measured: dict[str, Any]) -> None:
    report(
        name="import_klines",
        value=measured["first"],
        unit="rows/s",
        ratio=measured["first"] / measured["plain_first"],
        database=database,
        at_least=PROMISED_ROWS[database],
        rows=measured["rows"],
    )
    report(
        name="import_klines, the same again, over the first",
        value=measured["again"] / measured["first"],
        unit="x",
        ratio=measured["again"] / measured["plain_again"],
        database=database,
        at_least=PROMISED_REPEAT,
        rows_per_second=round(measured["again"]),
    )
    report(
        name="import_klines, every candle different",
        value=measured["over"],
        unit="rows/s",
        ratio=measured["over"] / measured["plain_again"],
        database=database,
    )


if __name__ == "__main__":
    main()
