"""Brings the exchange's public-archive files into the candle table, one file after the other."""

import gzip
import lzma
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from django.db import transaction

from monitor.domain.enums import Interval, MarketType
from monitor.domain.kline_archive import BadArchive, parse_archive
from monitor.errors import database_errors
from monitor.models import Exchange, Instrument
from monitor.services.exchange_clients import EXCHANGE_CODE, EXCHANGE_NAME
from monitor.services.kline_store import store_archive

SUFFIXES = (".csv", ".csv.gz", ".csv.xz", ".zip")
# Decompressed; far more than a century of hourly candles, far less than a machine's memory.
MAX_BYTES = 128 * 1024 * 1024
# Longest first, so that FDUSD is not taken for a coin quoted in USD-something.
_STABLE_COINS = ("FDUSD", "USDT", "USDC", "TUSD", "BUSD", "USDP", "USDS", "USD1", "DAI", "PAX", "UST", "VAI")
_COINS = ("DOGE", "BTC", "ETH", "BNB", "XRP", "TRX", "DOT", "SOL")
_CURRENCIES = ("BIDR", "IDRT", "BKRW", "EUR", "GBP", "TRY", "BRL", "AUD", "JPY", "RUB", "UAH", "NGN", "ZAR")
_MORE_CURRENCIES = ("PLN", "RON", "ARS", "MXN", "COP", "CZK", "IDR")
QUOTE_ASSETS = sorted(_STABLE_COINS + _COINS + _CURRENCIES + _MORE_CURRENCIES, key=len, reverse=True)
# Capitals and digits of any script; a delivery contract adds its date, as in BTCUSDT_260626.
_SYMBOL = re.compile(r"[^\W_a-z]+(_\d{6}|_PERP)?")
_PERIOD = re.compile(r"-(?P<interval>\d+[smhdwM]o?)(-\d{4}(-\d{2}){0,2})?$")


@dataclass(frozen=True, slots=True)
class ImportedFile:
    """What became of one file. ``rows`` stood in it, ``written`` of them were new or different."""

    path: Path
    symbol: str
    rows: int = 0
    written: int = 0
    unclosed: int = 0
    instrument_created: bool = False
    error: str = ""


def is_symbol(text: str) -> bool:
    """Whether this can be an exchange symbol: capitals and digits of any script, as in BTCUSDT or BTCUSDT_260626."""
    return bool(_SYMBOL.fullmatch(text))


def find_archives(path: Path) -> list[Path]:
    """The archive files at ``path``: itself, or all below the folder, in the order of their names."""
    if path.is_file():
        return [path]
    return sorted(file for file in path.rglob("*") if file.name.endswith(SUFFIXES) and file.is_file())


def import_archives(
    paths: Sequence[Path],
    *,
    interval: Interval,
    market_type: MarketType,
    now_ms: int,
    symbol: str = "",
) -> Iterator[ImportedFile]:
    """Import the files in turn, each in one transaction; a bad file is reported and nothing of it stored.

    ``symbol`` overrides what the file names say. Instruments that are not known yet are created.
    Raises ``DatabaseOperationFailed`` when the database refuses; files before that stay stored.
    """
    importer = _Importer(interval, market_type, now_ms)
    # The next file is unpacked while this one is written; two are in memory at a time, never more.
    with ThreadPoolExecutor(1, thread_name_prefix="unpack") as pool:
        pending: Future[bytes] | None = None
        for index, path in enumerate(paths):
            content = pending or pool.submit(_read, path)
            following = paths[index + 1 : index + 2]
            pending = pool.submit(_read, following[0]) if following else None
            yield importer.import_file(path, symbol, content)


class _Importer:
    def __init__(self, interval: Interval, market_type: MarketType, now_ms: int) -> None:
        self._interval = interval
        self._market_type = market_type
        self._now_ms = now_ms

    def import_file(self, path: Path, symbol: str, content: Future[bytes]) -> ImportedFile:
        try:
            symbol = symbol or self._symbol_of(path)
            archive = parse_archive(content.result(), self._interval, self._now_ms)
        except BadArchive as error:
            return ImportedFile(path, symbol, error=f"{path.name}: {error}")
        with database_errors(), transaction.atomic():
            instrument, created = self._instrument(symbol)
            written = store_archive(instrument.pk, self._interval, archive)
        return ImportedFile(path, symbol, len(archive.rows), written, archive.unclosed, created)

    def _symbol_of(self, path: Path) -> str:
        """BTCUSDT of BTCUSDT.csv.xz, BTCUSDT-4h.csv or BTCUSDT-4h-2024-01.zip."""
        stem = _stem(path)
        period = _PERIOD.search(stem)
        symbol = stem[: period.start()] if period else stem
        if not is_symbol(symbol):
            raise BadArchive(f"the name does not begin with a symbol such as BTCUSDT{_hint(stem)}")
        if period and period["interval"] != self._interval:
            raise BadArchive(f"the name says {period['interval']}, but --interval says {self._interval}")
        return symbol

    def _instrument(self, symbol: str) -> tuple[Instrument, bool]:
        exchange, _created = Exchange.objects.get_or_create(code=EXCHANGE_CODE, defaults={"name": EXCHANGE_NAME})
        base, quote = split_assets(symbol)
        return Instrument.objects.get_or_create(
            exchange=exchange,
            market_type=self._market_type.value,
            symbol=symbol,
            defaults={"base_asset": base, "quote_asset": quote},
        )


def split_assets(symbol: str) -> tuple[str, str]:
    """Base and quote asset by the quote assets known here; two empty strings where none fits."""
    pair = symbol.partition("_")[0]
    for quote in QUOTE_ASSETS:
        if pair.endswith(quote) and len(pair) > len(quote):
            return pair.removesuffix(quote), quote
    return "", ""


def _stem(path: Path) -> str:
    for suffix in sorted(SUFFIXES, key=len, reverse=True):
        if path.name.endswith(suffix):
            return path.name.removesuffix(suffix)
    return path.name


def _hint(stem: str) -> str:
    return f" ({stem.upper()}?)" if is_symbol(stem.upper()) else ": give --symbol and import this file alone"


def _read(path: Path) -> bytes:
    """The text of one file, unpacked. Raises ``BadArchive``."""
    try:
        content = _unpack(path)
    except (lzma.LZMAError, zlib.error, zipfile.BadZipFile, gzip.BadGzipFile, EOFError) as error:
        raise BadArchive(f"damaged or not what its name says ({error}): download it again") from error
    except (OSError, RuntimeError, NotImplementedError) as error:
        # zipfile reports encryption as RuntimeError and unknown compression as NotImplementedError.
        raise BadArchive(f"cannot be read ({error})") from error
    if len(content) > MAX_BYTES:
        raise BadArchive(f"holds more than {MAX_BYTES // 2**20} MB: split it by month")
    return content


def _unpack(path: Path) -> bytes:
    if path.name.endswith(".zip"):
        return _unpack_zip(path)
    with _open(path) as file:
        return file.read(MAX_BYTES + 1)


def _open(path: Path) -> IO[bytes] | gzip.GzipFile:
    if path.name.endswith(".xz"):
        return lzma.open(path)
    if path.name.endswith(".gz"):
        return gzip.open(path)
    return path.open("rb")


def _unpack_zip(path: Path) -> bytes:
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if name.endswith(".csv")]
        if len(names) != 1:
            raise BadArchive(f"holds {len(names)} CSV files where there should be one")
        with archive.open(names[0]) as file:
            return file.read(MAX_BYTES + 1)
