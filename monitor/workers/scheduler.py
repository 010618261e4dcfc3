"""Runs the jobs of ``deploy/crontab`` where no cron is at hand: one schedule, written once."""

import asyncio
import shlex
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cronsim import CronSim, CronSimError

from monitor.workers.processes import Job

# Slept in pieces, so that a machine that was asleep or whose clock was set notices.
_NAP_SECONDS = 30.0
_FIELDS = 5


class ScheduleError(ValueError):
    """A line of the crontab cannot be understood."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A job and the cron expression (UTC) that says when."""

    expression: str
    job: Job

    def next_after(self, moment: datetime) -> datetime:
        return next(CronSim(self.expression, moment))


def read_crontab(text: str) -> list[Entry]:
    """The entries of a crontab whose lines start ``manage.py`` commands; raises ``ScheduleError``."""
    lines = (line.strip() for line in text.splitlines())
    return [_entry(line) for line in lines if line and not line.startswith("#") and not _is_assignment(line)]


def _is_assignment(line: str) -> bool:
    name, equals, _ = line.partition("=")
    return bool(equals) and name.strip().isidentifier()


def _entry(line: str) -> Entry:
    fields = line.split(maxsplit=_FIELDS)
    _, found, words = line.partition("manage.py ")
    if len(fields) <= _FIELDS or not found:
        raise ScheduleError(f"expected five time fields and a manage.py command: {line!r}")
    expression = " ".join(fields[:_FIELDS])
    try:
        CronSim(expression, datetime.now(UTC))
    except CronSimError as error:
        raise ScheduleError(f"{expression!r} is not a cron expression: {error}") from error
    return Entry(expression, Job(tuple(shlex.split(words))))


class Scheduler:
    """Starts each entry at its times. A job still running is not started again; jobs catch up by themselves."""

    def __init__(
        self,
        entries: list[Entry],
        run: Callable[[Job], Awaitable[int]],
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._entries = entries
        self._run = run
        self._now = now
        self._sleep = sleep

    async def main(self) -> None:
        """Run until cancelled."""
        async with asyncio.TaskGroup() as group:
            for entry in self._entries:
                group.create_task(self._repeat(entry), name=str(entry.job))

    async def _repeat(self, entry: Entry) -> None:
        while True:
            await self._until(entry.next_after(self._now()))
            await self._run(entry.job)

    async def _until(self, moment: datetime) -> None:
        while (remaining := (moment - self._now()).total_seconds()) > 0:
            await self._sleep(min(remaining, _NAP_SECONDS))


def load_crontab(path: Path) -> list[Entry]:
    """The entries of the crontab file at ``path``."""
    return read_crontab(path.read_text(encoding="utf-8"))
