"""Query parameters, read one by one and refused with the exchange's exact codes and messages."""

import json
import re
from collections import Counter
from collections.abc import Collection
from typing import Final
from urllib.parse import parse_qsl

from simulator.errors import INVALID_INTERVAL, ApiError, illegal_characters, invalid, missing
from simulator.market.intervals import HOUR_MS, MINUTE_MS

_DIGITS: Final = "^[0-9]{1,20}$"
# Symbols may be written in any script since December 2025, never in lower case.
_SYMBOL: Final = "^[\\w\\-._&&[^a-z]]{1,50}$"
_SYMBOL_PATTERN: Final = re.compile(r"[^\Wa-z]|[-.]", re.UNICODE)
_ZONE: Final = re.compile(r"([+-]?)(\d{1,2})(?::(\d{2}))?")
_MICROSECONDS_FROM: Final = 10**14
_MOST_SYMBOL_CHARACTERS: Final = 50


class Params:
    """Reads parameters; a strict reader (spot) also refuses what nobody read."""

    def __init__(self, query: str, *, strict: bool) -> None:
        pairs = parse_qsl(query, keep_blank_values=True)
        self._values = dict(pairs)
        self._strict = strict
        self._read: set[str] = set()
        if strict and any(count > 1 for count in Counter(name for name, _ in pairs).values()):
            raise ApiError(-1101, "Duplicate values for a parameter detected.")

    def text(self, name: str) -> str | None:
        """The value, None when it was not sent."""
        if name not in self._values:
            return None
        self._read.add(name)
        value = self._values[name]
        if not value and self._strict:
            raise ApiError(-1105, f"Parameter '{name}' was empty.")
        return value or None

    def required(self, name: str) -> str:
        """The value of a mandatory parameter."""
        self._read.add(name)
        value = self._values.get(name)
        if not value:
            raise missing(name)
        return value

    def symbol(self) -> str:
        """The mandatory symbol, as it is listed."""
        return self.checked_symbol(self.required("symbol"))

    def optional_symbol(self) -> str | None:
        """The symbol, None when it was not sent."""
        value = self.text("symbol")
        return None if value is None else self.checked_symbol(value)

    def checked_symbol(self, value: str) -> str:
        """Spot refuses lower case; contracts are found in any case."""
        if not self._strict:
            return value.upper()
        if len(value) > _MOST_SYMBOL_CHARACTERS or not all(map(_SYMBOL_PATTERN.fullmatch, value)):
            raise illegal_characters("symbol", _SYMBOL)
        return value

    def symbols(self) -> list[str] | None:
        """The JSON list `symbols`, None when it was not sent."""
        value = self.text("symbols")
        if value is None:
            return None
        return [self.checked_symbol(symbol) for symbol in self._json_list("symbols", value)]

    def words(self, name: str) -> list[str] | None:
        """One word or a JSON list of words."""
        value = self.text(name)
        if value is None:
            return None
        return self._json_list(name, value) if value.startswith("[") else [value]

    @staticmethod
    def _json_list(name: str, value: str) -> list[str]:
        try:
            items = json.loads(value)
        except ValueError:
            items = None
        if not isinstance(items, list) or not items or not all(isinstance(item, str) for item in items):
            raise ApiError(-1135, f"JSON sent for parameter '{name}' is not valid")
        if len(set(items)) != len(items):
            raise ApiError(-1151, "Symbol is present multiple times in the list.")
        return items

    def interval(self, known: Collection[str]) -> str:
        """The mandatory candle interval."""
        value = self.required("interval")
        if value not in known:
            raise ApiError(*INVALID_INTERVAL)
        return value

    def number(self, name: str) -> int | None:
        """A whole number without sign, None when it was not sent."""
        value = self.text(name)
        if value is None:
            return None
        if not (value.isascii() and value.isdigit() and len(value) <= 20):
            raise illegal_characters(name, _DIGITS)
        return int(value)

    def limit(self, default: int, most: int, *, capped: bool) -> int:
        """The row limit; above the maximum it is capped or refused."""
        value = self.number("limit")
        if value is None:
            return default
        if value < 1 or (value > most and not capped):
            raise invalid("limit")
        return min(value, most)

    def time_ms(self, name: str) -> int | None:
        """A moment, sent in milliseconds or microseconds."""
        value = self.number(name)
        return value // 1000 if value is not None and value >= _MICROSECONDS_FROM else value

    def flag(self, name: str, *, default: bool) -> bool:
        """`true` or `false`."""
        value = self.text(name)
        if value is None:
            return default
        if value not in {"true", "false"}:
            raise invalid(name)
        return value == "true"

    def zone_offset_ms(self) -> int:
        """Distance of `timeZone` from UTC: hours or ±H:MM between -12:00 and +14:00."""
        match = _ZONE.fullmatch(self.text("timeZone") or "0")
        if match is None:
            raise invalid("timeZone")
        sign, hours, minutes = match.groups()
        size = int(hours) * HOUR_MS + int(minutes or 0) * MINUTE_MS
        offset = -size if sign == "-" else size
        if not -12 * HOUR_MS <= offset <= 14 * HOUR_MS:
            raise invalid("timeZone")
        return offset

    def finish(self) -> None:
        """Refuse parameters that this route does not know (spot only)."""
        sent, read = len(self._values), len(self._read & set(self._values))
        if not self._strict or sent == read:
            return
        if not self._read:
            raise ApiError(-1101, f"Too many parameters; expected '0' and received '{sent}'.")
        raise ApiError(-1104, f"Not all sent parameters were read; read '{read}' parameter(s) but was sent '{sent}'.")
