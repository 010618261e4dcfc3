"""Request weight per client address on the UTC minute, refusals and growing bans.

The window follows the machine's clock, whatever the speed of the market: it protects against real traffic, and a
client that counts real minutes must find its own numbers confirmed.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from simulator.errors import ApiError

SPOT_LIMIT: Final = 6000
FUTURES_LIMIT: Final = 2400
# How many refused requests within one minute turn a limit into a ban, and how long the first ban lasts, is ours;
# the exchange documents two minutes growing to three days.
REFUSALS_BEFORE_BAN: Final = 10
FIRST_BAN_SECONDS: Final = 120
LONGEST_BAN_SECONDS: Final = 3 * 86400


class WeightExceeded(ApiError):
    """429 or 418, with the seconds after which the client may come back."""

    def __init__(self, message: str, *, status: int, retry_after: int) -> None:
        super().__init__(-1003, message, status)
        self.retry_after = retry_after


@dataclass(slots=True)
class _Account:
    minute: int = 0
    used: int = 0
    refused: int = 0
    bans: int = 0
    banned_until: float = 0.0


@dataclass(slots=True)
class WeightLedger:
    """What each client address has used on one host in the running minute."""

    limit: int
    wall_seconds: Callable[[], float] = time.time
    _accounts: dict[str, _Account] = field(default_factory=dict)

    def charge(self, client: str, weight: int) -> int:
        """Add a request's weight and return the sum of this minute.

        Raises WeightExceeded with status 429 above the limit and 418 for who does not stop.
        """
        now = self.wall_seconds()
        account = self._account(client, now)
        if now < account.banned_until:
            raise self._banned(account, now)
        account.used += weight
        if account.used > self.limit:
            account.refused += 1
            if account.refused > REFUSALS_BEFORE_BAN:
                raise self._ban(account, now)
            raise WeightExceeded(
                f"Too much request weight used; current limit is {self.limit} request weight per 1 MINUTE. "
                "Please use WebSocket Streams for live updates to avoid polling the API.",
                status=429,
                retry_after=int(60 - now % 60) + 1,
            )
        return account.used

    def used(self, client: str) -> int:
        """Weight of the running minute."""
        return self._account(client, self.wall_seconds()).used

    def set_used(self, client: str, used: int) -> None:
        """Pretend that the client has used this much."""
        self._account(client, self.wall_seconds()).used = used

    def clear(self) -> None:
        """Forget all clients and their bans."""
        self._accounts.clear()

    def snapshot(self) -> dict[str, int]:
        """Weight of the running minute of every client seen."""
        return {client: self.used(client) for client in list(self._accounts)}

    def _account(self, client: str, now: float) -> _Account:
        account = self._accounts.setdefault(client, _Account())
        minute = int(now // 60)
        if account.minute != minute:
            account.minute, account.used, account.refused = minute, 0, 0
        return account

    def _ban(self, account: _Account, now: float) -> WeightExceeded:
        account.banned_until = now + min(FIRST_BAN_SECONDS * 2**account.bans, LONGEST_BAN_SECONDS)
        account.bans += 1
        return self._banned(account, now)

    @staticmethod
    def _banned(account: _Account, now: float) -> WeightExceeded:
        return WeightExceeded(
            f"Way too much request weight used; IP banned until {int(account.banned_until * 1000)}. "
            "Please use WebSocket Streams for live updates to avoid bans.",
            status=418,
            retry_after=int(account.banned_until - now) + 1,
        )
