"""A tiny exchange on a real socket, for answers that no well-behaved server would give.

It serves both markets' market data from memory, remembers every request, and hands a request to ``fault`` first:
whatever that does to the handler replaces the answer.
"""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from monitor.domain.enums import Interval
from tests.wire import payloads

Answer = tuple[int, dict[str, str], bytes]
Fault = Callable[["Request"], Answer | None]
DROP: Answer = (0, {}, b"")


@dataclass(frozen=True)
class Request:
    path: str
    params: dict[str, str]
    number: int

    @property
    def is_klines(self) -> bool:
        return self.path.endswith("/klines")


@dataclass
class StubExchange:
    """``candles`` maps (symbol, interval) to wire rows; a symbol without an entry gets candles made on the fly.

    ``date_ms`` is the clock of the ``Date`` header, apart from the market's ``now_ms``.
    """

    now_ms: int
    symbols: list[str] = field(default_factory=list)
    candles: dict[tuple[str, str], list[list[Any]]] = field(default_factory=dict)
    entries: list[Any] | None = None
    prices: Any = None
    fault: Fault = lambda _request: None
    used_weight: int | None = None
    seconds_per_byte: float = 0.0
    date_ms: int | None = None
    requests: list[Request] = field(default_factory=list)
    connections: set[int] = field(default_factory=set)
    url: str = ""

    def klines_requests(self) -> list[Request]:
        return [request for request in self.requests if request.is_klines]

    def answer(self, path: str, params: dict[str, str]) -> Answer:
        request = Request(path, params, len(self.requests) + 1)
        self.requests.append(request)
        return self.fault(request) or self._honest(request)

    def _honest(self, request: Request) -> Answer:
        last = request.path.rpartition("/")[2]
        if last == "time":
            return _json({"serverTime": self.now_ms})
        if last == "exchangeInfo":
            return _json({"serverTime": self.now_ms, "symbols": self._entries(request.path)})
        if last == "price":
            default = [{"symbol": symbol, "price": "100.50"} for symbol in self.symbols]
            return _json(default if self.prices is None else self.prices)
        if last == "klines":
            return _json(self.klines(request.params))
        return 404, {"Content-Type": "text/html"}, b"<html>Not Found</html>"

    def _entries(self, path: str) -> list[Any]:
        if self.entries is not None:
            return self.entries
        make = payloads.spot_symbol if "/api/" in path else payloads.futures_symbol
        return [make(symbol) for symbol in self.symbols]

    def klines(self, params: dict[str, str]) -> list[list[Any]]:
        interval = Interval(params["interval"])
        limit = int(params.get("limit", 500))
        end = min(int(params.get("endTime", self.now_ms)), self.now_ms)
        start = int(params.get("startTime", 0))
        rows = self.candles.get((params["symbol"], interval.value))
        if rows is not None:
            inside = [row for row in rows if start <= row[0] <= end]
        else:
            step = interval.milliseconds
            first = -(-start // step) * step
            newest = end - end % step
            first = first if "startTime" in params else newest - (limit - 1) * step
            inside = [
                payloads.kline_row(at, interval) for at in range(first, min(newest, first + limit * step) + 1, step)
            ]
        return inside[:limit] if "startTime" in params else inside[-limit:]


def _json(value: Any) -> Answer:
    return 200, {"Content-Type": "application/json;charset=UTF-8"}, json.dumps(value, ensure_ascii=False).encode()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64
    exchange: StubExchange

    def handle_error(self, *_: object) -> None:
        """Connections that we or the client break off are the point of many tests."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        self.server.exchange.connections.add(self.client_address[1])
        parts = urlsplit(self.path)
        params = {name: values[0] for name, values in parse_qs(parts.query).items()}
        status, headers, body = self.server.exchange.answer(parts.path, params)
        if status == 0:
            self.close_connection = True
            self.connection.close()
            return
        self.send_response_only(status)
        for name, value in {"Content-Length": str(len(body)), **self._own_headers(), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.server.exchange.seconds_per_byte:
            for position in range(len(body)):
                self.wfile.write(body[position : position + 1])
                time.sleep(self.server.exchange.seconds_per_byte)
        else:
            self.wfile.write(body)

    def _own_headers(self) -> dict[str, str]:
        exchange, headers = self.server.exchange, {}
        if exchange.used_weight is not None:
            headers["X-MBX-USED-WEIGHT-1M"] = str(exchange.used_weight)
        if exchange.date_ms is not None:
            headers["Date"] = formatdate(exchange.date_ms / 1000, usegmt=True)
        return headers

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serve(exchange: StubExchange) -> Iterator[StubExchange]:
    """Run the exchange on a free loopback port until the block ends."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.exchange = exchange
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    exchange.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield exchange
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
