"""The whole recorded futures/4h history scanned at once, database read and all writes included.

Promises: at most 4 s and 250 MB on SQLite, at most 6 s on PostgreSQL.
"""

import time

from benchmarks.harness import arguments, fresh_database, manage, market_data_dir, peak_memory_mb, repeat, report

SAMPLE = 6
PROMISED_SECONDS = {"sqlite": 4.0, "postgresql": 6.0}
PROMISED_MB = 250


def main() -> None:
    options = arguments(__doc__ or "")
    archive = market_data_dir() / "klines" / "futures" / "4h"
    with fresh_database(options.database):
        manage("import_klines", str(archive), "--interval", "4h", "--market-type", "futures")
        sample = repeat(_replay, options.repeat, before=_forget)
        memory = peak_memory_mb()
        plain_seconds = _plain_seconds(sample.result.candles)
    report(
        database=options.database,
        name="replay of futures/4h",
        value=sample.median,
        unit="s",
        ratio=plain_seconds / sample.median,
        at_most=PROMISED_SECONDS[options.database],
        candles=sample.result.candles,
        monitors=sample.result.discovered,
    )
    report(
        database=options.database,
        name="memory of that replay",
        value=memory,
        unit="MB",
        ratio=None,
        at_most=PROMISED_MB,
    )


def _forget() -> None:
    from monitor.models import SeriesCursor
    from volume_trap.models import VolumeTrapMonitor

    VolumeTrapMonitor.objects.all().delete()
    SeriesCursor.objects.all().delete()


def _replay():  # type: ignore[no-untyped-def]
    from monitor.domain.enums import Interval, MarketType
    from volume_trap.domain.thresholds import Thresholds
    from volume_trap.services.scanning import ScanRequest, scan

    return scan(ScanRequest(MarketType.FUTURES, Interval.H4, Thresholds()))


def _plain_seconds(candles: int) -> float:
    """Seconds the plain design would take for all candles, from a few instruments with the same triggers."""
    from benchmarks.plain.replay import triggers
    from monitor.models import Instrument, Kline
    from volume_trap.models import VolumeTrapMonitor

    instruments = list(Instrument.objects.order_by("pk").values_list("pk", flat=True)[:SAMPLE])
    started = time.perf_counter()
    found = {pk: triggers(pk, "4h") for pk in instruments}
    seconds = time.perf_counter() - started
    for pk, times in found.items():
        if times != set(VolumeTrapMonitor.objects.filter(instrument=pk).values_list("trigger_time", flat=True)):
            raise SystemExit(f"the designs disagree on the triggers of instrument {pk}")
    return seconds * candles / Kline.objects.filter(instrument__in=instruments).count()


if __name__ == "__main__":
    main()
