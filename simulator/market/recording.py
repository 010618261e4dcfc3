"""Files of recorded candles: the exchange's public-archive CSV, plain or compressed, read when first asked for."""

import gzip
import lzma
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from simulator.errors import UsageError
from simulator.market.intervals import INTERVALS
from simulator.market.source import MARKETS, Market, Row

_READERS: Final[dict[str, Callable[[bytes], bytes]]] = {
    ".csv": lambda content: content,
    ".csv.gz": gzip.decompress,
    ".csv.xz": lzma.decompress,
}
_MICROSECONDS_FROM: Final = 10**14
_COLUMNS: Final = 12


class RecordingUnusable(UsageError):
    """The folder holds no candles in a layout that says what they are."""


@dataclass(slots=True)
class Series:
    """The candles of one file, parsed row by row as they are asked for."""

    lines: list[bytes]

    def closed_rows(self, first_ms: int, last_ms: int, now_ms: int, limit: int) -> list[Row]:
        """The oldest rows that open in [first, last] and have closed by now."""
        low = bisect_left(self.lines, first_ms, key=_open_ms)
        return [_row(line) for line in self.lines[low : min(low + limit, self._closed(last_ms, now_ms))]]

    def newest_rows(self, last_ms: int, now_ms: int, limit: int) -> list[Row]:
        """The newest closed rows that open up to a moment."""
        high = self._closed(last_ms, now_ms)
        return [_row(line) for line in self.lines[max(0, high - limit) : high]]

    def _closed(self, last_ms: int, now_ms: int) -> int:
        """How many rows open up to a moment and have closed by now."""
        high = bisect_right(self.lines, min(last_ms, now_ms), key=_open_ms)
        while high and self.close_ms(high - 1) >= now_ms:
            high -= 1
        return high

    def close_ms(self, place: int) -> int:
        """Last millisecond of a row."""
        return _milliseconds(self.lines[place].split(b",", 7)[6])

    @property
    def first_ms(self) -> int:
        """Open time of the first row."""
        return _open_ms(self.lines[0])

    @property
    def last_ms(self) -> int:
        """Last millisecond of the last row."""
        return self.close_ms(len(self.lines) - 1)


@dataclass(slots=True)
class SeriesFile:
    """One file; its content is read at the first use."""

    market: Market
    interval: str
    symbol: str
    path: Path
    _series: Series | None = field(default=None, repr=False)

    @property
    def series(self) -> Series:
        """The candles; raises RecordingUnusable for a file that cannot be read."""
        if self._series is None:
            self._series = self._read()
        return self._series

    def _read(self) -> Series:
        suffix = _suffix(self.path)
        try:
            content = _READERS[suffix](self.path.read_bytes())
        except (OSError, EOFError, lzma.LZMAError) as error:
            raise RecordingUnusable(f"{self.path} cannot be read: {error}") from None
        lines = content.split()
        if lines and not lines[0][:1].isdigit():
            del lines[0]  # newer archives name their columns
        if not lines or lines[0].count(b",") < _COLUMNS - 2:
            raise RecordingUnusable(f"{self.path} holds no candles of {_COLUMNS} columns")
        return Series(lines)


def find_files(folder: Path) -> list[SeriesFile]:
    """All recorded series under FOLDER/<market>/<interval>/; raises RecordingUnusable if there are none.

    The folder may also be one market's or one interval's, if its own name (and its parent's) says so.
    """
    if not folder.is_dir():
        raise RecordingUnusable(f"{folder} is not a folder; --klines needs DIR/<spot|futures>/<interval>/")
    files = [
        SeriesFile(market, interval, path.name.removesuffix(_suffix(path)), path)
        for market, interval, place in _folders(folder.resolve())
        for path in sorted(place.iterdir())
        if _suffix(path)
    ]
    if not files:
        raise RecordingUnusable(f"no .csv, .csv.gz or .csv.xz under {folder}/<spot|futures>/<interval>/")
    return files


def _folders(folder: Path) -> Iterator[tuple[Market, str, Path]]:
    for market in MARKETS:
        if folder.name in INTERVALS and folder.parent.name == market:
            yield market, folder.name, folder
        root = folder if folder.name == market else folder / market
        yield from ((market, name, root / name) for name in INTERVALS if (root / name).is_dir())


def _suffix(path: Path) -> str:
    return next((suffix for suffix in _READERS if path.name.endswith(suffix)), "")


def _milliseconds(text: bytes) -> int:
    value = int(text)
    return value // 1000 if value >= _MICROSECONDS_FROM else value


def _open_ms(line: bytes) -> int:
    return _milliseconds(line.partition(b",")[0])


def _row(line: bytes) -> Row:
    cells = line.decode("ascii").split(",")
    return (
        _milliseconds(cells[0].encode()), cells[1], cells[2], cells[3], cells[4], cells[5],
        _milliseconds(cells[6].encode()), cells[7], int(cells[8]), cells[9], cells[10], "0",
    )  # fmt: skip
