"""Which process am I, and does that other one still run? So that a killed job's lease is free at once."""

import os
import socket
from pathlib import Path

_PROC = Path("/proc")


def current_process() -> str:
    """host/machine/pid/start: unique among all processes, also after a reboot or a reused process id."""
    pid = os.getpid()
    return f"{socket.gethostname()[:40]}/{_machine()}/{pid}/{_start_ticks(pid)}"


def is_alive(process: str) -> bool | None:
    """Whether the process still runs; None where that cannot be known: another machine or container."""
    _host, _, rest = process.partition("/")
    machine, _, identity = rest.partition("/")
    pid, _, start = identity.partition("/")
    if not pid.isdigit() or not start or machine != _machine():
        return None
    return _start_ticks(int(pid)) == start


def _machine() -> str:
    """This boot of this machine and this container's process numbering; empty outside Linux."""
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        namespace = (_PROC / "self/ns/pid").readlink().name
    except OSError:
        return ""
    return f"{boot}:{namespace.strip('pid:[]')}"


def _start_ticks(pid: int) -> str:
    """When the process started, in clock ticks since boot; empty when it is gone or a zombie."""
    try:
        stat = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    # The command name stands in brackets and may hold anything; the fields count from the last bracket on.
    fields = stat.rpartition(")")[2].split()
    return "" if fields[0] in "ZX" else fields[19]
