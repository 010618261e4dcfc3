"""The simulator's own controls under /_sim/: the clock, the fault script, what was asked so far."""

import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from simulator.clock import VirtualClock
from simulator.errors import UsageError
from simulator.faults import FaultScript
from simulator.market.source import Market
from simulator.weights import WeightLedger

Answer = tuple[int, object]


def parse_moment_ms(text: str) -> int:
    """Milliseconds since the epoch of an ISO 8601 moment, UTC where it names no zone; raises UsageError."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"'{text}' is not a moment such as 2026-01-31 or 2026-01-31T12:30:00") from None
    zoned = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return int(zoned.timestamp() * 1000)


class Control:
    """Answers /_sim/ requests as (status, JSON payload)."""

    def __init__(
        self,
        clock: VirtualClock,
        faults: FaultScript,
        ledgers: dict[Market, WeightLedger],
        requests: Counter[str],
        description: dict[str, object],
    ) -> None:
        self._clock = clock
        self._faults = faults
        self._ledgers = ledgers
        self._requests = requests
        self._description = description
        self._routes: dict[tuple[str, str], Callable[[Any, str], object]] = {
            ("GET", "/_sim/clock"): lambda _body, _client: self._clock_state(),
            ("POST", "/_sim/clock"): self._set_clock,
            ("GET", "/_sim/faults"): lambda _body, _client: {"faults": self._faults.describe()},
            ("POST", "/_sim/faults"): self._add_faults,
            ("DELETE", "/_sim/faults"): lambda _body, _client: {"removed": self._faults.clear()},
            ("GET", "/_sim/state"): lambda _body, _client: self._state(),
            ("POST", "/_sim/state"): self._set_state,
            ("DELETE", "/_sim/state"): self._clear_state,
        }

    def answer(self, method: str, path: str, body: bytes, client: str) -> Answer:
        """Carry out one control request."""
        route = self._routes.get((method, path))
        if route is None:
            known = ", ".join(f"{verb} {at}" for verb, at in self._routes)
            return 404, {"error": f"no such control; known: {known}"}
        try:
            return 200, route(json.loads(body) if body else {}, client)
        except ValueError:
            return 400, {"error": "the body must be JSON"}
        except UsageError as error:
            return 400, {"error": str(error)}

    def _clock_state(self) -> dict[str, object]:
        now_ms = self._clock.now_ms()
        moment = datetime.fromtimestamp(now_ms / 1000, UTC)
        return {"now_ms": now_ms, "now": moment.isoformat(), "speed": self._clock.speed}

    def _set_clock(self, body: Any, _client: str) -> dict[str, object]:
        actions = {"now": self._jump, "step_seconds": self._step, "speed": self._set_speed}
        if not isinstance(body, dict) or not body or not body.keys() <= actions.keys():
            raise UsageError('send any of {"now": "2026-01-31T12:30:00", "step_seconds": 60, "speed": 60}')
        for name, action in actions.items():
            if name in body:
                action(body[name])
        return self._clock_state()

    def _jump(self, value: Any) -> None:
        self._clock.jump_to(value if isinstance(value, int) else parse_moment_ms(str(value)))

    def _step(self, value: Any) -> None:
        self._clock.step(int(_number("step_seconds", value) * 1000))

    def _set_speed(self, value: Any) -> None:
        speed = _number("speed", value)
        if speed < 0:
            raise UsageError("'speed' must not be negative")
        self._clock.set_speed(speed)

    def _add_faults(self, body: Any, _client: str) -> dict[str, object]:
        rules = body if isinstance(body, list) else [body]
        return {"faults": [self._faults.add(rule).describe() for rule in rules]}

    def _state(self) -> dict[str, object]:
        used = {market: ledger.snapshot() for market, ledger in self._ledgers.items()}
        return {**self._description, "requests": dict(self._requests), "used_weight": used}

    def _set_state(self, body: Any, client: str) -> dict[str, object]:
        used = body.get("used_weight") if isinstance(body, dict) else None
        if not isinstance(used, dict) or not used.keys() <= self._ledgers.keys():
            raise UsageError('send {"used_weight": {"spot": 5999}} to set the weight this client has used')
        for market, ledger in self._ledgers.items():
            if market in used:
                ledger.set_used(client, int(_number(market, used[market])))
        return self._state()

    def _clear_state(self, _body: Any, _client: str) -> dict[str, object]:
        self._requests.clear()
        for ledger in self._ledgers.values():
            ledger.clear()
        return self._state()


def _number(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise UsageError(f"'{name}' must be a number")
    return float(value)
