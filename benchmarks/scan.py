"""A scan of 500 instruments after one new candle each: reads, all stages, writes, open monitors included.

Promises: at most 0.4 s, at least 6 x faster than eight per-detector queries per instrument, and cost linear in
instruments (2,000 take at most 4.4 x 500).
"""

import statistics
import time
from typing import Any

from benchmarks.harness import arguments, fresh_database, in_process, report

LENGTH, ROUNDS = 480, 7
RUNS = [["--database", "sqlite"], ["--database", "postgresql"]]


def main() -> None:
    options = arguments(__doc__ or "", instruments={"type": int, "default": 500})
    with fresh_database(options.database):
        in_process("-m", "benchmarks._markets", str(options.instruments), str(LENGTH), str(ROUNDS))
        small = _measure(options.instruments, compare=True)
        _grow(options.instruments, 4 * options.instruments)
        large = _measure(4 * options.instruments, compare=False)
    _tell(options.database, options.instruments, small, large)


def _grow(before: int, after: int) -> None:
    from monitor.models import Instrument, SeriesCursor
    from volume_trap.models import VolumeTrapMonitor

    VolumeTrapMonitor.objects.all().delete()
    SeriesCursor.objects.all().delete()
    Instrument.objects.all().delete()
    in_process("-m", "benchmarks._markets", str(after), str(LENGTH), str(ROUNDS))


def _measure(instruments: int, *, compare: bool) -> dict[str, Any]:
    from benchmarks._markets import INTERVAL
    from monitor.domain.enums import MarketType
    from volume_trap.domain.thresholds import Thresholds
    from volume_trap.services.scanning import ScanRequest, scan

    request = ScanRequest(MarketType.FUTURES, INTERVAL, Thresholds())
    scan(request)
    ours, plain, written = [], [], 0
    for index in range(LENGTH - ROUNDS, LENGTH):
        _new_candle(instruments, index)
        expected, plain_seconds = _plain() if compare else (None, 0.0)
        started = time.perf_counter()
        done = scan(request)
        ours.append(time.perf_counter() - started)
        plain.append(plain_seconds)
        written += done.discovered + done.suspected + done.confirmed + done.invalidated
        if expected is not None:
            _must_agree(expected, index)
    return {"ours": statistics.median(ours), "plain": statistics.median(plain), "written": written, **_open()}


def _new_candle(instruments: int, index: int) -> None:
    from benchmarks._markets import INTERVAL, as_klines, candles
    from monitor.models import Instrument
    from monitor.services.kline_store import store_klines

    for number, pk in enumerate(Instrument.objects.order_by("symbol").values_list("pk", flat=True)):
        store_klines(pk, INTERVAL, as_klines(candles(number, LENGTH)[index : index + 1]))


def _plain() -> tuple[Any, float]:
    from benchmarks._markets import INTERVAL
    from benchmarks.plain.scan import scan_newest

    started = time.perf_counter()
    decisions = scan_newest(INTERVAL.value)
    return decisions, time.perf_counter() - started


def _must_agree(expected: Any, index: int) -> None:
    """Both designs decided the same on this candle."""
    from benchmarks._markets import FIRST_MS, INTERVAL
    from monitor.domain.intervals import from_milliseconds
    from volume_trap.models import VolumeTrapMonitor

    moment = from_milliseconds(FIRST_MS + index * INTERVAL.milliseconds)
    monitors = VolumeTrapMonitor.objects.order_by()
    found = {
        "triggered": set(monitors.filter(trigger_time=moment).values_list("instrument_id", flat=True)),
        "suspected": set(monitors.filter(suspected_at=moment).values_list("pk", flat=True)),
        "confirmed": set(monitors.filter(confirmed_at=moment).values_list("pk", flat=True)),
        "invalidated": set(monitors.filter(invalidated_at=moment).values_list("pk", flat=True)),
    }
    for name, ids in found.items():
        if ids != set(getattr(expected, name)):
            raise SystemExit(f"the designs disagree on what candle {index} has {name}")


def _open() -> dict[str, int]:
    from volume_trap.models import VolumeTrapMonitor

    return {"open": VolumeTrapMonitor.objects.filter(status__in=VolumeTrapMonitor.OPEN_STATUSES).count()}


def _tell(database: str, instruments: int, small: dict[str, Any], large: dict[str, Any]) -> None:
    report(
        name=f"scan of {instruments} instruments, {database}",
        value=small["ours"],
        unit="s",
        ratio=small["plain"] / small["ours"],
        at_most=0.4 if database == "sqlite" else None,
        ratio_at_least=6,
        open_monitors=small["open"],
        rows_decided=small["written"],
    )
    report(
        name=f"scan of {4 * instruments} instruments over {instruments}, {database}",
        value=large["ours"] / small["ours"],
        unit="x",
        ratio=None,
        at_most=4.4,
        open_monitors=large["open"],
    )


if __name__ == "__main__":
    main()
