"""Starts the exchange simulator as a process of its own; nothing of it is imported here."""

import signal
import subprocess
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

_OPTIONS: dict[str, str] = {
    "port": "port on 127.0.0.1; 0 takes any free one",
    "seed": "the same seed is the same synthetic market",
    "klines": "replay recorded candles from this folder",
    "speed": "virtual seconds per real second",
    "start": "what time it is at the start, ISO 8601",
    "symbols": "at least this many instruments per market",
}


class Command(BaseCommand):
    """Passes its options on, forwards signals and ends with the simulator's exit code."""

    help = "Run an exchange on localhost: a synthetic market, or recorded candles with --klines"
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        for name, text in _OPTIONS.items():
            parser.add_argument(f"--{name}", required=name == "port", help=text)

    def handle(self, *_args: Any, **options: Any) -> None:
        arguments = [f"--{name}={options[name]}" for name in _OPTIONS if options[name] is not None]
        # A session of its own keeps the terminal's Ctrl-C away: the signal arrives once, forwarded. Should this
        # process be killed, the pipe ends and the simulator with it.
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and module, arguments are not a shell line
            [sys.executable, "-m", "simulator", *arguments, "--exit-with-parent"],
            cwd=settings.BASE_DIR,
            stdin=subprocess.PIPE,
            start_new_session=True,
        )
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda received, _frame: process.send_signal(received))
        sys.exit(process.wait())
