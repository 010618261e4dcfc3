"""The simulated exchange as a child process of ``up``; nothing of it is imported here."""

import asyncio
from pathlib import Path

from monitor.workers.processes import child_process, lines_of
from monitor.workers.runtime import Child

STARTS_WITHIN_SECONDS = 60
_READY = "simulator ready on "


class ExchangeProcess:
    """An exchange on a free loopback port of its own choice."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._url: asyncio.Future[str] | None = None

    def child(self) -> Child:
        return Child("exchange simulator", self._main)

    async def url(self) -> str:
        """Its base URL, as soon as it answers there; raises TimeoutError when it never does."""
        async with asyncio.timeout(STARTS_WITHIN_SECONDS):
            return await asyncio.shield(self._announced())

    def _announced(self) -> "asyncio.Future[str]":
        if self._url is None:
            self._url = asyncio.get_running_loop().create_future()
        return self._url

    async def _main(self) -> None:
        words = ["-m", "simulator", "--port", "0", "--exit-with-parent"]
        async with child_process(words, self._folder, {}) as process:
            async for line in lines_of(process):
                if line.startswith(_READY):
                    self._announced().set_result(line.removeprefix(_READY))
