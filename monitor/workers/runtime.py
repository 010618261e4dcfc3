"""The frame of a long-lived process: signals, named children in one event loop, an exit code.

A child that breaks ends the process with code 1, so that a supervisor can start it afresh; start-up is recovery.
"""

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

import structlog

# A busy thread hands the interpreter back after 1 ms instead of 5: the event loop stays responsive.
SWITCH_INTERVAL_SECONDS = 0.001
DRAIN_SECONDS = 10.0
EXIT_CRASHED = 1

log = structlog.get_logger(__name__)


class ChildEnded(RuntimeError):
    """A child that should last ended by itself."""


@dataclass(frozen=True, slots=True)
class Child:
    """``stop`` asks for an orderly end; without one the child is cancelled. ``lasting``: must not end early."""

    name: str
    main: Callable[[], Coroutine[Any, Any, None]]
    stop: Callable[[], None] | None = None
    lasting: bool = True


class Runtime:
    """Runs children until a signal or a crash. One per process, in the main thread."""

    def __init__(self, children: list[Child], drain_seconds: float = DRAIN_SECONDS) -> None:
        self._children = children
        self._drain_seconds = drain_seconds
        self._stopping = False
        self._tasks: list[tuple[Child, asyncio.Task[None]]] = []

    def run(self) -> int:
        """Run until told to stop; returns 0 after an orderly end and 1 when a child crashed."""
        sys.setswitchinterval(SWITCH_INTERVAL_SECONDS)
        try:
            asyncio.run(self._supervise())
        except BaseExceptionGroup as group:
            for error in group.exceptions:
                log.exception("child_crashed", exc_info=error)
            return EXIT_CRASHED
        return 0

    async def _supervise(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._on_signal, number)
        async with asyncio.TaskGroup() as group:
            for child in self._children:
                self._tasks.append((child, group.create_task(self._watch(child), name=child.name)))

    async def _watch(self, child: Child) -> None:
        await child.main()
        if child.lasting and not self._stopping:
            raise ChildEnded(f"{child.name} ended by itself")

    def _on_signal(self, number: signal.Signals) -> None:
        if self._stopping:
            os._exit(128 + number)
        self._stopping = True
        self._limit_the_drain()
        for child, task in self._tasks:
            if child.stop is None:
                task.cancel()
            else:
                child.stop()

    def _limit_the_drain(self) -> None:
        """A synchronous view cannot be cancelled: after the deadline the process ends all the same."""
        watchdog = threading.Timer(self._drain_seconds, os._exit, [EXIT_CRASHED])
        watchdog.daemon = True
        watchdog.start()
