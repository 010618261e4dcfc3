"""Starts ``manage.py up`` the way a person does: a process of its own, on a folder and a port of its own."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conftest import ROOT, free_port

READY_WITHIN_SECONDS = 180
# Settings of the test run itself must not reach the process under test.
_FOREIGN = ("DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE", "SIMULATOR_URL", "EXCHANGE", "PORT", "LOG_LEVEL")


def environment(folder: Path, port: int) -> dict[str, str]:
    """What a fresh machine would have, with the folder and the port set."""
    inherited = {name: value for name, value in os.environ.items() if name not in _FOREIGN}
    return {**inherited, "VAR_DIR": str(folder), "PORT": str(port)}


class Up:
    """A running ``manage.py up`` and everything it has said."""

    def __init__(self, folder: Path, port: int, **settings: str) -> None:
        self.folder = folder
        self.url = f"http://127.0.0.1:{port}"
        self.lines: list[str] = []
        self._spoken = threading.Condition()
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "up"],
            cwd=ROOT,
            env={**environment(folder, port), **settings},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        for line in self.process.stdout:
            with self._spoken:
                self.lines.append(line.rstrip("\n"))
                self._spoken.notify_all()

    def says(self, words: str, within_seconds: float = READY_WITHIN_SECONDS) -> str:
        """Wait for a line that holds ``words``."""

        def found() -> str | None:
            return next((line for line in self.lines if words in line), None)

        with self._spoken:
            self._spoken.wait_for(lambda: found() or self.process.poll() is not None, within_seconds)
            line = found()
        assert line is not None, f"{words!r} was not said:\n" + "\n".join(self.lines)
        return line

    @property
    def password(self) -> str:
        return (self.folder / "admin_password").read_text(encoding="utf-8").strip()

    def children(self) -> list[int]:
        """Process ids of the direct children."""
        return [
            int(pid) for pid in Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        ]

    def wait_for_children(self, count: int) -> list[int]:
        """Wait until at least ``count`` children run."""
        deadline = time.monotonic() + READY_WITHIN_SECONDS
        while len(children := self.children()) < count:
            assert time.monotonic() < deadline, self.lines
            time.sleep(0.02)
        return children

    def send(self, number: signal.Signals, ends_within_seconds: float = 20) -> int:
        """Send a signal, wait for the end, return the exit code."""
        self.process.send_signal(number)
        return self.process.wait(ends_within_seconds)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self._reader.join()
        self.process.stdout.close()


def gone(pids: list[int], within_seconds: float = 5) -> bool:
    """Whether all these processes end in time."""
    deadline = time.monotonic() + within_seconds
    while any(_runs(pid) for pid in pids):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


@contextmanager
def running(folder: Path) -> Iterator[Up]:
    """``manage.py up`` on ``folder`` for the length of a block."""
    up = Up(folder, free_port())
    try:
        yield up
    finally:
        up.close()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Up]]:
    """Starts ``up`` on an empty folder, with the settings given; ends it after the test."""
    started = []

    def begin(**settings: str) -> Up:
        up = Up(tmp_path, free_port(), **settings)
        started.append(up)
        return up

    yield begin
    for up in started:
        up.close()
