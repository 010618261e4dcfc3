"""Child processes of ``up`` and of the scheduler: they end with their parent and say in one line how they ended."""

import asyncio
import contextlib
import json
import os
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TERMINATE_SECONDS = 4.0
EXIT_ALREADY_RUNNING = 3

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Job:
    """A management command with its arguments."""

    words: tuple[str, ...]

    def __str__(self) -> str:
        return " ".join(word for word in self.words if not word.startswith("--") and not word.isdigit())


@contextlib.asynccontextmanager
async def child_process(words: list[str], folder: Path, environment: Mapping[str, str]) -> AsyncIterator[Process]:
    """Run Python with ``words``; ended when the block is left, and by itself when this process dies."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *words,
        cwd=folder,
        env={**os.environ, **environment},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        # A session of its own, or Ctrl-C in the terminal would reach the child before we drain.
        start_new_session=True,
    )
    try:
        yield process
    finally:
        await _end(process)


def _stdout(process: Process) -> asyncio.StreamReader:
    if process.stdout is None:
        raise ValueError("the process was started without a pipe for its output")
    return process.stdout


async def lines_of(process: Process) -> AsyncIterator[str]:
    """What the process prints, line by line, until it ends."""
    async for line in _stdout(process):
        yield line.decode(errors="replace").rstrip("\n")


async def _end(process: Process) -> None:
    if process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(TERMINATE_SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


class JobRunner:
    """Runs jobs as child processes, a few at a time, and reports one line for each."""

    def __init__(self, folder: Path, environment: Mapping[str, str], say: Say, at_once: int = 2) -> None:
        self._folder = folder
        self._environment = environment
        self._say = say
        self._slots = asyncio.Semaphore(at_once)

    async def run(self, job: Job) -> int:
        """Run the job to its end; returns its exit code. A failing job is reported, not raised."""
        async with self._slots:
            words = ["-m", "monitor.workers.child", *job.words, "--json"]
            async with child_process(words, self._folder, self._environment) as process:
                # Not communicate(): from Python 3.12 on it closes the child's input, which tells it to end.
                output, code = await _stdout(process).read(), await process.wait()
        self._say(f"{job}: {describe(output.decode(errors='replace'), code)}")
        return code


def describe(output: str, code: int) -> str:
    """One line from a job's JSON summary; from its exit code where it printed none."""
    if code == EXIT_ALREADY_RUNNING:
        return "another run is active, skipped"
    try:
        summary: dict[str, Any] = json.loads(output.strip().splitlines()[-1])
        counts = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in summary["counts"].items())
        failures = f", {len(summary['failures'])} failed" if summary["failures"] else ""
        return f"{summary['outcome']} in {summary['seconds']:.1f} s: {counts or 'nothing to do'}{failures}"
    except (ValueError, LookupError, TypeError, AttributeError):
        return f"ended with code {code}"
