"""Fixtures every test may use, and the fence around the network."""

import ipaddress
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from monitor.domain.clock import ManualClock

ROOT = Path(__file__).resolve().parent.parent
NOW_MS = 1_767_225_600_000  # 2026-01-01 00:00 UTC
SIMULATOR_READY = "simulator ready on "
SIMULATOR_STARTS_WITHIN_SECONDS = 60


class NetworkBlocked(RuntimeError):
    """A test tried to leave this machine."""


def _is_loopback(host: object) -> bool:
    if isinstance(host, bytes):
        host = host.decode()
    if host in (None, "", "localhost"):
        return True
    try:
        return ipaddress.ip_address(str(host)).is_loopback
    except ValueError:
        return False


def _check(address: object) -> None:
    if isinstance(address, tuple) and not _is_loopback(address[0]):
        raise NetworkBlocked(f"tests may only reach loopback addresses, not {address[0]!r}")


def _fenced(original: Callable[..., Any]) -> Callable[..., Any]:
    def call(self: socket.socket, address: object, *rest: object) -> Any:
        _check(address)
        return original(self, address, *rest)

    return call


@pytest.fixture(autouse=True, scope="session")
def _network_fence() -> Iterator[None]:
    """No test reaches another host, by name or by address."""
    resolve = socket.getaddrinfo

    def resolve_loopback(host: Any, *args: Any, **kwargs: Any) -> Any:
        _check((host,))
        return resolve(host, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", _fenced(socket.socket.connect))
        patch.setattr(socket.socket, "connect_ex", _fenced(socket.socket.connect_ex))
        patch.setattr(socket, "getaddrinfo", resolve_loopback)
        yield


@pytest.fixture
def clock() -> ManualClock:
    """A clock that stands at the beginning of 2026 until a test moves it."""
    return ManualClock(NOW_MS)


@pytest.fixture(scope="session")
def market_data_dir() -> Path:
    """The folder of recorded market data; skips without it, fails where it is demanded."""
    value = os.environ.get("MARKET_DATA_DIR", "")
    if value and Path(value, "klines").is_dir():
        return Path(value)
    reason = f"MARKET_DATA_DIR={value!r} is not a folder of recorded market data (it needs klines/)"
    if os.environ.get("REQUIRE_MARKET_DATA") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture
def in_threads() -> Callable[[Sequence[Callable[[], Any]]], list[Any]]:
    """Runs functions at the same moment, one thread each; returns results or the exceptions raised."""

    def run(functions: Sequence[Callable[[], Any]]) -> list[Any]:
        start = threading.Barrier(len(functions))

        def together(function: Callable[[], Any]) -> Any:
            from django.db import connections

            start.wait()
            try:
                return function()
            finally:
                connections.close_all()

        with ThreadPoolExecutor(len(functions)) as pool:
            futures = [pool.submit(together, function) for function in functions]
        return [future.exception() or future.result() for future in futures]

    return run


def free_port() -> int:
    """A loopback port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True, slots=True)
class RunningSimulator:
    url: str
    process: subprocess.Popen[str]


@pytest.fixture(scope="session")
def simulator() -> Iterator[RunningSimulator]:
    """An exchange on localhost, as a process of its own, shared by the tests of one worker."""
    command = [sys.executable, "-m", "simulator", "--port", "0", "--seed", "7"]
    process = subprocess.Popen(
        [*command, "--exit-with-parent"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield RunningSimulator(_ready_url(process), process)
    finally:
        process.stdin.close()
        process.terminate()
        process.stdout.close()
        process.wait(10)


def _ready_url(process: subprocess.Popen[str]) -> str:
    watchdog = threading.Timer(SIMULATOR_STARTS_WITHIN_SECONDS, process.kill)
    watchdog.start()
    try:
        for line in process.stdout:
            if line.startswith(SIMULATOR_READY):
                return line.removeprefix(SIMULATOR_READY).strip()
    finally:
        watchdog.cancel()
    pytest.fail(f"the simulator ended with code {process.wait()} before it was ready")
