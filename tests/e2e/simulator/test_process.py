"""The simulator as a process: start, wrong arguments, the port, signals, the end of the parent."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from tests.conftest import ROOT, free_port

PATIENCE_SECONDS = 30
READY = "simulator ready on "
Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts a program that ends with the test."""
    processes: list[subprocess.Popen[str]] = []

    def run(*words: object) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, *map(str, words)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        processes.append(process)
        return process

    yield run
    for process in processes:
        process.kill()
        process.communicate()


def simulator(start: Start, *words: object) -> tuple[subprocess.Popen[str], str]:
    process = start("-m", "simulator", *words)
    return process, url_of(process)


def url_of(process: subprocess.Popen[str]) -> str:
    line = process.stdout.readline()
    assert line.startswith(READY), process.stderr.read()
    return line.removeprefix(READY).strip()


def ending(process: subprocess.Popen[str]) -> tuple[int, str]:
    _, complaint = process.communicate(timeout=PATIENCE_SECONDS)
    return process.returncode, complaint


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_cleanly(start: Start, number: signal.Signals):
    process, url = simulator(start, "--port", 0)
    assert requests.get(f"{url}/api/v3/ping", timeout=5).json() == {}
    process.send_signal(number)
    assert ending(process) == (0, "")


def test_it_ends_with_its_parent(start: Start):
    process, _ = simulator(start, "--port", 0, "--exit-with-parent")
    process.stdin.close()
    process.stdin = None
    assert ending(process) == (0, "")


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="reads Linux's table of sockets")
def test_it_listens_on_loopback_only(start: Start):
    process, url = simulator(start, "--port", 0)
    port = int(url.rpartition(":")[2])
    addresses = [line.split()[1] for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    assert f"0100007F:{port:04X}" in addresses
    assert f"00000000:{port:04X}" not in addresses
    assert process.poll() is None


def test_a_taken_port_is_one_line_and_code_1(start: Start):
    _, url = simulator(start, "--port", 0)
    code, complaint = ending(start("-m", "simulator", "--port", url.rpartition(":")[2]))
    assert code == 1
    assert complaint.count("\n") == 1
    assert "choose another --port" in complaint


@pytest.mark.parametrize(
    ("words", "right"),
    [
        (["--port", "abc"], "use a number from 0 to 65535"),
        (["--port", "0", "--speed", "-1"], "use a number from 0 to"),
        (["--port", "0", "--seed", "x"], "invalid int value"),
        (["--port", "0", "--start", "noon"], "is not a moment such as"),
        (["--port", "0", "--symbols", "0"], "from 1 to 5000"),
        (["--port", "0", "--klines", "/no/such/folder"], "--klines needs DIR/<spot|futures>/<interval>/"),
        (["--port", "0", "--colour", "red"], "unrecognized arguments"),
        ([], "required: --port"),
    ],
)
def test_a_wrong_argument_is_one_line_and_code_2(start: Start, words: list[str], right: str):
    code, complaint = ending(start("-m", "simulator", *words))
    assert code == 2
    assert complaint.count("\n") == 1
    assert right in complaint


def test_the_clock_starts_where_it_is_told_and_runs_at_its_speed(start: Start):
    _, url = simulator(start, "--port", 0, "--start", "2025-03-01", "--speed", 60)
    first = requests.get(f"{url}/api/v3/time", timeout=5).json()["serverTime"]
    assert 0 <= first - 1_740_787_200_000 < 600_000
    second = requests.get(f"{url}/api/v3/time", timeout=5).json()["serverTime"]
    assert second > first


def test_the_management_command_passes_options_signals_and_the_code_on(start: Start):
    port = free_port()
    command = start("manage.py", "run_exchange_simulator", "--port", port, "--seed", 9)
    url = url_of(command)
    assert requests.get(f"{url}/_sim/state", timeout=5).json()["seed"] == 9
    refused = start("manage.py", "run_exchange_simulator", "--port", port)
    assert ending(refused)[0] == 1
    command.send_signal(signal.SIGTERM)
    assert ending(command) == (0, "")
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{url}/api/v3/ping", timeout=5)


def test_killing_the_management_command_ends_the_simulator_too(start: Start):
    command = start("manage.py", "run_exchange_simulator", "--port", 0)
    url = url_of(command)
    command.kill()
    command.wait(PATIENCE_SECONDS)
    # The simulator holds the other end of this pipe: it closes when the simulator has ended.
    assert command.stdout.read() == ""
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{url}/api/v3/ping", timeout=5)
