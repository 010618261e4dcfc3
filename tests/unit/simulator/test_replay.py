"""The replay of recorded candles."""

import gzip
import lzma
from collections.abc import Callable
from pathlib import Path

import pytest

from simulator.errors import UsageError
from simulator.market.replay import ReplayMarket
from tests.unit.simulator.conftest import Caller

pytestmark = pytest.mark.unit

FIRST_MS = 1_704_067_200_000
HOUR_MS = 3_600_000
ROWS = 400
Write = Callable[..., Path]


def line(place: int, *, start: int = 0) -> str:
    opened = FIRST_MS + (start + place) * HOUR_MS
    price = f"{100 + place / 10:.2f}0"
    cells = (opened, price, price, price, price, "7.500", opened + HOUR_MS - 1, "750.25", 12, 0, 0, 0)
    return ",".join(map(str, cells))


def text(rows: int = ROWS, start: int = 0) -> bytes:
    return "\n".join(line(place, start=start) for place in range(rows)).encode()


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    folder = tmp_path / "recorded"
    futures, spot = folder / "futures" / "1h", folder / "spot" / "1h"
    for place in (futures, spot):
        place.mkdir(parents=True)
    (futures / "BTCUSDT.csv.xz").write_bytes(lzma.compress(text()))
    (futures / "币安人生USDT.csv.gz").write_bytes(gzip.compress(text()))
    (futures / "NEWUSDT.csv").write_bytes(b"open_time,open,high\n" + text(rows=50, start=350))
    (futures / "OLDUSDT.csv").write_bytes(text(rows=100))
    (spot / "ETHBTC.csv").write_bytes(text(rows=100))
    return folder


def at(recording: Path, hours: float) -> Caller:
    return Caller(ReplayMarket(recording), FIRST_MS + int(hours * HOUR_MS))


def rows(caller: Caller, symbol: str = "BTCUSDT", **query: object) -> list[list[object]]:
    return caller.get("/fapi/v1/klines", symbol=symbol, interval="1h", **query).json


def statuses(caller: Caller, path: str = "/fapi/v1/exchangeInfo") -> dict[str, str]:
    return {item["symbol"]: item["status"] for item in caller.get(path).json["symbols"]}


def test_now_is_three_quarters_into_the_recording(recording: Path):
    assert ReplayMarket(recording).default_start_ms() == FIRST_MS + int((ROWS * HOUR_MS - 1) * 0.75)


def test_rows_are_served_as_they_were_recorded(recording: Path):
    row = rows(at(recording, 300.5), limit=1)[0]
    expected = line(299).split(",")
    assert row[0] == int(expected[0])
    assert row[1:6] == expected[1:6]
    assert row[6:9] == [int(expected[6]), "750.25", 12]


def test_the_open_candle_is_not_shown_and_appears_when_it_closes(recording: Path):
    caller = at(recording, 300.5)
    assert rows(caller)[-1][0] == FIRST_MS + 299 * HOUR_MS
    caller.clock.step(HOUR_MS // 2 - 1)
    assert rows(caller)[-1][0] == FIRST_MS + 299 * HOUR_MS
    caller.clock.step(1)
    assert rows(caller)[-1][0] == FIRST_MS + 300 * HOUR_MS


def test_bounds_and_limits_hold(recording: Path):
    caller = at(recording, 300)
    start = FIRST_MS + 10 * HOUR_MS
    assert [row[0] for row in rows(caller, startTime=start, limit=2)] == [start, start + HOUR_MS]
    assert len(rows(caller, startTime=start, endTime=start + 4 * HOUR_MS)) == 5
    assert rows(caller, endTime=start, limit=2)[-1][0] == start
    assert rows(caller, startTime=FIRST_MS + 301 * HOUR_MS) == []


def test_listings_follow_the_recording(recording: Path):
    assert statuses(at(recording, 300)) == {"BTCUSDT": "TRADING", "OLDUSDT": "SETTLING", "币安人生USDT": "TRADING"}
    assert statuses(at(recording, 360))["NEWUSDT"] == "TRADING"
    assert statuses(at(recording, 50))["OLDUSDT"] == "TRADING"


def test_a_market_whose_recording_ended_earlier_stands_still(recording: Path):
    caller = at(recording, 300)
    assert statuses(caller, "/api/v3/exchangeInfo") == {"ETHBTC": "TRADING"}
    row = caller.get("/api/v3/klines", symbol="ETHBTC", interval="1h").json[-1]
    assert row[0] == FIRST_MS + 99 * HOUR_MS


def test_the_end_of_the_recording_delists_nothing(recording: Path):
    assert statuses(at(recording, ROWS + 100))["BTCUSDT"] == "TRADING"


def test_sizes_are_read_off_the_printed_digits(recording: Path):
    symbols = at(recording, 300).get("/fapi/v1/exchangeInfo").json["symbols"]
    bitcoin = next(symbol for symbol in symbols if symbol["symbol"] == "BTCUSDT")
    assert bitcoin["filters"][0]["tickSize"] == "0.100"
    assert bitcoin["filters"][1]["stepSize"] == "0.1"
    assert (bitcoin["baseAsset"], bitcoin["quoteAsset"], bitcoin["pricePrecision"]) == ("BTC", "USDT", 3)


def test_tickers_come_from_closed_candles(recording: Path):
    caller = at(recording, 300.5)
    last = line(299).split(",")[4]
    assert caller.get("/fapi/v1/ticker/price", symbol="BTCUSDT").json["price"] == last
    day = caller.get("/fapi/v1/ticker/24hr", symbol="BTCUSDT").json
    assert (day["lastPrice"], day["count"]) == (last, 12 * 24)


def test_intervals_that_were_not_recorded_and_the_tape_are_empty(recording: Path):
    caller = at(recording, 300)
    assert caller.get("/fapi/v1/klines", symbol="BTCUSDT", interval="4h").json == []
    assert caller.get("/fapi/v1/trades", symbol="BTCUSDT").json == []


def test_a_folder_of_one_interval_is_understood_by_its_name(recording: Path):
    for folder in (recording / "futures", recording / "futures" / "1h"):
        assert len(rows(Caller(ReplayMarket(folder), FIRST_MS + 300 * HOUR_MS), limit=7)) == 7


@pytest.mark.parametrize("name", ["nothing", "recorded/futures/1h/BTCUSDT.csv.xz", "recorded/other"])
def test_a_folder_without_candles_is_refused_with_the_layout(recording: Path, name: str):
    (recording / "other").mkdir()
    with pytest.raises(UsageError, match="futures"):
        ReplayMarket(recording.parent / name)


def test_a_broken_file_is_named_when_it_is_asked_for(recording: Path):
    (recording / "futures" / "1h" / "TINYUSDT.csv").write_bytes(b"nothing")
    answer = at(recording, 300).get("/fapi/v1/klines", symbol="TINYUSDT", interval="1h")
    assert (answer.status, answer.json["code"]) == (500, -1001)
    assert "TINYUSDT.csv holds no candles of 12 columns" in answer.json["msg"]


def test_an_archive_that_is_none_is_named(recording: Path):
    (recording / "futures" / "1h" / "BTCUSDT.csv.xz").write_bytes(b"no archive")
    with pytest.raises(UsageError, match=r"BTCUSDT\.csv\.xz cannot be read"):
        ReplayMarket(recording)


@pytest.mark.market_data
def test_the_recorded_futures_replay(market_data_dir: Path):
    market = ReplayMarket(market_data_dir / "klines" / "futures" / "4h")
    caller = Caller(market, market.default_start_ms())
    assert sum(status == "TRADING" for status in statuses(caller).values()) > 100
    answer = caller.get("/fapi/v1/klines", symbol="0GUSDT", interval="4h", limit=1500)
    assert answer.status in {200, 400}
    assert len(caller.get("/fapi/v1/klines", symbol="ALGOUSDT", interval="4h", limit=400).json) == 400
