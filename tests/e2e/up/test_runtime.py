"""Signals, crashes and the drain of a long-lived process, in a real process."""

import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator

import pytest

from tests.conftest import ROOT

ENDS_WITHIN_SECONDS = 15
_PRELUDE = """
import asyncio, sys, time
import structlog
structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
from monitor.workers.runtime import Child, Runtime

async def forever():
    print("running", flush=True)
    try:
        await asyncio.sleep(3600)
    finally:
        print("cleaned up", flush=True)
"""

Start = Callable[[str], "subprocess.Popen[str]"]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts a script that uses the runtime and waits until it runs."""
    processes = []

    def begin(body: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-c", _PRELUDE + textwrap.dedent(body)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        processes.append(process)
        assert process.stdout.readline() == "running\n", process.stderr.read()
        return process

    yield begin
    for process in processes:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_lets_the_children_clean_up_and_ends_with_code_0(start: Start, number: signal.Signals) -> None:
    process = start('sys.exit(Runtime([Child("worker", forever)]).run())')

    process.send_signal(number)
    output, errors = process.communicate(timeout=ENDS_WITHIN_SECONDS)

    assert (process.returncode, output, errors) == (0, "cleaned up\n", "")


def test_a_second_signal_ends_at_once(start: Start) -> None:
    process = start("""
        async def stubborn():
            try:
                await forever()
            except asyncio.CancelledError:
                print("stubborn", flush=True)
                await asyncio.sleep(3600)
        sys.exit(Runtime([Child("worker", stubborn)]).run())
    """)

    process.send_signal(signal.SIGINT)
    assert [process.stdout.readline(), process.stdout.readline()] == ["cleaned up\n", "stubborn\n"]
    process.send_signal(signal.SIGINT)

    assert process.wait(ENDS_WITHIN_SECONDS) == 130


def test_a_drain_that_never_ends_is_cut_off(start: Start) -> None:
    process = start("""
        async def busy():
            try:
                await forever()
            finally:
                time.sleep(3600)
        sys.exit(Runtime([Child("worker", busy)], drain_seconds=0.3).run())
    """)

    process.send_signal(signal.SIGTERM)

    assert process.wait(ENDS_WITHIN_SECONDS) == 1


def test_a_child_that_crashes_takes_the_others_down_with_code_1(start: Start) -> None:
    process = start("""
        async def crash():
            await asyncio.sleep(0.1)
            raise ValueError("broken part")
        sys.exit(Runtime([Child("worker", forever), Child("crash", crash)]).run())
    """)

    output, errors = process.communicate(timeout=ENDS_WITHIN_SECONDS)

    assert (process.returncode, output) == (1, "cleaned up\n")
    assert "broken part" in errors


def test_a_child_that_should_last_may_not_end_by_itself(start: Start) -> None:
    process = start("""
        async def brief():
            await asyncio.sleep(0.1)
        sys.exit(Runtime([Child("worker", forever), Child("brief", brief)]).run())
    """)

    _output, errors = process.communicate(timeout=ENDS_WITHIN_SECONDS)

    assert process.returncode == 1
    assert "brief ended by itself" in errors
