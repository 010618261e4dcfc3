"""Where code asks what time it is, so that tests and replays can answer."""

import time
from typing import Protocol


class Clock(Protocol):
    """Seconds that only grow (for waiting) and epoch milliseconds (for dating)."""

    def monotonic(self) -> float: ...

    def now_ms(self) -> int: ...

    def sleep(self, seconds: float) -> None: ...


class SystemClock:
    """The machine's own clock."""

    def monotonic(self) -> float:
        return time.monotonic()

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class ManualClock:
    """A clock that moves when told to, or when somebody sleeps on it."""

    def __init__(self, now_ms: int = 0) -> None:
        self._now_ms = now_ms

    def monotonic(self) -> float:
        return self._now_ms / 1000

    def now_ms(self) -> int:
        return self._now_ms

    def sleep(self, seconds: float) -> None:
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        self._now_ms += round(seconds * 1000)
