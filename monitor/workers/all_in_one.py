"""What ``manage.py up`` runs: web, scheduler and the first catch-up as children of one event loop."""

import asyncio
import socket
import time
from pathlib import Path
from typing import Any

from monitor.workers.catch_up import catch_up
from monitor.workers.exchange_process import ExchangeProcess
from monitor.workers.processes import JobRunner, Say
from monitor.workers.runtime import Child, Runtime
from monitor.workers.scheduler import Scheduler, load_crontab
from monitor.workers.web import web_child

FIRST_RETRY_SECONDS = 60
LONGEST_RETRY_SECONDS = 3600


class AllInOne:
    """The whole product in one process; jobs and the simulated exchange are its child processes."""

    def __init__(self, folder: Path, application: Any, listener: socket.socket, say: Say) -> None:
        self._folder = folder
        self._application = application
        self._listener = listener
        self._say = say

    def run(self, *, starts_simulator: bool) -> int:
        """Run until stopped; returns the exit code of the process."""
        children = [web_child(self._application, self._listener)]
        exchange = ExchangeProcess(self._folder) if starts_simulator else None
        if exchange is not None:
            children.append(exchange.child())

        async def jobs() -> None:
            await self._jobs(exchange)

        children.append(Child("jobs", jobs))
        code = Runtime(children).run()
        self._say("Stopped." if code == 0 else "Stopped because a part of it broke; the log above says which.")
        return code

    async def _jobs(self, exchange: ExchangeProcess | None) -> None:
        environment = {}
        if exchange is not None:
            environment["SIMULATOR_URL"] = await exchange.url()
        runner = JobRunner(self._folder, environment, self._say)
        entries = load_crontab(self._folder / "deploy" / "crontab")
        async with asyncio.TaskGroup() as group:
            group.create_task(Scheduler(entries, runner.run).main(), name="scheduler")
            group.create_task(self._catch_up(runner), name="catch-up")

    async def _catch_up(self, runner: JobRunner) -> None:
        """Until every job has succeeded once: a machine may be up before its network is."""
        started, pause = time.monotonic(), FIRST_RETRY_SECONDS
        while broken := await catch_up(runner):
            self._say(f"{broken} jobs did not succeed; trying again in {pause // 60} min. Ctrl-C stops.")
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_RETRY_SECONDS)
        seconds = time.monotonic() - started
        self._say(f"Ready after {seconds:.0f} s: up to date. Jobs follow every candle; Ctrl-C stops.")
