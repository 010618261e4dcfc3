"""The request-weight budget of one host, shared by every thread that talks to it.

The exchange counts weight per address on the UTC clock minute of *its* clock, so the minute is followed by
the ``Date`` headers of its answers and, between them, by a clock that cannot be set.
"""

import threading

from monitor.domain.clock import Clock
from monitor.exchanges.errors import ExchangeUnavailable, RateLimited

WINDOW_MS = 60_000
# Other programs behind the same address and answers under way are not in our count.
MARGIN_RATIO = 0.1
# The Date header has whole seconds, so the minute is taken to begin a little late.
SETTLE_SECONDS = 1.0
_DATE_TOLERANCE_MS = 2_000
_TOO_MANY_REQUESTS = 429
_BANNED = 418
# Long waits are slept in short naps, so that a run that is stopped ends soon.
_LONGEST_NAP_SECONDS = 1.0
_SHORTEST_NAP_SECONDS = 0.001


class WeightLimiter:
    """Makes callers wait so that no more than ``limit`` less a margin is spent per minute."""

    def __init__(self, limit: int, clock: Clock, *, longest_wait_seconds: float = 75.0) -> None:
        self.budget = int(limit * (1 - MARGIN_RATIO))
        self._clock = clock
        self._longest_wait_seconds = longest_wait_seconds
        self._lock = threading.Lock()
        self._anchor_ms, self._anchor_monotonic = clock.now_ms(), clock.monotonic()
        self._window = self._anchor_ms // WINDOW_MS
        self._used = 0
        self._silent_until = 0.0
        self._silence_status = _TOO_MANY_REQUESTS
        self._stopped = False

    @property
    def used(self) -> int:
        """Weight spent in the current minute, as far as known."""
        with self._lock:
            self._roll()
            return self._used

    def acquire(self, weight: int) -> int:
        """Wait until ``weight`` may be spent, spend it, return the minute it was booked on.

        Raises ``RateLimited`` at once when that would take longer than the longest wait (a ban), and
        ``ExchangeUnavailable`` after ``stop()``.
        """
        while True:
            with self._lock:
                if self._stopped:
                    raise ExchangeUnavailable("the connection was closed by us")
                self._roll()
                delay = self._delay_for(weight)
                if delay <= 0:
                    self._used += weight
                    return self._window
            self._sleep(delay)

    def stop(self) -> None:
        """Let nobody through any more; whoever waits hears of it within a second."""
        with self._lock:
            self._stopped = True

    def observe(self, *, window: int, used: int | None, server_ms: int | None) -> None:
        """Learn from an answer: the weight the exchange has counted, and its clock.

        A count that belongs to an earlier minute than the current one is ignored.
        """
        with self._lock:
            if server_ms is not None and abs(server_ms - self._now_ms()) > _DATE_TOLERANCE_MS:
                self._anchor_ms, self._anchor_monotonic = server_ms, self._clock.monotonic()
                self._window, window = server_ms // WINDOW_MS, server_ms // WINDOW_MS
            self._roll()
            if used is not None and window == self._window:
                self._used = max(self._used, used)

    def pause(self, seconds: float, http_status: int) -> None:
        """Keep every caller silent for ``seconds``; a longer silence that is under way already stays."""
        with self._lock:
            until = self._clock.monotonic() + seconds
            if until > self._silent_until:
                self._silent_until, self._silence_status = until, http_status

    def seconds_to_next_minute(self) -> float:
        """How long until the exchange forgets what was spent."""
        with self._lock:
            return self._until_next_window()

    def _sleep(self, seconds: float) -> None:
        end = self._clock.monotonic() + seconds
        while not self._stopped and (left := end - self._clock.monotonic()) > 0:
            self._clock.sleep(max(min(left, _LONGEST_NAP_SECONDS), _SHORTEST_NAP_SECONDS))

    def _delay_for(self, weight: int) -> float:
        silence = self._silent_until - self._clock.monotonic()
        if silence > self._longest_wait_seconds:
            verb = "banned this address" if self._silence_status == _BANNED else "limits the rate of requests"
            raise RateLimited(
                f"the exchange {verb} for another {silence:.0f} s: run again after that",
                http_status=self._silence_status,
                retry_after=silence,
            )
        if silence > 0:
            return silence
        if self._used and self._used + weight > self.budget:
            return self._until_next_window()
        return 0.0

    def _now_ms(self) -> int:
        return self._anchor_ms + round((self._clock.monotonic() - self._anchor_monotonic) * 1000)

    def _until_next_window(self) -> float:
        return (WINDOW_MS - self._now_ms() % WINDOW_MS) / 1000 + SETTLE_SECONDS

    def _roll(self) -> None:
        window = self._now_ms() // WINDOW_MS
        if window > self._window:
            self._window, self._used = window, 0
