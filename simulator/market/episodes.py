"""Stories that are told over and over: quiet market, huge-volume pump, fade, drying out, recovery or not.

A cycle is `CYCLE_BARS` candles of the instrument's native interval with one story in it. Values are natural
logarithms of the price relative to the instrument's base price.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

CYCLE_BARS: Final = 168
TRIGGER_BAR: Final = 40
FADE_BARS: Final = 9
DRY_BARS: Final = 35
# What a market-wide bar must stay clear of: the story's windows look 30 bars back and 50 ahead.
_SENSITIVE: Final = range(TRIGGER_BAR - 31, TRIGGER_BAR + 50)

STORIES: Final = ("abandoned", "lingering", "recovered", "stalled", "lingering", "quick", "abandoned", "crash")

_CLOSE_SHARE: Final = 0.38  # where the pump closes, as a share of its height: a long upper wick
_FADE_SHARE: Final = -0.30
_DRY_SHARE: Final = -0.42
_TRIGGER_VOLUME: Final = 14.0


@dataclass(frozen=True, slots=True)
class Temper:
    """How wild an interval is: volatility of a quiet bar, height of a pump."""

    volatility: float
    pump: float


TEMPERS: Final = {"1h": Temper(0.0035, 0.12), "4h": Temper(0.006, 0.18), "1d": Temper(0.014, 0.28)}


@dataclass(slots=True)
class Script:
    """One cycle, bar by bar: closes, wick sizes and volumes relative to a quiet bar."""

    closes: Floats
    upper_wick: Floats
    lower_wick: Floats
    volume: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycle:
    """What the script of one cycle depends on."""

    story: str
    temper: Temper
    start: float
    end: float
    market_wide_bars: tuple[int, ...] = ()


def write_script(cycle: Cycle, rng: np.random.Generator) -> Script:
    """The script of one cycle; a market-wide bar inside the story's windows takes the story's place."""
    collides = any(bar in _SENSITIVE for bar in cycle.market_wide_bars)
    anchors = _quiet_anchors(cycle) if collides else _anchors(cycle)
    volatility = cycle.temper.volatility
    script = Script(
        closes=_path(anchors, volatility, rng),
        upper_wick=rng.exponential(0.6 * volatility, CYCLE_BARS),
        lower_wick=rng.exponential(0.6 * volatility, CYCLE_BARS),
        volume=rng.lognormal(-0.03, 0.25, CYCLE_BARS),
    )
    if not collides:
        _tell(script, cycle)
    for bar in cycle.market_wide_bars:
        _crash_everything(script, bar, cycle.temper)
    script.closes[-1] = cycle.end
    return script


# An anchor: bar, close at that bar, noise of the way there as a share of the quiet volatility.
Anchor = tuple[int, float, float]


def _quiet_anchors(cycle: Cycle) -> list[Anchor]:
    return [(-1, cycle.start, 0.0), (CYCLE_BARS - 1, cycle.end, 1.0)]


def _anchors(cycle: Cycle) -> list[Anchor]:
    """Where the price must be when; in between it wanders."""
    base = (cycle.start + cycle.end) / 2
    pump = cycle.temper.pump
    trigger, faded = TRIGGER_BAR, TRIGGER_BAR + FADE_BARS
    dried = faded + DRY_BARS
    close = -0.85 if cycle.story == "crash" else _CLOSE_SHARE
    ways: dict[str, list[Anchor]] = {
        "abandoned": [(faded, _FADE_SHARE, 0.3), (dried, _DRY_SHARE, 0.0)],
        "recovered": [(faded, _FADE_SHARE, 0.3), (dried, _DRY_SHARE, 0.0), (dried + 20, 0.7, 1.0)],
        "stalled": [(faded, _FADE_SHARE, 0.3), (faded + 30, -0.1, 1.5)],
        "lingering": [(trigger + step, 0.2, 0.25) for step in range(2, 96, 6)],
        "quick": [(trigger + 3, 0.65, 0.3)],
        "crash": [(trigger + 5, -0.45, 0.5)],
    }
    shares = [(trigger - 1, 0.0, 1.0), (trigger, close, 0.0), *ways[cycle.story]]
    inner = [(bar, base + share * pump, noise) for bar, share, noise in shares]
    return [(-1, cycle.start, 0.0), *inner, (CYCLE_BARS - 1, cycle.end, 1.0)]


def _path(anchors: list[Anchor], volatility: float, rng: np.random.Generator) -> Floats:
    """Closes of all bars: a Brownian bridge between every two anchors."""
    noise = rng.normal(0.0, volatility, CYCLE_BARS)
    closes = np.empty(CYCLE_BARS)
    for (left, left_value, _), (right, right_value, share) in pairwise(anchors):
        steps = np.arange(1, right - left + 1) / (right - left)
        walk = np.cumsum(noise[left + 1 : right + 1]) * share
        closes[left + 1 : right + 1] = left_value + (right_value - left_value) * steps + walk - walk[-1] * steps
    return closes


def _tell(script: Script, cycle: Cycle) -> None:
    """Volumes and wicks that make the trigger a trigger and the fade a fade."""
    trigger, pump = TRIGGER_BAR, cycle.temper.pump
    script.volume[trigger] = _TRIGGER_VOLUME
    if cycle.story == "crash":
        script.upper_wick[trigger], script.lower_wick[trigger] = 0.02 * pump, 0.15 * pump
        return
    script.upper_wick[trigger], script.lower_wick[trigger] = (1 - _CLOSE_SHARE) * pump, 0.03 * pump
    script.volume[trigger + 1 : trigger + 4] *= (3.0, 2.0, 1.2)
    if cycle.story in {"abandoned", "recovered", "stalled"}:
        script.volume[trigger + 4 : trigger + FADE_BARS + 1] *= 0.4
    if cycle.story in {"abandoned", "recovered"}:
        _dry_out(script, cycle.temper)


def _dry_out(script: Script, temper: Temper) -> None:
    """Ever smaller candles, each closing a little lower, on little volume."""
    first = TRIGGER_BAR + FADE_BARS
    dry = slice(first + 1, first + DRY_BARS + 1)
    shrink = 0.9 ** np.arange(1, DRY_BARS + 1)
    left, right = script.closes[first], script.closes[first + DRY_BARS]
    script.closes[dry] = left + (right - left) * np.cumsum(shrink) / shrink.sum()
    script.upper_wick[dry] = 0.5 * temper.volatility * shrink
    script.lower_wick[dry] = 0.3 * temper.volatility * shrink
    script.volume[dry] *= 0.35


def _crash_everything(script: Script, bar: int, temper: Temper) -> None:
    """A bar on which the whole market falls at once on huge volume, and half recovers in the next ones."""
    depth = temper.pump * 0.6
    script.volume[bar] = 0.8 * _TRIGGER_VOLUME
    script.lower_wick[bar] = 0.1 * depth
    script.upper_wick[bar] = 0.02 * depth
    after = script.closes[bar:]
    after -= depth * np.exp(-np.arange(len(after)) / 8.0)
