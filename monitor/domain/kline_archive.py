"""Reads the exchange's public-archive CSV of one series, all of it or nothing.

Twelve columns per line; newer files begin with a header and, on spot, count microseconds. A file is decoded and
checked as whole columns; only a file that fails is looked at line by line, to say which line it is and why.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from monitor.domain.enums import Interval
from monitor.domain.intervals import from_milliseconds

# One candle in the exchange's column order, times in milliseconds; the last is the field it calls "ignore".
KlineRow = tuple[int, float, float, float, float, float, int, float, int, float, float, str]

COLUMNS = (
    "open_time",
    "open",
    "high",
    "low",
    "close",
    "volume",
    "close_time",
    "quote_volume",
    "trade_count",
    "taker_buy_volume",
    "taker_buy_quote_volume",
    "ignore",
)
_OPEN_TIME, _OPEN, _HIGH, _LOW, _CLOSE, _VOLUME, _CLOSE_TIME, _QUOTE, _COUNT, _TAKER, _TAKER_QUOTE = range(11)
_PRICES = (_OPEN, _HIGH, _LOW, _CLOSE)
_AMOUNTS = (_VOLUME, _QUOTE, _COUNT, _TAKER, _TAKER_QUOTE)
_WHOLE = (_OPEN_TIME, _CLOSE_TIME, _COUNT)

_Decoded = tuple[int, float, float, float, float, float, int, float, int, float, float, float]
_DECODER = msgspec.json.Decoder(list[_Decoded])
_NUMERIC_BYTES = b"0123456789.,\n-+eE"
_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?", re.ASCII)
_INTEGER = re.compile(r"0|[1-9]\d*", re.ASCII)

_LONGEST_CELL = 40
# Epoch milliseconds of the years 2001 and 5138: below are seconds, above are microseconds.
_MILLISECONDS_FROM, _MICROSECONDS_FROM = 10**12, 10**14
# What the columns of the database hold.
_PRICE_BELOW, _AMOUNT_BELOW, _COUNT_BELOW = 1e12, 1e22, 1e15

_Table = npt.NDArray[np.float64]


class BadArchive(Exception):
    """The file is not what it should be; the message names the line and what would be right."""

    code = "ERR_ARCHIVE_INVALID"

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(f"line {line}: {message}" if line else message)


@dataclass(frozen=True, slots=True)
class KlineArchive:
    """The closed candles of one file: as numbers, and as the exchange's own text.

    Times in ``text`` are ``time_divisor`` times milliseconds. ``unclosed`` counts candles left out.
    """

    rows: list[KlineRow]
    text: bytes
    time_divisor: int
    unclosed: int


def parse_archive(content: bytes, interval: Interval, now_ms: int) -> KlineArchive:
    """Decode one file. Raises ``BadArchive`` when any line is wrong.

    An archive holds closed candles; a last one that is still open at ``now_ms`` (the machine's clock serves as
    an upper bound only) is left out, and any later one is an error.
    """
    header_lines, text = _without_header(content)
    decoded = _decode(text)
    table = _table(decoded)
    if decoded is None or table is None:
        raise _first_fault(text, header_lines)
    divisor = _time_divisor(table, header_lines)
    check = _Checker(table, header_lines, interval, divisor)
    check.numbers()
    check.times()
    unclosed = check.unclosed(now_ms)
    if unclosed:
        decoded.pop()
        text = text.rpartition(b"\n")[0]
    return KlineArchive(_rows(decoded, text, divisor), text, divisor, unclosed)


def _without_header(content: bytes) -> tuple[int, bytes]:
    text = content.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").rstrip(b"\n")
    if text[:4].lower() != b"open":
        return 0, text
    return 1, text.partition(b"\n")[2]


def _decode(text: bytes) -> list[_Decoded] | None:
    if not text:
        raise BadArchive("the file is empty: it should hold one candle of twelve columns a line")
    # Lines of numbers are JSON but for the brackets, and the JSON decoder is the fastest exact reader at hand.
    # No other character is let through, so nothing can close a bracket of its own.
    if text.translate(None, _NUMERIC_BYTES):
        return None
    try:
        return _DECODER.decode(b"[[" + text.replace(b"\n", b"],[") + b"]]")
    except msgspec.DecodeError:
        return None


def _table(decoded: list[_Decoded] | None) -> _Table | None:
    try:
        return None if decoded is None else np.array(decoded, dtype=np.float64)
    except OverflowError:  # a whole number of hundreds of digits
        return None


def _first_fault(text: bytes, header_lines: int) -> BadArchive:
    """Find the first line that cannot be decoded and say why."""
    for number, line in enumerate(text.split(b"\n"), start=1 + header_lines):
        cells = line.decode("utf-8", errors="replace").split(",")
        if len(cells) != len(COLUMNS):
            return BadArchive(f"{len(cells)} columns where {len(COLUMNS)} belong", number)
        for index, cell in enumerate(cells):
            form, kind = (_INTEGER, "a whole number") if index in _WHOLE else (_NUMBER, "a number")
            if len(cell) > _LONGEST_CELL or not form.fullmatch(cell):
                return BadArchive(f"{COLUMNS[index]} is {cell[:_LONGEST_CELL]!r} and not {kind}", number)
    return BadArchive("a number is too large to be read")


def _time_divisor(table: _Table, header_lines: int) -> int:
    opens = table[:, _OPEN_TIME]
    micro = opens >= _MICROSECONDS_FROM
    mixed = (micro != micro[0]) | (opens < _MILLISECONDS_FROM)
    if mixed.any():
        index = int(mixed.argmax())
        text = f"open_time {opens[index]:.0f} is neither in milliseconds nor, like every line, in microseconds"
        raise BadArchive(text, index + 1 + header_lines)
    return 1000 if micro[0] else 1


def _rows(decoded: list[_Decoded], text: bytes, divisor: int) -> list[KlineRow]:
    ignored = _ignored(text, len(decoded))
    if divisor == 1:
        return [(*row[:11], last) for row, last in zip(decoded, ignored, strict=True)]
    return [
        (row[0] // divisor, *row[1:6], row[6] // divisor, *row[7:11], last)
        for row, last in zip(decoded, ignored, strict=True)
    ]


def _ignored(text: bytes, count: int) -> list[str]:
    if text.count(b",0\n") + text.endswith(b",0") == count:
        return ["0"] * count
    return [line.rpartition(b",")[2].decode("ascii")[:32] for line in text.split(b"\n")]


class _Checker:
    """What every candle of a file must fulfil; each method raises for the first line that does not."""

    def __init__(self, table: _Table, header_lines: int, interval: Interval, divisor: int) -> None:
        self._table = table
        self._first_line = 1 + header_lines
        self._interval = interval
        self._divisor = divisor
        self._opens = table[:, _OPEN_TIME] / divisor
        self._closes = np.floor(table[:, _CLOSE_TIME] / divisor)

    def numbers(self) -> None:
        prices, amounts = self._table[:, _PRICES], self._table[:, _AMOUNTS]
        high, low = self._table[:, _HIGH], self._table[:, _LOW]
        self._refuse(~np.isfinite(self._table).all(axis=1), "a number is too large to be read")
        self._refuse((prices <= 0).any(axis=1), "a price is not above 0")
        self._refuse((amounts < 0).any(axis=1), "a volume or count is below 0")
        self._refuse((prices >= _PRICE_BELOW).any(axis=1), f"a price is not below {_PRICE_BELOW:.0e}")
        self._refuse((amounts >= _AMOUNT_BELOW).any(axis=1), f"a volume is not below {_AMOUNT_BELOW:.0e}")
        self._refuse(self._table[:, _COUNT] >= _COUNT_BELOW, f"trade_count is not below {_COUNT_BELOW:.0e}")
        self._refuse(high < low, "high is below low")
        self._refuse(prices.max(axis=1) > high, "high is below open or close")
        self._refuse(prices.min(axis=1) < low, "low is above open or close")

    def times(self) -> None:
        step = self._interval.milliseconds
        spans = self._closes - self._opens + 1
        typical = int(np.median(spans))
        if typical != step:
            raise BadArchive(
                f"a candle lasts {_duration(typical)}, but --interval says {self._interval}", self._first_line
            )
        off = f"open_time is not a multiple of {self._interval} in UTC"
        self._refuse(self._opens % step != 0, off)
        # An outage of the exchange can end a candle early, never late.
        self._refuse((spans <= 0) | (spans > step), f"close_time is not within {self._interval} of open_time")
        unordered = np.diff(self._opens, prepend=self._opens[0] - step) <= 0
        self._refuse(unordered, "open_time is not after that of the line before")

    def unclosed(self, now_ms: int) -> int:
        """How many candles at the end are not closed yet: none or one."""
        future = self._opens > now_ms
        if future.any():
            index = int(future.argmax())
            moment = f"{from_milliseconds(int(self._opens[index])):%Y-%m-%d %H:%M}"
            clock = f"{datetime.fromtimestamp(now_ms / 1000, UTC):%Y-%m-%d %H:%M}"
            text = f"the candle of {moment} UTC lies in the future; this machine's clock says {clock} UTC"
            raise BadArchive(text, index + self._first_line)
        return int(self._closes[-1] >= now_ms)

    def _refuse(self, wrong: Any, message: str) -> None:
        if wrong.any():
            raise BadArchive(message, int(wrong.argmax()) + self._first_line)


def _duration(milliseconds: int) -> str:
    for unit, size in (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000)):
        if milliseconds > 0 and milliseconds % size == 0:
            return f"{milliseconds // size}{unit}"
    return f"{milliseconds} ms"
