"""Bad days on request: rules that spoil replies, scripted through /_sim/faults."""

import itertools
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Final

from simulator.errors import UsageError

REPLIES: Final = frozenset({"error_json", "error_text", "forbidden_html", "rate_limited", "banned", "drop_connection"})
PAYLOADS: Final = frozenset(
    {
        "wrong_types",
        "missing_fields",
        "out_of_order",
        "duplicated",
        "missing_rows",
        "zero_volume",
        "high_below_low",
    }
)
KINDS: Final = frozenset({"latency", "truncated_body"}) | REPLIES | PAYLOADS


@dataclass(slots=True, kw_only=True)
class Fault:
    """One rule: which requests it meets, what it does to them, how often."""

    number: int
    kind: str
    path: str = "*"
    symbol: str | None = None
    count: int | None = None
    probability: float = 1.0
    latency_ms: int = 0
    status: int = 503
    retry_after: int = 30
    fields: tuple[str, ...] = ()
    applied: int = 0
    dice: random.Random = field(default_factory=lambda: random.Random(0), repr=False)

    def meets(self, path: str, query: Mapping[str, str]) -> bool:
        """Whether the rule applies to this request; counts it if so."""
        if self.count is not None and self.applied >= self.count:
            return False
        asked = query.get("symbol")
        listing_wide = asked is None and self.kind in PAYLOADS
        if self.symbol is not None and asked != self.symbol and not listing_wide:
            return False
        if not fnmatchcase(path, self.path) or self.dice.random() >= self.probability:
            return False
        self.applied += 1
        return True

    def describe(self) -> dict[str, object]:
        """The rule as JSON."""
        return {
            "id": self.number,
            "kind": self.kind,
            "path": self.path,
            "symbol": self.symbol,
            "count": self.count,
            "probability": self.probability,
            "latency_ms": self.latency_ms,
            "status": self.status,
            "retry_after": self.retry_after,
            "fields": list(self.fields),
            "applied": self.applied,
        }


class FaultScript:
    """The rules in force, in the order they were posted."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._numbers = itertools.count(1)

    def add(self, rule: object) -> Fault:
        """Put a rule in force; raises UsageError for a rule that makes no sense."""
        fault = parse_rule(rule, next(self._numbers))
        self._faults.append(fault)
        return fault

    def clear(self) -> int:
        """Drop all rules and return how many there were."""
        count = len(self._faults)
        self._faults.clear()
        return count

    def describe(self) -> list[dict[str, object]]:
        """All rules as JSON."""
        return [fault.describe() for fault in self._faults]

    def meeting(self, path: str, query: Mapping[str, str]) -> list[Fault]:
        """The rules that apply to a request."""
        return [fault for fault in self._faults if fault.meets(path, query)]


_TYPES: Final[dict[str, type | tuple[type, ...]]] = {
    "kind": str,
    "path": str,
    "symbol": str,
    "count": int,
    "probability": (int, float),
    "latency_ms": int,
    "status": int,
    "retry_after": int,
    "fields": list,
    "seed": int,
}


def parse_rule(rule: object, number: int) -> Fault:
    """A rule from JSON; raises UsageError that says what would be right."""
    if not isinstance(rule, dict):
        raise UsageError('a fault is a JSON object such as {"kind": "latency", "latency_ms": 50}')
    for name, value in rule.items():
        if name not in _TYPES or not isinstance(value, _TYPES[name]) or isinstance(value, bool):
            raise UsageError(f"'{name}' is unknown or of the wrong type; known: {', '.join(_TYPES)}")
    if rule.get("kind") not in KINDS:
        raise UsageError(f"'kind' must be one of {', '.join(sorted(KINDS))}")
    if not 0 <= rule.get("probability", 1) <= 1:
        raise UsageError("'probability' must lie between 0 and 1")
    known = {name: value for name, value in rule.items() if name != "seed"}
    if "fields" in known:
        known["fields"] = tuple(map(str, known["fields"]))
    return Fault(number=number, dice=random.Random(rule.get("seed", 0)), **known)


def spoil(payload: object, fault: Fault) -> object:
    """A copy of the payload with the fault in it."""
    if isinstance(payload, dict) and isinstance(payload.get("symbols"), list):
        return {**payload, "symbols": _spoil_records(payload["symbols"], fault)}
    if isinstance(payload, list):
        return _spoil_records(payload, fault)
    return _spoil_record(payload, fault)


def _spoil_records(records: list[Any], fault: Fault) -> list[Any]:
    if fault.kind == "out_of_order":
        return records[::-1]
    if fault.kind == "duplicated":
        return [record for record in records for _ in range(2)]
    if fault.kind == "missing_rows":
        # Every third row, never the first or the last: a hole, not a shorter answer.
        return [row for place, row in enumerate(records) if place % 3 != 1 or place == len(records) - 1]
    return [_spoil_record(record, fault) if _concerns(record, fault) else record for record in records]


def _concerns(record: object, fault: Fault) -> bool:
    named = isinstance(record, dict) and "symbol" in record and fault.symbol is not None
    return not named or record["symbol"] == fault.symbol  # type: ignore[index]


def _spoil_record(record: Any, fault: Fault) -> Any:
    if isinstance(record, dict):
        if fault.kind == "missing_fields":
            return {name: value for name, value in record.items() if name not in fault.fields}
        if fault.kind == "wrong_types":
            names = fault.fields or tuple(record)
            return {name: _other_type(value) if name in names else value for name, value in record.items()}
        return record
    return _spoil_row(list(record), fault) if isinstance(record, (list, tuple)) else record


def _spoil_row(row: list[Any], fault: Fault) -> list[Any]:
    if fault.kind == "wrong_types":
        return [_other_type(value) for value in row]
    if fault.kind == "missing_fields":
        return row[:-1]
    if fault.kind == "zero_volume":
        row[5] = row[7] = row[9] = row[10] = "0.00000000"
        row[8] = 0
    elif fault.kind == "high_below_low":
        row[2], row[3] = f"{float(row[3]) * 0.5:.8f}", row[2]
    return row


def _other_type(value: object) -> object:
    if isinstance(value, str):
        return None
    return {"unexpected": True} if isinstance(value, bool) else f"<{value}>"
