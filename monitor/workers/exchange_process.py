"""The simulated exchange as a child process of ``up``; nothing of it is imported here."""

import asyncio
import socket
from pathlib import Path

from monitor.workers.processes import child_process
from monitor.workers.runtime import Child
from monitor.workers.web import HOST

_READY = "simulator ready on "


class ExchangeProcess:
    """An exchange on a free loopback port; ``url`` is known before it runs, ``ready`` is set when it answers."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = _free_port()
        self.url = f"http://{HOST}:{self._port}"
        self.ready = asyncio.Event()

    def child(self) -> Child:
        return Child("exchange simulator", self._main)

    async def _main(self) -> None:
        words = ["-m", "simulator", "--port", str(self._port), "--exit-with-parent"]
        async with child_process(words, self._folder, {}) as process:
            assert process.stdout is not None  # noqa: S101 - asked for when it was started
            async for line in process.stdout:
                if line.decode().startswith(_READY):
                    self.ready.set()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
