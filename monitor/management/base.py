"""What every cron-friendly command shares: a lease, a recorded run, exit codes, ``--json`` and a summary.

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 another run of the same job is active, 130/143 stopped.
"""

import json
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from types import FrameType
from typing import Any, Never

import structlog
from django.core.checks import Tags
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from monitor.errors import DatabaseOperationFailed, LeaseLost, ServiceError, database_errors
from monitor.exchanges.errors import ExchangeError
from monitor.management.progress import Progress
from monitor.models import JobRun
from monitor.services.jobs import finish_job_run, record_skipped_run, start_job_run
from monitor.services.workers import LeaseKeeper, acquire_lease, release_lease

EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_ALREADY_RUNNING = 3
# More failures than this share of what was attempted and the whole run counts as failed.
FAILURE_RATIO = 0.10
_FAILURES_SHOWN = 20

log = structlog.get_logger(__name__)

__all__ = ["Failure", "JobCommand", "JobResult", "Progress", "UsageError"]


class UsageError(Exception):
    """Arguments that cannot be meant; the message is one line that says what would be right."""

    def __init__(self, message: str, *, code: str = "ERR_USAGE") -> None:
        super().__init__(message)
        self.code = code


class Stopped(BaseException):
    """SIGTERM or Ctrl-C. Not an ``Exception``, so that no per-instrument boundary swallows it."""

    def __init__(self, signal_number: int) -> None:
        super().__init__(f"stopped by {signal.Signals(signal_number).name}")
        self.signal_number = signal_number


@dataclass(frozen=True, slots=True)
class Failure:
    """One thing that went wrong while the rest went on."""

    symbol: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class JobResult:
    """What a job did: ``counts`` for the summary, ``attempted`` to judge the failures by."""

    counts: dict[str, int | float | str | None] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    attempted: int = 0

    @property
    def failed(self) -> bool:
        return len(self.failures) > FAILURE_RATIO * self.attempted


class OneLineParser(CommandParser):
    """A parser that complains in one line, without the usage text."""

    def error(self, message: str) -> Never:
        if not self.called_from_command_line:
            raise CommandError(message, returncode=EXIT_USAGE)
        self.exit(EXIT_USAGE, f"{self.prog}: {message}\n")


class JobCommand(BaseCommand):
    """Base of the commands that cron starts. A subclass says what its lease is called and does the work."""

    # Loading every view to check the URLs would take longer than many runs, and a job serves no pages.
    requires_system_checks = [Tags.models]
    _from_shell = False
    _stops_held = False
    _held_stop = 0

    def lease_name(self, options: dict[str, Any]) -> str:
        """Two runs with the same name never overlap; raise ``UsageError`` for arguments that are wrong."""
        raise NotImplementedError

    def perform(self, options: dict[str, Any], progress: Progress) -> JobResult:
        """Do the work. Raise ``UsageError`` for wrong arguments, ``ServiceError`` if nothing can be done."""
        raise NotImplementedError

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        # Django makes the parser itself and offers no other way to choose its class.
        parser.__class__ = OneLineParser
        self._from_shell = bool(parser.called_from_command_line)
        parser.add_argument("--json", action="store_true", help="Print one JSON object instead of a summary.")
        return parser

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            with self._stop_signals(), database_errors():
                self._run_leased(options)
        except UsageError as error:
            if options["json"]:
                self._report(options, "refused", _failure_of(error), 0.0)
            self._leave(EXIT_USAGE, str(error))
        except DatabaseOperationFailed as error:
            self._report(options, "failed", _failure_of(error), 0.0)
            self._leave(EXIT_FAILED, error.message)
        except Stopped as stop:
            self._leave(128 + stop.signal_number, f"{stop}; what was stored stays, run again to go on")

    def _run_leased(self, options: dict[str, Any]) -> None:
        name = self.lease_name(options)
        lease = acquire_lease(name)
        if lease is None:
            record_skipped_run(name)
            self._report(options, "skipped", JobResult(), 0.0)
            self._leave(EXIT_ALREADY_RUNNING, f"{name} is running already: wait until it has finished")
        try:
            with LeaseKeeper(lease) as keeper:
                self._run_recorded(options, name, keeper)
        finally:
            # Without the database the lease stays; it is free as soon as this process is gone.
            _try(lambda: release_lease(lease))

    def _run_recorded(self, options: dict[str, Any], name: str, keeper: LeaseKeeper) -> None:
        def check() -> None:
            if keeper.lost:
                raise LeaseLost(f"{name} was taken over by another process: this run stops")

        # A stop between the record's first line and the ``try`` would leave it open for ever.
        self._stops_held = True
        run, started = start_job_run(name), time.monotonic()
        progress = Progress(check)
        try:
            self._release_stops()
            with database_errors():
                result = self.perform(options, progress)
            # The work is done: a stop that comes now must not leave it unrecorded.
            self._stops_held = True
        except (ServiceError, ExchangeError) as error:
            progress.close()
            self._finish(options, run, _failure_of(error), time.monotonic() - started)
        except BaseException as error:
            progress.close()
            summary = {"error": str(error) if isinstance(error, Stopped) else f"{type(error).__name__}: {error}"}
            _try(lambda: finish_job_run(run, succeeded=False, summary=summary))
            raise
        else:
            progress.close()
            self._finish(options, run, result, time.monotonic() - started)

    def _finish(self, options: dict[str, Any], run: JobRun, result: JobResult, seconds: float) -> None:
        outcome = "failed" if result.failed else "succeeded"
        summary = self._report(options, outcome, result, seconds)
        _try(lambda: finish_job_run(run, succeeded=not result.failed, summary=summary))
        if result.failed:
            whole = not result.attempted and len(result.failures) == 1
            self._leave(
                EXIT_FAILED,
                result.failures[0].message
                if whole
                else f"{len(result.failures)} of {result.attempted} failed, more than {FAILURE_RATIO:.0%}",
            )

    def _report(self, options: dict[str, Any], outcome: str, result: JobResult, seconds: float) -> dict[str, Any]:
        command = type(self).__module__.rpartition(".")[2]
        summary = {
            "command": command,
            "outcome": outcome,
            "counts": result.counts,
            "failures": [asdict(failure) for failure in result.failures],
            "seconds": round(seconds, 3),
        }
        if options["json"]:
            self.stdout.write(json.dumps(summary, ensure_ascii=False))
        elif result.counts or result.attempted:
            self.stdout.write(_readable(command, outcome, result, seconds))
        return summary

    @contextmanager
    def _stop_signals(self) -> Iterator[None]:
        """SIGTERM and Ctrl-C end the job as an exception, so that lease and record are put right."""
        if not self._from_shell or threading.current_thread() is not threading.main_thread():
            yield
            return
        previous = {number: signal.signal(number, self._on_stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)

    def _on_stop(self, signal_number: int, _frame: FrameType | None) -> None:
        if not self._stops_held:
            raise Stopped(signal_number)
        self._held_stop = signal_number

    def _release_stops(self) -> None:
        """From here on a stop is an exception at once; one that came meanwhile is one now."""
        self._stops_held = False
        if self._held_stop:
            raise Stopped(self._held_stop)

    def _leave(self, code: int, message: str) -> Never:
        if not self._from_shell:
            raise CommandError(message, returncode=code)
        self.stderr.write(message)
        raise SystemExit(code)


def _try(record: Callable[[], None]) -> None:
    """Book-keeping at the end of a run: when the database is away the run's own outcome matters more."""
    try:
        record()
    except DatabaseError as error:
        log.warning("job_end_not_recorded", reason=str(error))


def _failure_of(error: ServiceError | ExchangeError | UsageError) -> JobResult:
    log.debug("job_failed", exc_info=error)
    return JobResult(failures=[Failure(symbol="", code=error.code, message=str(error))])


def _readable(command: str, outcome: str, result: JobResult, seconds: float) -> str:
    facts = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in result.counts.items())
    lines = [f"{command} {outcome} in {seconds:.1f} s: {facts or 'nothing to do'}"]
    shown = result.failures[:_FAILURES_SHOWN]
    lines += [f"  {failure.symbol or '-'}: {failure.message} [{failure.code}]" for failure in shown]
    if hidden := len(result.failures) - len(shown):
        lines.append(f"  ... and {hidden} more (all of them with --json)")
    return "\n".join(lines)
