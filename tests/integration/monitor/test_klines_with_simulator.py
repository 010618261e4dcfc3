"""Contracts and candles from the exchange simulator: the whole protocol, other times, other speeds, bad days."""

import json
import lzma
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from monitor.domain.enums import Interval
from monitor.domain.intervals import from_milliseconds, to_milliseconds
from monitor.models import FuturesContract, Instrument, Kline, SpotContract
from tests.conftest import RunningSimulator
from tests.wire.payloads import kline_rows
from tests.wire.simulator import control, running_simulator

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@pytest.fixture
def shared(simulator: RunningSimulator, settings: Any) -> Iterator[str]:
    """The simulator that all tests of this worker share, without faults and with its whole weight."""
    yield _pointed(settings, simulator.url)
    control(simulator.url, "DELETE", "faults")
    control(simulator.url, "DELETE", "state")


def _pointed(settings: Any, url: str) -> str:
    settings.BINANCE_SPOT_URL = settings.BINANCE_FUTURES_URL = url
    return url


def run(command: str, *words: str) -> dict[str, Any]:
    """Run a command; its JSON, whether it failed or not."""
    out = StringIO()
    try:
        call_command(command, *words, "--json", stdout=out)
    except CommandError:
        if not out.getvalue():
            raise
    return json.loads(out.getvalue())


def update(*words: str, market: str = "spot") -> dict[str, Any]:
    return run("update_klines", "--interval", "1h", "--market-type", market, *words)


def newest() -> datetime:
    return Kline.objects.latest("open_time").open_time


def hour_of(url: str) -> datetime:
    """Begin of the hour on the exchange's clock."""
    return from_milliseconds(control(url, "GET", "clock")["now_ms"]).replace(minute=0, second=0, microsecond=0)


@pytest.mark.requirement("P0-1")
@pytest.mark.requirement("P0-3")
def test_both_markets_are_listed_and_filled(shared: str) -> None:
    for market, model in (("spot", SpotContract), ("futures", FuturesContract)):
        assert run(f"fetch_{market}_contracts", "--all")["counts"]["new"] >= 60
        result = update("--limit", "60", market=market)
        assert (result["outcome"], result["failures"], result["counts"]["stale"]) == ("succeeded", [], 0)
        assert result["counts"]["stored"] > 55 * model.objects.count()
        assert set(model.objects.values_list("quote_asset", flat=True)) == {"USDT"}
        assert all(model.objects.values_list("current_price", flat=True))
    assert FuturesContract.objects.filter(symbol__regex=r"[^\x00-\x7f]").exists()
    assert not FuturesContract.objects.filter(symbol__contains="_").exists()
    assert newest() == hour_of(shared) - HOUR


@pytest.mark.requirement("P0-1")
def test_a_market_nine_months_back_is_fetched_by_its_own_clock(settings: Any) -> None:
    with running_simulator("--start", "2026-02-14T10:17:00") as url:
        _pointed(settings, url)
        run("fetch_spot_contracts", "--all")
        assert update("--limit", "50")["counts"]["stale"] == 0
        assert newest() == datetime(2026, 2, 14, 9, tzinfo=UTC)
        assert update("--limit", "50")["counts"]["requests"] == 0


def test_at_speed_60_each_closed_candle_is_fetched_once_when_it_closes(settings: Any) -> None:
    with running_simulator("--start", "2026-02-14T10:58:00", "--speed", "60") as url:
        _pointed(settings, url)
        run("fetch_spot_contracts", "--all")
        for _ in range(3):
            result = update("--limit", "20")
            assert (result["failures"], result["counts"]["stale"]) == ([], 0)
            time.sleep(1)
        assert newest() == datetime(2026, 2, 14, 10, tzinfo=UTC)
        assert update("--limit", "20")["counts"]["requests"] == 0
    closed = Kline.objects.filter(close_time__gt=datetime(2026, 2, 14, 11, tzinfo=UTC))
    assert not closed.exists()


def test_a_recording_of_months_ago_is_replayed_without_a_stale_or_open_candle(tmp_path: Path, settings: Any) -> None:
    first = int(datetime(2025, 12, 1, tzinfo=UTC).timestamp() * 1000)
    for symbol in ("BTCUSDT", "ETHUSDT"):
        target = tmp_path / "spot" / "1h" / f"{symbol}.csv.xz"
        target.parent.mkdir(parents=True, exist_ok=True)
        lines = [",".join(map(str, row)) for row in kline_rows(first, 1000, Interval.H1)]
        target.write_bytes(lzma.compress("\n".join(lines).encode()))
    with running_simulator("--klines", tmp_path) as url:
        _pointed(settings, url)
        run("fetch_spot_contracts", "--all")
        counts = update("--limit", "100")["counts"]
        assert (counts["stored"], counts["stale"]) == (200, 0)
        assert newest() == hour_of(url) - HOUR
        control(url, "POST", "clock", {"step_seconds": 3 * 3600})
        assert update("--limit", "100")["counts"]["stored"] == 6
        assert newest() == hour_of(url) - HOUR


@pytest.mark.parametrize(
    ("fault", "fails"),
    [
        ({"kind": "wrong_types"}, True),
        ({"kind": "high_below_low"}, True),
        ({"kind": "error_text", "status": 503}, True),
        ({"kind": "truncated_body"}, True),
        ({"kind": "out_of_order"}, False),
        ({"kind": "duplicated"}, False),
        ({"kind": "zero_volume"}, False),
        ({"kind": "missing_rows"}, False),
        ({"kind": "error_json", "count": 2}, False),
        ({"kind": "drop_connection", "count": 2}, False),
        ({"kind": "latency", "latency_ms": 300}, False),
    ],
    ids=lambda value: value["kind"] if isinstance(value, dict) else "",
)
def test_a_fault_on_one_symbol_leaves_the_others_whole(
    shared: str, monkeypatch: pytest.MonkeyPatch, fault: dict[str, Any], fails: bool
) -> None:
    monkeypatch.setattr("monitor.exchanges.http._LONGEST_BACKOFF_SECONDS", 0.05)
    run("fetch_spot_contracts", "--all")
    Instrument.objects.exclude(symbol__in=Instrument.objects.order_by("symbol").values("symbol")[:20]).delete()
    victim = Instrument.objects.order_by("symbol")[10].symbol
    control(shared, "POST", "faults", {"path": "*/klines", "symbol": victim, **fault})
    result = update("--limit", "30")
    assert [failure["symbol"] for failure in result["failures"]] == ([victim] if fails else [])
    series = Counter(Kline.objects.values_list("instrument__symbol", flat=True))
    assert series[victim] == 0 if fails else series[victim] > 10
    assert len(series) == (19 if fails else 20)


def test_a_listing_with_missing_fields_skips_that_instrument(shared: str) -> None:
    control(shared, "POST", "faults", {"kind": "missing_fields", "symbol": "BTCUSDT", "fields": ["baseAsset"]})
    result = run("fetch_spot_contracts", "--all")
    assert result["outcome"] == "succeeded"
    assert [failure["symbol"] for failure in result["failures"]] == ["BTCUSDT"]
    assert not SpotContract.objects.filter(symbol="BTCUSDT").exists()
    assert SpotContract.objects.count() >= 60


def test_a_delisting_and_a_return_are_followed(shared: str) -> None:
    run("fetch_spot_contracts", "--all")
    SpotContract.objects.filter(symbol="ETHUSDT").update(status="delisted")
    SpotContract.objects.filter(symbol="BTCUSDT").update(symbol="GONEUSDT")
    counts = run("fetch_spot_contracts", "--all")["counts"]
    assert (counts["new"], counts["delisted"], counts["relisted"]) == (1, 1, 1)


def test_a_ban_ends_the_run_with_a_sentence(shared: str) -> None:
    run("fetch_spot_contracts", "--all")
    control(shared, "POST", "faults", {"kind": "banned", "path": "*/klines", "retry_after": 7200})
    result = update("--limit", "30")
    assert result["outcome"] == "failed"
    assert "banned" in result["failures"][0]["message"]
    assert Kline.objects.count() == 0


@pytest.mark.proof
# Committed for real: the lease is renewed from a connection of its own while the run waits for the next minute.
@pytest.mark.django_db(transaction=True)
def test_a_budget_that_others_have_spent_is_waited_for_and_never_overdrawn(shared: str) -> None:
    run("fetch_spot_contracts", "--all")
    while time.time() % 60 > 40:
        time.sleep(1)
    control(shared, "POST", "state", {"used_weight": {"spot": 5350}})
    result = update("--limit", "30")
    assert (result["outcome"], result["failures"]) == ("succeeded", [])
    assert max(control(shared, "GET", "state")["used_weight"]["spot"].values()) < 6000


@pytest.mark.market_data
def test_a_replay_of_recorded_candles_is_stored_as_it_was_recorded(market_data_dir: Path, settings: Any) -> None:
    klines = market_data_dir / "klines"
    with running_simulator("--klines", klines, "--start", "2026-02-14T10:17:00") as url:
        _pointed(settings, url)
        assert run("fetch_futures_contracts", "--all")["counts"]["new"] > 200
        words = ("--interval", "4h", "--market-type", "futures", "--limit", "200")
        result = run("update_klines", *words)
        assert (result["failures"], result["counts"]["stale"]) == ([], 0)
        assert run("update_klines", *words)["counts"]["requests"] == 0
    assert newest() == datetime(2026, 2, 14, 4, tzinfo=UTC)
    first = newest() - 199 * Interval.H4.duration
    for symbol in FuturesContract.objects.order_by("symbol").values_list("symbol", flat=True)[::20]:
        recorded = lzma.decompress((klines / "futures/4h" / f"{symbol}.csv.xz").read_bytes()).decode().splitlines()
        lines = {int(line.split(",")[0]): [float(value) for value in line.split(",")[1:6]] for line in recorded}
        rows = Kline.objects.filter(instrument__symbol=symbol)
        stored = rows.values_list("open_time", "open", "high", "low", "close", "volume")
        wanted = range(to_milliseconds(first), to_milliseconds(newest()) + 1)
        expected = {at: values for at, values in lines.items() if at in wanted}
        assert {to_milliseconds(at): list(map(float, values)) for at, *values in stored} == expected
