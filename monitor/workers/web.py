"""The web server as one child of an event loop, on a socket that we bind ourselves."""

import contextlib
import errno
import socket
from collections.abc import Iterator
from typing import Any

import uvicorn

from monitor.workers.runtime import Child

HOST = "127.0.0.1"
GRACEFUL_SECONDS = 3
_BACKLOG = 512


class PortTaken(Exception):
    """Somebody else listens there already."""


class _EmbeddedServer(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals belong to the runtime; uvicorn would raise them again on the way out."""
        yield


def listening_socket(port: int) -> socket.socket:
    """A bound loopback socket. Raises ``PortTaken``."""
    # asyncio turns off Nagle's delay (40 ms per answer) only on sockets made with IPPROTO_TCP.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        if error.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise
        reason = "is taken" if error.errno == errno.EADDRINUSE else "needs more rights than you have"
        raise PortTaken(
            f"Port {port} {reason}; choose another one, for instance PORT={port % 60_000 + 1001}."
        ) from error
    return listener


def web_child(application: Any, listener: socket.socket) -> Child:
    """Serve ``application`` on ``listener`` until asked to stop; open requests get a few seconds to finish."""
    config = uvicorn.Config(
        application,
        lifespan="off",
        log_config=None,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=GRACEFUL_SECONDS,
    )
    server = _EmbeddedServer(config)

    def stop() -> None:
        server.should_exit = True

    async def serve() -> None:
        await server.serve(sockets=[listener])

    return Child("web", serve, stop)
