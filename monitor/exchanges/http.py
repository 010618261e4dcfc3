"""The one road to an exchange's REST interface: time-outs, retries of reads, weight budget, error classes."""

import threading
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

import msgspec
import requests
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception,
    stop_after_attempt,
    stop_after_delay,
    wait_random_exponential,
)

# What reading a body piece by piece raises: requests passes its transport's own errors on there.
from urllib3.exceptions import HTTPError as BrokenTransport
from urllib3.exceptions import ReadTimeoutError

from monitor.domain.clock import Clock
from monitor.domain.intervals import to_milliseconds
from monitor.exchanges.config import ExchangeEndpoints
from monitor.exchanges.errors import (
    AuthenticationFailed,
    ExchangeError,
    ExchangeUnavailable,
    MalformedPayload,
    RateLimited,
    RequestRejected,
)
from monitor.exchanges.rate_limit import WeightLimiter

_BAN_SECONDS_WHEN_UNSAID = 120.0
_GIVE_UP_AFTER_SECONDS = 180.0
_LONGEST_BACKOFF_SECONDS = 8.0
_SAMPLE_LENGTH = 120
_PIECE_BYTES = 65_536
_BANNED = 418
_TOO_MANY_REQUESTS = 429
_REQUEST_TIMEOUT = 408
_REFUSALS = {
    202: "the exchange's firewall asks for a browser challenge",
    401: "the exchange refused the credentials",
    403: "the exchange's firewall refused this address",
    451: "the exchange does not serve this location: use EXCHANGE_PROXY or another network",
}
# The exchange's own codes that say more than the HTTP status they come with.
_UNAVAILABLE_CODES = frozenset({-1000, -1001, -1006, -1007, -1008, -1016})
_RATE_LIMIT_CODES = frozenset({-1003})
_AUTHENTICATION_CODES = frozenset({-1002, -2014, -2015})

Parameters = Mapping[str, str | int]


class _Complaint(msgspec.Struct):
    """The exchange's JSON body of an error; some errors carry no code."""

    msg: str = ""
    code: int | None = None


_COMPLAINT = msgspec.json.Decoder(_Complaint)


class ExchangeHttp:
    """GET requests to one host. Safe to use from several threads: each has a connection of its own."""

    def __init__(self, endpoints: ExchangeEndpoints, limiter: WeightLimiter, clock: Clock) -> None:
        self._endpoints = endpoints
        self._limiter = limiter
        self._clock = clock
        self._local = threading.local()
        self._sessions: list[requests.Session] = []
        self._lock = threading.Lock()
        self._backoff = wait_random_exponential(multiplier=0.25, max=_LONGEST_BACKOFF_SECONDS)

    def get(self, path: str, params: Parameters, *, weight: int) -> bytes:
        """The JSON body of the answer, as bytes. Repeated while that can help: a GET changes nothing.

        Raises a subclass of ``ExchangeError`` that carries ``path`` as its endpoint.
        """
        retrying = Retrying(
            retry=retry_if_exception(self._can_help),
            stop=stop_after_attempt(self._endpoints.attempts) | stop_after_delay(_GIVE_UP_AFTER_SECONDS),
            wait=self._pause_before_retry,
            sleep=self._clock.sleep,
            reraise=True,
        )
        return retrying(self._get_once, path, params, weight)

    def close(self) -> None:
        """Close the connections of every thread that has asked something; threads that wait give up."""
        self._limiter.stop()
        with self._lock:
            for session in self._sessions:
                session.close()
            self._sessions.clear()

    def _get_once(self, path: str, params: Parameters, weight: int) -> bytes:
        window = self._acquire(path, weight)
        try:
            response, body = self._exchange(path, params)
        except (requests.Timeout, ReadTimeoutError, TimeoutError) as error:
            raise ExchangeUnavailable("the exchange did not answer in time", endpoint=path) from error
        except requests.ConnectionError as error:
            raise ExchangeUnavailable(
                "the exchange cannot be reached or dropped the connection", endpoint=path
            ) from error
        except (requests.RequestException, BrokenTransport) as error:
            raise ExchangeUnavailable(
                f"the request failed or its answer was cut off ({type(error).__name__})", endpoint=path
            ) from error
        self._limiter.observe(window=window, used=_used_weight(response), server_ms=_server_ms(response))
        return self._checked(response, body, path)

    def _exchange(self, path: str, params: Parameters) -> tuple[requests.Response, bytes]:
        """Send the request and read the answer piece by piece, so that one that trickles has an end too."""
        deadline = self._clock.monotonic() + self._endpoints.answer_timeout_seconds
        with self._session().get(
            f"{self._endpoints.rest_url}{path}",
            params=params,
            timeout=(self._endpoints.connect_timeout_seconds, self._endpoints.read_timeout_seconds),
            allow_redirects=False,
            stream=True,
        ) as response:
            pieces = []
            while piece := response.raw.read1(_PIECE_BYTES, decode_content=True):
                pieces.append(piece)
                if self._clock.monotonic() > deadline:
                    raise TimeoutError
            return response, b"".join(pieces)

    def _acquire(self, path: str, weight: int) -> int:
        try:
            return self._limiter.acquire(weight)
        except ExchangeError as error:
            error.endpoint = path
            raise

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = requests.Session()
            # Neither proxies nor passwords are picked up from the environment or from ~/.netrc.
            session.trust_env = False
            session.headers["User-Agent"] = "trapline"
            if self._endpoints.proxy:
                session.proxies = {"http": self._endpoints.proxy, "https": self._endpoints.proxy}
            self._local.session = session
            with self._lock:
                self._sessions.append(session)
        return session

    def _checked(self, response: requests.Response, body: bytes, path: str) -> bytes:
        if response.status_code != 200:
            raise self._failure(response, body, path)
        if body[:1] in {b"{", b"["}:
            # Syntax is the parser's business, but an answer that stops in the middle is worth another try.
            if body.rstrip()[-1:] in {b"}", b"]"}:
                return body
            raise ExchangeUnavailable("the answer stops in the middle", endpoint=path, http_status=200)
        if not body.strip():
            raise ExchangeUnavailable("the answer is empty", endpoint=path, http_status=200)
        raise MalformedPayload(
            "the answer is not JSON", sample=_sample(body), endpoint=path, http_status=response.status_code
        )

    def _failure(self, response: requests.Response, body: bytes, path: str) -> ExchangeError:
        status, complaint = response.status_code, _complaint(body)
        code, words = complaint.code, complaint.msg
        if status in {_TOO_MANY_REQUESTS, _BANNED} or code in _RATE_LIMIT_CODES:
            return self._rate_limited(response, words, path, code)
        kind, message = _kind_of(status, code, words)
        return kind(message, endpoint=path, http_status=status, venue_code=code, retry_after=_retry_after(response))

    def _rate_limited(self, response: requests.Response, words: str, path: str, code: int | None) -> RateLimited:
        status, seconds = response.status_code, _retry_after(response)
        if seconds is None:
            banned = status == _BANNED
            seconds = _BAN_SECONDS_WHEN_UNSAID if banned else self._limiter.seconds_to_next_minute()
        self._limiter.pause(seconds, status)
        verb = "banned this address" if status == _BANNED else "limits the rate of requests"
        return RateLimited(
            f"the exchange {verb} for {seconds:.0f} s{f': {words}' if words else ''}",
            endpoint=path,
            http_status=status,
            venue_code=code,
            retry_after=seconds,
        )

    def _can_help(self, error: BaseException) -> bool:
        if isinstance(error, RateLimited):
            return (error.retry_after or 0.0) <= self._endpoints.longest_wait_seconds
        return isinstance(error, ExchangeUnavailable)

    def _pause_before_retry(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, RateLimited):
            return 0.0  # the limiter makes every thread wait, this one too
        asked = error.retry_after if isinstance(error, ExchangeError) else None
        wanted = max(asked or 0.0, self._backoff(state))
        return min(wanted, self._endpoints.longest_wait_seconds)


def _kind_of(status: int, code: int | None, words: str) -> tuple[type[ExchangeError], str]:
    if status in _REFUSALS or code in _AUTHENTICATION_CODES:
        return AuthenticationFailed, words or _REFUSALS.get(status, "the exchange refused")
    if 400 <= status < 500 and status != _REQUEST_TIMEOUT and code not in _UNAVAILABLE_CODES:
        return RequestRejected, words or f"the exchange knows no such request (HTTP {status})"
    return ExchangeUnavailable, f"the exchange cannot answer now: {words or f'HTTP {status}'}"


def _complaint(body: bytes) -> _Complaint:
    try:
        return _COMPLAINT.decode(body)
    except msgspec.DecodeError:
        return _Complaint()


def _sample(body: bytes) -> str:
    return body[:_SAMPLE_LENGTH].decode("utf-8", "replace")


def _used_weight(response: requests.Response) -> int | None:
    value = response.headers.get("X-MBX-USED-WEIGHT-1M", "")
    return int(value) if value.isdecimal() else None


def _retry_after(response: requests.Response) -> float | None:
    value = response.headers.get("Retry-After", "")
    return float(value) if value.isdecimal() else None


def _server_ms(response: requests.Response) -> int | None:
    try:
        moment = parsedate_to_datetime(response.headers.get("Date", ""))
    except ValueError:
        return None
    return to_milliseconds(moment) if moment.tzinfo else None
