"""Every number a detector is compared with, read from ``VT_*`` names and checked once at start-up."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from math import isfinite
from typing import Any

from monitor.domain.enums import Interval
from volume_trap.domain.errors import InvalidInterval, InvalidThreshold

PRESETS = ("default", "strict")


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Defaults are the specification's. ``*_threshold`` for shadow and ATR are ratios, retention is percent.

    ``preset`` "strict" adds two filters: a true upper wick on a rising candle, and the market-wide mark.
    """

    rvol_threshold: float = 8.0
    amplitude_threshold: float = 3.0
    upper_shadow_threshold: float = 0.5
    volume_retention_threshold: float = 15.0
    pe_multiplier: float = 2.0
    obv_lookback_periods: int = 5
    atr_compression_threshold: float = 0.5
    default_interval: Interval = Interval.H4
    retention_days: int = 180
    preset: str = "default"

    @property
    def strict(self) -> bool:
        return self.preset == "strict"

    @classmethod
    def parse(cls, environment: Mapping[str, str]) -> "Thresholds":
        """Build from names without their ``VT_`` prefix, such as ``{"RVOL_THRESHOLD": "8.5"}``.

        Raises InvalidThreshold naming the variable and what would be right.
        """
        known = {field.name.upper() for field in fields(cls)}
        for name in environment:
            if name not in known:
                raise InvalidThreshold(f"VT_{name} is unknown: use one of {', '.join(sorted(known))} after VT_.")
        return cls(**{name.lower(): _parse(name, raw) for name, raw in environment.items()})


_BOUNDS: dict[str, tuple[float, float]] = {
    "RVOL_THRESHOLD": (1, float("inf")),
    "AMPLITUDE_THRESHOLD": (1, float("inf")),
    "UPPER_SHADOW_THRESHOLD": (0, 1),
    "VOLUME_RETENTION_THRESHOLD": (0, 100),
    "PE_MULTIPLIER": (1, float("inf")),
    "OBV_LOOKBACK_PERIODS": (3, 20),
    "ATR_COMPRESSION_THRESHOLD": (0, 1),
    "RETENTION_DAYS": (30, float("inf")),
}
_WHOLE = {"OBV_LOOKBACK_PERIODS", "RETENTION_DAYS"}


def _parse(name: str, raw: str) -> Any:
    if name == "PRESET":
        return _parse_preset(raw)
    if name == "DEFAULT_INTERVAL":
        return parse_interval(raw)
    return _parse_number(name, raw)


def _parse_preset(raw: str) -> str:
    if raw not in PRESETS:
        raise InvalidThreshold(f"VT_PRESET={raw!r} is unknown: use one of {', '.join(PRESETS)}.")
    return raw


def _parse_number(name: str, raw: str) -> float | int:
    least, most = _BOUNDS[name]
    kind = "a whole number" if name in _WHOLE else "a number"
    wanted = f"{kind} of at least {least:g}" if most == float("inf") else f"{kind} from {least:g} to {most:g}"
    try:
        number = int(raw) if name in _WHOLE else float(raw)
    except ValueError as error:
        raise InvalidThreshold(f"VT_{name}={raw!r} must be {wanted}.") from error
    if not isfinite(number) or not least <= number <= most:
        raise InvalidThreshold(f"VT_{name}={raw!r} must be {wanted}.")
    return number


def parse_interval(raw: str) -> Interval:
    """The interval named by ``raw``; raises InvalidInterval that lists the allowed ones."""
    try:
        return Interval(raw)
    except ValueError as error:
        raise InvalidInterval(raw, tuple(interval.value for interval in Interval)) from error
