"""The process around the exchange: socket, signals, the parent's pipe, one line when it is ready."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from simulator.app import Exchange
from simulator.errors import UsageError

HOST = "127.0.0.1"


class PortTaken(UsageError):
    """Somebody else listens on the port."""


class _Connections:
    """Open connections by peer, so that the application can hang up on one."""

    def __init__(self) -> None:
        self._transports: dict[tuple[str, int], asyncio.BaseTransport] = {}

    def drop(self, client: tuple[str, int]) -> None:
        transport = self._transports.pop(client, None)
        if isinstance(transport, asyncio.Transport):
            transport.abort()

    def protocol(self) -> type[H11Protocol]:
        transports = self._transports

        class Tracked(H11Protocol):
            def connection_made(self, transport: Any) -> None:
                super().connection_made(transport)
                if self.client is not None:
                    transports[self.client] = transport

            def connection_lost(self, exc: Exception | None) -> None:
                if self.client is not None:
                    transports.pop(self.client, None)
                super().connection_lost(exc)

        return Tracked


class _EmbeddedServer(uvicorn.Server):
    """Leaves the signals to the program and says when it accepts connections."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for sock in sockets or []:
            sys.stdout.write(f"simulator ready on http://{HOST}:{sock.getsockname()[1]}\n")
        sys.stdout.flush()


def bind(port: int) -> socket.socket:
    """A listening-ready socket on loopback; raises PortTaken. Port 0 takes any free one."""
    # The protocol number makes asyncio set TCP_NODELAY; without it every reply waits 40 ms.
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((HOST, port))
    except OSError as error:
        sock.close()
        raise PortTaken(f"port {port} on {HOST} cannot be used: {error.strerror}; choose another --port") from None
    return sock


async def serve(exchange: Exchange, sock: socket.socket, *, exit_with_parent: bool) -> None:
    """Serve until SIGINT, SIGTERM or (if wanted) the end of the parent."""
    connections = _Connections()
    exchange.hang_up_with(connections.drop)
    config = uvicorn.Config(
        exchange,
        http=connections.protocol(),
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        log_level="critical",
        timeout_keep_alive=75,
        timeout_graceful_shutdown=2,
    )
    server = _EmbeddedServer(config)
    loop = asyncio.get_running_loop()

    def stop() -> None:
        server.should_exit = True

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    if exit_with_parent:
        threading.Thread(target=_watch_parent, args=(loop, stop), daemon=True).start()
    await server.serve(sockets=[sock])


def _watch_parent(loop: asyncio.AbstractEventLoop, stop: Any) -> None:
    """The parent holds the other end of standard input; when it ends, so does the pipe."""
    while os.read(sys.stdin.fileno(), 4096):
        pass
    with contextlib.suppress(RuntimeError):  # the loop may have ended by itself
        loop.call_soon_threadsafe(stop)
