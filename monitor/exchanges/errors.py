"""What can go wrong when talking to an exchange.

ExchangeError                 ERR_API_REQUEST_FAILED
├─ ExchangeUnavailable        network, DNS, time-out of a read, 5xx: retry idempotent calls, else next run
├─ RateLimited                429 and 418: wait ``retry_after`` seconds; ``banned`` tells the two apart
├─ AuthenticationFailed       401, 403: never retried
├─ RequestRejected            a definite 4xx with the venue's code
└─ MalformedPayload           the answer is not what the protocol says
"""

from typing import Any


class ExchangeError(Exception):
    """Base of all; ``endpoint`` is the path asked, ``http_status`` and ``venue_code`` what came back, if known."""

    code = "ERR_API_REQUEST_FAILED"

    def __init__(
        self,
        message: str,
        *,
        endpoint: str = "",
        http_status: int | None = None,
        venue_code: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.endpoint = endpoint
        self.http_status = http_status
        self.venue_code = venue_code
        self.retry_after = retry_after

    def __str__(self) -> str:
        place = f" ({self.endpoint})" if self.endpoint else ""
        return f"{self.message}{place}"


class ExchangeUnavailable(ExchangeError):
    """The exchange could not be reached or could not answer; an idempotent call may be tried again."""


class RateLimited(ExchangeError):
    """Too much was asked. ``retry_after`` says how many seconds to stay silent."""

    @property
    def banned(self) -> bool:
        return self.http_status == 418


class AuthenticationFailed(ExchangeError):
    """The exchange or its firewall refused us (401, 403)."""


class RequestRejected(ExchangeError):
    """The request itself is wrong: ``venue_code`` and the message are the exchange's own words."""


class MalformedPayload(ExchangeError):
    """The answer does not have the promised shape: ``field`` says where, ``sample`` what stood there."""

    def __init__(self, message: str, *, field: str = "", sample: str = "", **known: Any) -> None:
        super().__init__(message, **known)
        self.field = field
        self.sample = sample

    def __str__(self) -> str:
        place = f", field {self.field}" if self.field else ""
        sight = f", got {self.sample}" if self.sample else ""
        return f"{super().__str__()}{place}{sight}"
