"""The exchange over HTTP: a raw ASGI application, no framework, over any market source."""

import asyncio
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec

from simulator import futures, spot
from simulator.clock import VirtualClock
from simulator.control import Control
from simulator.errors import ApiError, UsageError
from simulator.faults import PAYLOADS, REPLIES, Fault, FaultScript, spoil
from simulator.market.source import Market, MarketSource
from simulator.params import Params
from simulator.routes import MICROSECONDS, Call, Route
from simulator.weights import FUTURES_LIMIT, SPOT_LIMIT, WeightExceeded, WeightLedger

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_JSON: Final = "application/json;charset=UTF-8"
_HTML: Final = "text/html; charset=utf-8"
_UNITS: Final = {"MICROSECOND": MICROSECONDS, "microsecond": MICROSECONDS, "MILLISECOND": 1, "millisecond": 1}


@dataclass(slots=True)
class Reply:
    """A finished HTTP answer; `keep` is the part of the body that is really sent, None for all of it."""

    status: int
    body: bytes
    content_type: str = _JSON
    headers: dict[str, str] = field(default_factory=dict)
    keep: int | None = None

    @classmethod
    def json(cls, payload: object, status: int = 200) -> "Reply":
        """An answer in JSON, UTF-8 as it is."""
        return cls(status, msgspec.json.encode(payload))


class ConnectionDropped(Exception):
    """The rule says: say nothing and hang up."""


class Exchange:
    """Routes requests to the hosts, keeps the weight ledgers, lets the fault script interfere."""

    def __init__(self, source: MarketSource, clock: VirtualClock, description: dict[str, object]) -> None:
        self._source = source
        self._clock = clock
        self._faults = FaultScript()
        self._requests: Counter[str] = Counter()
        self._ledgers: dict[Market, WeightLedger] = {
            "spot": WeightLedger(SPOT_LIMIT),
            "futures": WeightLedger(FUTURES_LIMIT),
        }
        self._control = Control(clock, self._faults, self._ledgers, self._requests, description)
        self._drop: Callable[[tuple[str, int]], None] = lambda _client: None

    def hang_up_with(self, drop: Callable[[tuple[str, int]], None]) -> None:
        """Tell the application how to close a client's connection without an answer."""
        self._drop = drop

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One HTTP request."""
        if scope["type"] != "http":
            return
        path: str = scope["path"]
        if path.startswith("/_sim/"):
            status, payload = self._control.answer(scope["method"], path, await _body(receive), scope["client"][0])
            await _send(send, Reply.json(payload, status))
            return
        try:
            reply = await self._answer(scope, path)
        except ConnectionDropped:
            self._drop(tuple(scope["client"]))
            return
        await _send(send, reply)

    async def _answer(self, scope: Scope, path: str) -> Reply:
        market, route = _find(path)
        if route is None or scope["method"] != "GET":
            return self._not_found(path, 404 if route is None else 405)
        self._requests[path] += 1
        query_string = scope["query_string"].decode("latin-1")
        query = dict(parse_qsl(query_string))
        client = scope["client"][0]
        faults = self._faults.meeting(path, query)
        await asyncio.sleep(sum(fault.latency_ms for fault in faults) / 1000)
        weight = route.weight(query)
        try:
            self._ledgers[market].charge(client, weight)
            reply = _fault_reply(faults) or self._call(market, route, query_string, (scope, faults))
        except ApiError as error:
            reply = _refusal(error)
        except UsageError as error:
            # A recording that cannot be read is found out when it is first asked for.
            reply = _refusal(ApiError(-1001, str(error), 500))
        if weight:
            reply.headers |= self._weight_headers(market, client)
        if any(fault.kind == "truncated_body" for fault in faults):
            reply.keep = len(reply.body) // 2
        return reply

    def _call(self, market: Market, route: Route, query_string: str, context: tuple[Scope, list[Fault]]) -> Reply:
        scope, faults = context
        strict = market == "spot"
        call = Call(
            source=self._source,
            market=market,
            now_ms=self._clock.now_ms(),
            params=Params(query_string, strict=strict),
            unit=_time_unit(scope) if strict else 1,
        )
        payload = route.answer(call)
        for fault in faults:
            if fault.kind in PAYLOADS:
                payload = spoil(payload, fault)
        return Reply.json(payload)

    def _weight_headers(self, market: Market, client: str) -> dict[str, str]:
        used = str(self._ledgers[market].used(client))
        headers = {"x-mbx-uuid": str(uuid.uuid4()), "x-mbx-used-weight-1m": used}
        return {**headers, "x-mbx-used-weight": used} if market == "spot" else headers

    def _not_found(self, path: str, status: int) -> Reply:
        reason = "Not Found" if status == 404 else "Method Not Allowed"
        payload = {"timestamp": self._clock.now_ms(), "status": status, "error": reason, "path": path}
        return Reply.json(payload, status)


def _find(path: str) -> tuple[Market, Route | None]:
    if path in spot.ROUTES:
        return "spot", spot.ROUTES[path]
    return "futures", futures.ROUTES.get(path)


def _time_unit(scope: Scope) -> int:
    value = next((value for name, value in scope["headers"] if name == b"x-mbx-time-unit"), b"MILLISECOND")
    unit = _UNITS.get(value.decode("latin-1"))
    if unit is None:
        raise ApiError(-1194, "Invalid value for time unit; expected either MICROSECOND or MILLISECOND.")
    return unit


def _refusal(error: ApiError) -> Reply:
    reply = Reply.json(error.payload, error.status)
    if isinstance(error, WeightExceeded):
        reply.headers["retry-after"] = str(error.retry_after)
    return reply


def _fault_reply(faults: list[Fault]) -> Reply | None:
    fault = next((fault for fault in faults if fault.kind in REPLIES), None)
    if fault is None:
        return None
    if fault.kind == "drop_connection":
        raise ConnectionDropped
    if fault.kind == "error_text":
        return Reply(fault.status, b"<html><body>Service Unavailable</body></html>", _HTML)
    if fault.kind == "forbidden_html":
        return Reply(403, b"<html><head><title>403 Forbidden</title></head><body></body></html>", _HTML)
    if fault.kind == "error_json":
        message = "Internal error; unable to process your request. Please try again."
        return Reply.json({"code": -1001, "msg": message}, fault.status)
    status = 429 if fault.kind == "rate_limited" else 418
    message = "Too many requests queued." if status == 429 else "Way too much request weight used; IP banned."
    return _refusal(WeightExceeded(message, status=status, retry_after=fault.retry_after))


async def _body(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return body


async def _send(send: Send, reply: Reply) -> None:
    headers = {"content-type": reply.content_type, "content-length": str(len(reply.body)), **reply.headers}
    encoded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": reply.status, "headers": encoded})
    if reply.keep is None:
        await send({"type": "http.response.body", "body": reply.body})
    else:
        # The server notices the missing rest and closes the connection.
        await send({"type": "http.response.body", "body": reply.body[: reply.keep], "more_body": True})
