"""The import command: every form of archive, every kind of broken file, and what is left behind."""

import io
import json
import lzma
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from monitor.domain.enums import Interval
from monitor.models import Instrument, JobRun, Kline
from tests.factories.monitor import InstrumentFactory
from tests.integration.monitor.archives import START_MS, csv_text, write_archive

pytestmark = pytest.mark.django_db


def run(path: Path, *, interval: str = "4h", market_type: str = "spot", **options: Any) -> dict[str, Any]:
    out = io.StringIO()
    call_command("import_klines", path, interval=interval, market_type=market_type, json=True, stdout=out, **options)
    return json.loads(out.getvalue())


def failing(path: Path, **options: Any) -> dict[str, Any]:
    """The summary of a run that exits with code 1."""
    out = io.StringIO()
    settings = {"interval": "4h", "market_type": "spot", **options}
    with pytest.raises(CommandError) as caught:
        call_command("import_klines", path, json=True, stdout=out, **settings)
    assert caught.value.returncode == 1
    return json.loads(out.getvalue())


@pytest.mark.parametrize(
    "name",
    ["BTCUSDT.csv", "BTCUSDT.csv.gz", "BTCUSDT.csv.xz", "BTCUSDT-4h.csv", "BTCUSDT-4h-2025-01.zip"],
)
def test_every_kind_of_archive_is_read(tmp_path: Path, name: str) -> None:
    write_archive(tmp_path / name, csv_text(10))
    summary = run(tmp_path / name)
    assert summary["outcome"] == "succeeded"
    assert summary["counts"] == {"files": 1, "rows": 10, "written": 10, "unclosed": 0, "instruments_created": 1}
    assert Instrument.objects.get().symbol == "BTCUSDT"
    assert Kline.objects.filter(interval="4h").count() == 10


def test_a_folder_is_read_with_its_subfolders_and_other_files_are_let_be(tmp_path: Path) -> None:
    write_archive(tmp_path / "2025" / "BTCUSDT-4h-2025-01.zip", csv_text(10))
    write_archive(tmp_path / "2025" / "BTCUSDT-4h-2025-02.zip", csv_text(5, first=10))
    write_archive(tmp_path / "币安人生USDT.csv.xz", csv_text(3))
    (tmp_path / "BTCUSDT-4h-2025-01.zip.CHECKSUM").write_text("no archive")
    counts = run(tmp_path)["counts"]
    assert (counts["files"], counts["rows"], counts["instruments_created"]) == (3, 18, 2)
    assert set(Instrument.objects.values_list("symbol", flat=True)) == {"BTCUSDT", "币安人生USDT"}


def test_microseconds_and_a_header_give_the_same_candles(tmp_path: Path) -> None:
    write_archive(tmp_path / "old" / "AUSDT.csv", csv_text(10))
    write_archive(tmp_path / "new" / "BUSDT.csv", csv_text(10, header=True, unit=1000))
    run(tmp_path)
    fields = ["open_time", "open", "high", "low", "close", "volume", "close_time", "quote_volume", "trade_count"]
    old, new = (list(Kline.objects.filter(instrument__symbol=s).values_list(*fields)) for s in ("AUSDT", "BUSDT"))
    assert old == new
    assert len(old) == 10


@pytest.mark.requirement("REL-1")
def test_the_same_import_again_changes_nothing(tmp_path: Path) -> None:
    write_archive(tmp_path / "BTCUSDT.csv", csv_text(10))
    run(tmp_path)
    before = list(Kline.objects.values_list())
    counts = run(tmp_path)["counts"]
    assert (counts["rows"], counts["written"], counts["instruments_created"]) == (10, 0, 0)
    assert list(Kline.objects.values_list()) == before


def test_corrected_and_new_candles_are_written_over_the_old(tmp_path: Path) -> None:
    write_archive(tmp_path / "BTCUSDT.csv", csv_text(10))
    run(tmp_path)
    write_archive(tmp_path / "BTCUSDT.csv", csv_text(12).replace("100.50,", "100.75,"))
    assert run(tmp_path)["counts"]["written"] == 3
    assert Kline.objects.order_by("open_time")[0].close == pytest.approx(100.75)


@pytest.mark.parametrize(
    ("symbol", "assets"),
    [
        ("BTCUSDT", ("BTC", "USDT")),
        ("BTCFDUSD", ("BTC", "FDUSD")),
        ("GVTBTC", ("GVT", "BTC")),
        ("1000PEPEUSDC", ("1000PEPE", "USDC")),
        ("BTCUSDT_250627", ("BTC", "USDT")),
        ("UNKNOWN", ("", "")),
    ],
)
def test_unknown_instruments_are_created_with_their_assets(
    tmp_path: Path, symbol: str, assets: tuple[str, str]
) -> None:
    write_archive(tmp_path / f"{symbol}.csv", csv_text(2))
    run(tmp_path, market_type="futures")
    instrument = Instrument.objects.get()
    assert (instrument.symbol, instrument.market_type, instrument.status) == (symbol, "futures", "active")
    assert (instrument.base_asset, instrument.quote_asset) == assets
    assert instrument.exchange.code == "binance"


def test_a_known_instrument_is_used_as_it_is(tmp_path: Path) -> None:
    known = InstrumentFactory(symbol="ABUSDT", base_asset="A", quote_asset="BUSDT", status="delisted")
    write_archive(tmp_path / "ABUSDT.csv", csv_text(2))
    assert run(tmp_path, market_type="futures")["counts"]["instruments_created"] == 0
    known.refresh_from_db()
    assert (known.base_asset, known.status, known.klines.count()) == ("A", "delisted", 2)


def test_the_two_markets_are_kept_apart(tmp_path: Path) -> None:
    write_archive(tmp_path / "BTCUSDT.csv", csv_text(2))
    run(tmp_path, market_type="spot")
    run(tmp_path, market_type="futures")
    assert sorted(Instrument.objects.values_list("symbol", "market_type")) == [
        ("BTCUSDT", "futures"),
        ("BTCUSDT", "spot"),
    ]


def test_a_symbol_can_be_given_for_a_file_whose_name_does_not_say_it(tmp_path: Path) -> None:
    write_archive(tmp_path / "download (1).csv", csv_text(2))
    run(tmp_path / "download (1).csv", symbol="BTCUSDT")
    assert Instrument.objects.get().symbol == "BTCUSDT"


BROKEN = {
    "AUSDT.csv.xz": lzma.compress(csv_text(2000).encode())[:400],
    "BUSDT.csv.xz": b"",
    "CUSDT.csv.gz": bytes(range(256)),
    "DUSDT.zip": bytes(range(256)),
    "EUSDT.csv": bytes(range(256)),
    "FUSDT.csv": b"",
    "GUSDT.csv": csv_text(5).replace("101.50", "abc").encode(),
    "HUSDT.csv": csv_text(8, Interval.H1).encode(),
    "JUSDT-1h-2025-01.csv": csv_text(8, Interval.H1).encode(),
    "no symbol.csv": csv_text(5).encode(),
    "kusdt.csv": csv_text(5).encode(),
    "LBTC_20211219T1500_1h.csv": csv_text(5).encode(),
}
SAYS = {
    "AUSDT.csv.xz": "damaged or not what its name says",
    "BUSDT.csv.xz": "damaged or not what its name says",
    "CUSDT.csv.gz": "damaged or not what its name says",
    "DUSDT.zip": "damaged or not what its name says",
    "EUSDT.csv": "line 1: ",
    "FUSDT.csv": "the file is empty",
    "GUSDT.csv": "line 2: close is 'abc' and not a number",
    "HUSDT.csv": "line 1: a candle lasts 1h, but --interval says 4h",
    "JUSDT-1h-2025-01.csv": "the name says 1h, but --interval says 4h",
    "no symbol.csv": "give --symbol and import this file alone",
    "kusdt.csv": "(KUSDT?)",
    "LBTC_20211219T1500_1h.csv": "the name does not begin with a symbol such as BTCUSDT",
}


def test_broken_files_are_reported_by_name_and_the_others_go_on(tmp_path: Path) -> None:
    for name, data in BROKEN.items():
        (tmp_path / name).write_bytes(data)
    write_archive(tmp_path / "ZUSDT.csv.xz", csv_text(7))
    summary = failing(tmp_path)
    messages = {failure["message"].partition(": ")[0]: failure["message"] for failure in summary["failures"]}
    assert messages.keys() == SAYS.keys()
    assert [name for name, says in SAYS.items() if says not in messages[name]] == []
    assert {failure["code"] for failure in summary["failures"]} == {"ERR_ARCHIVE_INVALID"}
    assert list(Instrument.objects.values_list("symbol", flat=True)) == ["ZUSDT"]
    assert Kline.objects.count() == 7


def test_a_zip_holds_one_csv(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "AUSDT.zip", "w") as archive:
        archive.writestr("readme.txt", "no candles")
    assert "holds 0 CSV files where there should be one" in failing(tmp_path)["failures"][0]["message"]


def test_an_encrypted_zip_is_a_sentence_not_a_crash(tmp_path: Path) -> None:
    data = bytearray(write_archive(tmp_path / "AUSDT.zip", csv_text(2)).read_bytes())
    data[6] |= 1  # the local header's flag "encrypted"
    data[data.index(b"PK\x01\x02") + 8] |= 1  # the directory's
    (tmp_path / "AUSDT.zip").write_bytes(data)
    assert "AUSDT.zip: cannot be read" in failing(tmp_path)["failures"][0]["message"]


def test_nothing_of_a_file_with_a_wrong_last_line_is_stored(tmp_path: Path) -> None:
    write_archive(tmp_path / "AUSDT.csv", csv_text(500) + "1,2,3\n")
    assert failing(tmp_path)["failures"][0]["message"] == "AUSDT.csv: line 501: 3 columns where 12 belong"
    assert not Kline.objects.exists()
    assert not Instrument.objects.exists()


def test_a_tenth_of_broken_files_is_still_a_success(tmp_path: Path) -> None:
    for number in range(9):
        write_archive(tmp_path / f"C{number}USDT.csv", csv_text(2))
    write_archive(tmp_path / "XUSDT.csv", "")
    summary = run(tmp_path)
    assert (summary["outcome"], len(summary["failures"])) == ("succeeded", 1)


def test_a_candle_that_is_not_closed_yet_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_archive(tmp_path / "AUSDT.csv", csv_text(3))
    now_ms = START_MS + 3 * Interval.H4.milliseconds - 1
    monkeypatch.setattr("monitor.domain.clock.SystemClock.now_ms", lambda _self: now_ms)
    counts = run(tmp_path)["counts"]
    assert (counts["rows"], counts["unclosed"], Kline.objects.count()) == (2, 1, 2)


@pytest.mark.parametrize(
    ("name", "options", "says"),
    [
        ("nowhere", {}, "does not exist: name a file or folder of .csv"),
        ("empty", {}, "holds no files that end in .csv"),
        ("folder", {"symbol": "BTCUSDT"}, "--symbol goes with a single file"),
        ("folder", {"interval": "5m"}, "--interval '5m' is unknown: use one of 1h, 4h, 1d"),
        ("folder", {"market_type": "moon"}, "--market-type 'moon' is unknown: use one of spot, futures"),
        ("folder/AUSDT.csv", {"symbol": "btc-usdt"}, "write it as the exchange does, such as BTCUSDT"),
    ],
)
def test_wrong_usage_is_one_line_and_code_2(tmp_path: Path, name: str, options: dict[str, str], says: str) -> None:
    (tmp_path / "empty").mkdir()
    write_archive(tmp_path / "folder" / "AUSDT.csv", csv_text(2))
    with pytest.raises(CommandError) as caught:
        run(tmp_path / name, **options)
    assert caught.value.returncode == 2
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not JobRun.objects.exists()


def test_the_run_is_recorded_with_its_counts(tmp_path: Path) -> None:
    write_archive(tmp_path / "BTCUSDT.csv", csv_text(2))
    run(tmp_path)
    record = JobRun.objects.get()
    assert (record.job, record.outcome) == ("import_klines:spot:4h", "succeeded")
    assert record.summary["counts"]["written"] == 2


def test_the_readable_summary_names_counts_and_failures(tmp_path: Path) -> None:
    write_archive(tmp_path / "BTCUSDT.csv", csv_text(2))
    write_archive(tmp_path / "EUSDT.csv", "")
    out = io.StringIO()
    with pytest.raises(CommandError, match="1 of 2 failed, more than 10%"):
        call_command("import_klines", tmp_path, interval="4h", market_type="spot", stdout=out)
    assert "files 2, rows 2, written 2, unclosed 0, instruments created 1" in out.getvalue()
    assert "EUSDT: EUSDT.csv: the file is empty" in out.getvalue()


@pytest.mark.market_data
def test_recorded_archives_are_read_to_the_last_row(market_data_dir: Path) -> None:
    counts = run(market_data_dir / "klines" / "spot_full" / "1h", interval="1h")["counts"]
    assert (counts["files"], counts["rows"]) == (3, 70_150)
    assert Kline.objects.count() == 70_150
