"""The exchange's clock: real time by default, or a moment of the past that moves at any speed."""

import time
from collections.abc import Callable


class VirtualClock:
    """Virtual milliseconds since the epoch, derived from a monotonic source, so a moved machine clock is harmless."""

    def __init__(
        self,
        start_ms: int | None = None,
        speed: float = 1.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._monotonic = monotonic
        self._anchor_ms = float(time.time_ns() // 1_000_000 if start_ms is None else start_ms)
        self._anchor_seconds = monotonic()
        self._speed = speed

    @property
    def speed(self) -> float:
        """Virtual seconds that pass in one real second; 0 means the clock stands still."""
        return self._speed

    def now_ms(self) -> int:
        """The exchange's time in milliseconds since the epoch."""
        elapsed = self._monotonic() - self._anchor_seconds
        return int(self._anchor_ms + elapsed * self._speed * 1000)

    def jump_to(self, now_ms: int) -> None:
        """Set the time; the speed stays."""
        self._anchor_ms = float(now_ms)
        self._anchor_seconds = self._monotonic()

    def step(self, milliseconds: int) -> None:
        """Move the time forward (or back, if negative)."""
        self.jump_to(self.now_ms() + milliseconds)

    def set_speed(self, speed: float) -> None:
        """Change the speed without a jump of the time."""
        self.jump_to(self.now_ms())
        self._speed = speed
