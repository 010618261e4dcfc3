"""One synthetic exchange at a fixed moment, spoken to without a socket."""

import asyncio
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from simulator.app import Exchange
from simulator.clock import VirtualClock
from simulator.market.source import MarketSource
from simulator.market.synthetic import SyntheticMarket

NOW_MS = 1_767_225_600_000 + 37 * 60_000 + 12_345  # 2026-01-01 00:37:12.345 UTC
STILL = datetime(2026, 1, 1, 12, 0, 10, tzinfo=UTC)  # a wall clock that never reaches the next minute


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Caller:
    """Sends requests straight into the ASGI application."""

    def __init__(self, source: MarketSource, now_ms: int = NOW_MS) -> None:
        self.clock = VirtualClock(now_ms, speed=0)
        self.exchange = Exchange(source, self.clock, {"source": "test"})

    def get(self, path: str, headers: dict[str, str] | None = None, client: str = "127.0.0.1", **query: Any) -> Answer:
        return self.send("GET", path, urlencode(query, quote_via=quote), headers or {}, client=client)

    def send(
        self, method: str, path: str, query: str = "", headers: dict[str, str] | None = None,
        *, body: bytes = b"", client: str = "127.0.0.1",
    ) -> Answer:  # fmt: skip
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body}

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": query.encode(),
            "headers": [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()],
            "client": (client, 40000),
        }
        asyncio.run(self.exchange(scope, receive, send))
        received = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return Answer(sent[0]["status"], received, b"".join(message.get("body", b"") for message in sent[1:]))

    def control(self, method: str, path: str, payload: Any = None) -> Answer:
        return self.send(method, f"/_sim/{path}", body=b"" if payload is None else json.dumps(payload).encode())


@pytest.fixture(scope="session")
def market() -> SyntheticMarket:
    return SyntheticMarket(seed=5)


@pytest.fixture
def caller(market: SyntheticMarket) -> Caller:
    return Caller(market)
