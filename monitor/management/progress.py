"""How far a job has come: a bar on a terminal, silence in a log file."""

import sys
from collections.abc import Callable

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as RichProgress


class Progress:
    """What ``JobCommand.perform`` reports to. ``check`` runs on every step and may raise to stop the job."""

    def __init__(self, check: Callable[[], None] | None = None) -> None:
        self._check = check
        self._bar: RichProgress | None = None
        if sys.stderr.isatty():
            self._bar = RichProgress(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeRemainingColumn(),
                console=Console(stderr=True),
                transient=True,
            )

    def start(self, total: int, label: str) -> None:
        """Begin a bar of ``total`` steps; a bar before it is finished and gone."""
        if self._bar is None:
            return
        for task in self._bar.task_ids:
            self._bar.remove_task(task)
        self._bar.add_task(label, total=total)
        self._bar.start()

    def advance(self, n: int = 1) -> None:
        """Count ``n`` more steps as done. Safe to call from several threads."""
        if self._check is not None:
            self._check()
        if self._bar is not None and self._bar.task_ids:
            self._bar.advance(self._bar.task_ids[-1], n)

    def close(self) -> None:
        """Take the bar off the terminal."""
        if self._bar is not None:
            self._bar.stop()
