"""``update_klines`` for 500 instruments against the simulator with 50 ms latency: first fill, then one new candle.

Promises: at most 8 s for the first fill of 400 candles, at most 5 s incremental, inside the weight limit. The
plain design works through a sample of the instruments, scaled up, and must have stored the same rows.
"""

import contextlib
import io
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import requests

from benchmarks.harness import ROOT, arguments, fresh_database, report

CANDLES = 400
LATENCY_MS = 50
HOUR_SECONDS = 3600
SAMPLE = 25
ROUNDS = 3
WEIGHT_LIMIT = 6000
# Some of the simulator's instruments are halted or not quoted in USDT.
NOT_TRADABLE = 50
_READY = "simulator ready on "


def main() -> None:
    options = arguments(__doc__ or "", symbols={"type": int, "default": 500})
    with _simulator(options.symbols + NOT_TRADABLE) as url, fresh_database(options.database):
        from django.conf import settings

        settings.BINANCE_SPOT_URL = url
        _run("fetch_spot_contracts", exchange="binance")
        symbols = _trim(options.symbols)
        _warm_up(url, symbols)
        requests.post(f"{url}/_sim/faults", json={"kind": "latency", "latency_ms": LATENCY_MS}, timeout=30)
        first = _compare(url, symbols, newest_only=False)
        later = _compare(url, symbols, newest_only=True)
    for name, result, promise in (("first fill", first, 8), ("incremental", later, 5)):
        report(
            database=options.database,
            instruments=len(symbols),
            rows=result["rows"],
            weight_used=result["weight"],
            weight_limit=WEIGHT_LIMIT,
            plain_seconds=round(result["plain"], 1),
            at_most=promise,
            name=f"update_klines, {name}",
            value=result["ours"],
            unit="s",
            ratio=result["plain"] / result["ours"],
        )


@contextlib.contextmanager
def _simulator(symbols: int) -> Iterator[str]:
    """An exchange with enough spot pairs, as a process of its own."""
    command = [sys.executable, "-m", "simulator", "--port", "0", "--seed", "7", "--symbols", str(symbols)]
    process = subprocess.Popen(
        [*command, "--exit-with-parent"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        for line in process.stdout:
            if line.startswith(_READY):
                yield line.removeprefix(_READY).strip()
                return
        raise SystemExit("the simulator ended before it was ready")
    finally:
        process.stdin.close()
        process.terminate()
        process.wait(10)


def _run(command: str, **options: Any) -> None:
    from django.core.management import call_command

    call_command(command, json=True, stdout=io.StringIO(), **options)


def _update() -> None:
    _run("update_klines", interval="1h", market_type="spot", limit=CANDLES)


def _trim(count: int) -> list[str]:
    """Exactly ``count`` active instruments."""
    from monitor.models import Instrument

    symbols = list(Instrument.objects.order_by("symbol").values_list("symbol", flat=True))[:count]
    if len(symbols) < count:
        raise SystemExit(f"the simulator lists {len(symbols)} spot pairs, {count} are needed")
    Instrument.objects.exclude(symbol__in=symbols).delete()
    return symbols


def _warm_up(url: str, symbols: list[str]) -> None:
    """The simulator makes its candles at the first request for them; that is not what is measured."""
    for symbol in symbols:
        query = {"symbol": symbol, "interval": "1h", "limit": str(CANDLES + ROUNDS + 2)}
        requests.get(f"{url}/api/v3/klines", params=query, timeout=60).raise_for_status()


def _compare(url: str, symbols: list[str], *, newest_only: bool) -> dict[str, Any]:
    """The best of some rounds of both designs; in each, both begin with the same stored candles."""
    from benchmarks.plain.update_klines import update

    sample, ours, plain, weights, rows = symbols[:SAMPLE], [], [], [], 0
    for _ in range(ROUNDS):
        known = _next_hour(url) if newest_only else 0
        _forget(known)
        started = time.perf_counter()
        update(url, sample, CANDLES)
        plain.append((time.perf_counter() - started) * len(symbols) / len(sample))
        expected = _stored(sample, known)
        _forget(known)
        requests.delete(f"{url}/_sim/state", timeout=30)
        started = time.perf_counter()
        _update()
        ours.append(time.perf_counter() - started)
        weights.append(_weight(url))
        rows = _newer(known).count()
        if not expected or _stored(sample, known) != expected:
            raise SystemExit("the two designs stored different candles")
    return {"ours": min(ours), "plain": min(plain), "weight": max(weights), "rows": rows}


def _next_hour(url: str) -> int:
    """Let an hour pass on the exchange; the newest open time stored before, epoch milliseconds."""
    from django.db.models import Max

    from monitor.domain.intervals import to_milliseconds
    from monitor.models import Kline

    requests.post(f"{url}/_sim/clock", json={"step_seconds": HOUR_SECONDS}, timeout=30).raise_for_status()
    return to_milliseconds(Kline.objects.aggregate(newest=Max("open_time"))["newest"])


def _forget(known_ms: int) -> None:
    """Delete the candles after this open time."""
    _newer(known_ms).delete()


def _stored(symbols: list[str], known_ms: int) -> list[Any]:
    """Every field of the candles after this open time."""
    from monitor.models import Kline

    names = [field.name for field in Kline._meta.concrete_fields if field.name not in {"id", "instrument"}]
    rows = _newer(known_ms).filter(instrument__symbol__in=symbols)
    return list(rows.order_by("instrument__symbol", "open_time").values_list("instrument__symbol", *names))


def _newer(known_ms: int) -> Any:
    from monitor.domain.intervals import from_milliseconds
    from monitor.models import Kline

    return Kline.objects.filter(open_time__gt=from_milliseconds(known_ms))


def _weight(url: str) -> int:
    used = requests.get(f"{url}/_sim/state", timeout=30).json()["used_weight"]["spot"]
    return max(used.values(), default=0)


if __name__ == "__main__":
    main()
