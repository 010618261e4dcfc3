"""Leases and the base of cron commands: one run at a time, exit codes, records, what is printed."""

import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, CommandParser, call_command
from django.db import OperationalError
from django.utils import timezone

from monitor.exchanges.errors import ExchangeUnavailable
from monitor.management.base import Failure, JobCommand, JobResult, Progress, UsageError
from monitor.models import JobRun, WorkerLease
from monitor.services.jobs import start_job_run
from monitor.services.process_identity import current_process, is_alive
from monitor.services.workers import LeaseKeeper, acquire_lease, release_lease, renew_lease
from tests.factories.monitor import WorkerLeaseFactory

pytestmark = pytest.mark.django_db

ELSEWHERE = "otherhost/0000-boot:42/17/99"


class SampleCommand(JobCommand):
    """A job whose work is whatever the test says."""

    work: Callable[[Progress], JobResult]

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--interval", default="1h", choices=["1h", "4h"])

    def lease_name(self, options: dict[str, Any]) -> str:
        return f"sample:{options['interval']}"

    def perform(self, options: dict[str, Any], progress: Progress) -> JobResult:
        return type(self).work(progress)


def job(work: Callable[[Progress], JobResult]) -> SampleCommand:
    return type("Command", (SampleCommand,), {"work": staticmethod(work)})(stdout=io.StringIO(), stderr=io.StringIO())


def results_in(result: JobResult) -> SampleCommand:
    return job(lambda _progress: result)


def raises(error: BaseException) -> SampleCommand:
    def work(_progress: Progress) -> JobResult:
        raise error

    return job(work)


def failures(count: int) -> list[Failure]:
    return [Failure(f"COIN{number}USDT", "ERR_API_REQUEST_FAILED", "no answer") for number in range(count)]


def printed(command: SampleCommand) -> dict[str, Any]:
    return json.loads(command.stdout._out.getvalue())


def exit_code(command: SampleCommand, *words: str) -> tuple[int, str]:
    with pytest.raises(CommandError) as caught:
        call_command(command, *words)
    return caught.value.returncode, str(caught.value)


# --- leases -----------------------------------------------------------------------------------


def test_a_lease_has_one_owner_until_it_is_released() -> None:
    lease = acquire_lease("job")
    assert lease is not None
    assert acquire_lease("job") is None
    release_lease(lease)
    assert acquire_lease("job") is not None


def test_leases_of_different_names_do_not_touch() -> None:
    assert acquire_lease("job:1h") is not None
    assert acquire_lease("job:4h") is not None


def test_the_fencing_token_grows_with_every_owner() -> None:
    tokens = []
    for _ in range(3):
        lease = acquire_lease("job")
        assert lease is not None
        tokens.append(lease.fencing_token)
        release_lease(lease)
    assert tokens == [1, 2, 3]
    assert WorkerLease.objects.get().fencing_token == 3


def test_an_owner_on_another_machine_keeps_the_lease_until_it_expires() -> None:
    row = WorkerLeaseFactory(name="job", owner=ELSEWHERE, expires_at=timezone.now() + timedelta(seconds=30))
    assert acquire_lease("job") is None
    WorkerLease.objects.filter(pk=row.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert acquire_lease("job") is not None


def test_a_clock_that_jumps_ahead_does_not_take_the_lease_from_a_living_process() -> None:
    WorkerLeaseFactory(name="job", owner=current_process(), expires_at=timezone.now() - timedelta(days=300))
    assert acquire_lease("job") is None


def test_a_killed_owner_on_this_machine_loses_the_lease_at_once() -> None:
    asleep = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    owner = current_process().replace(f"/{os.getpid()}/", f"/{asleep.pid}/").rpartition("/")[0]
    started = _start_of(asleep.pid)
    WorkerLeaseFactory(name="job", owner=f"{owner}/{started}", expires_at=timezone.now() + timedelta(hours=1))
    assert acquire_lease("job") is None
    asleep.kill()
    # Not waited for yet: a zombie counts as gone.
    time.sleep(0.2)
    try:
        assert acquire_lease("job") is not None
    finally:
        asleep.wait()


def _start_of(pid: int) -> str:
    code = "from monitor.services.process_identity import _start_ticks as s; import sys; print(s(int(sys.argv[1])))"
    return subprocess.check_output([sys.executable, "-c", code, str(pid)], text=True).strip()


def test_a_process_id_used_again_by_another_process_does_not_count_as_alive() -> None:
    host_machine_pid, _, start = current_process().rpartition("/")
    assert is_alive(f"{host_machine_pid}/{start}") is True
    assert is_alive(f"{host_machine_pid}/{int(start) - 1}") is False


@pytest.mark.parametrize("owner", [ELSEWHERE, "", "nonsense", "host//17/", "host//17/99"])
def test_of_a_process_elsewhere_nothing_is_known(owner: str) -> None:
    assert is_alive(owner) is None


def test_renewing_pushes_the_end_away_only_for_the_owner() -> None:
    lease = acquire_lease("job", seconds=1)
    assert lease is not None
    assert renew_lease(lease, seconds=500)
    assert WorkerLease.objects.get().expires_at > timezone.now() + timedelta(seconds=400)
    WorkerLease.objects.update(owner=ELSEWHERE, fencing_token=2)
    assert not renew_lease(lease)
    release_lease(lease)
    assert WorkerLease.objects.get().owner == ELSEWHERE


@pytest.mark.requirement("REL-7")
@pytest.mark.django_db(transaction=True)
def test_of_many_that_try_at_once_exactly_one_wins(
    in_threads: Callable[[Sequence[Callable[[], Any]]], list[Any]],
) -> None:
    for round_number in range(10):
        name = f"job-{round_number}"
        results = in_threads([lambda name=name, owner=f"a/b/{n}/1": acquire_lease(name, owner) for n in range(4)])
        assert sum(result is not None for result in results) == 1, results


@pytest.mark.django_db(transaction=True)
def test_a_keeper_renews_in_the_background_and_notices_a_loss() -> None:
    lease = acquire_lease("job", seconds=1)
    assert lease is not None
    with LeaseKeeper(lease, every_seconds=0.05) as keeper:
        _wait_until(lambda: WorkerLease.objects.get().expires_at > timezone.now() + timedelta(seconds=30))
        assert not keeper.lost
        WorkerLease.objects.update(owner=ELSEWHERE)
        _wait_until(lambda: keeper.lost)


def _wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


# --- commands ---------------------------------------------------------------------------------


def test_success_prints_one_object_and_records_the_run() -> None:
    command = results_in(JobResult({"klines": 5}, failures(1), attempted=10))
    call_command(command, "--json")
    summary = printed(command)
    assert list(summary) == ["command", "outcome", "counts", "failures", "seconds"]
    assert (summary["outcome"], summary["counts"]) == ("succeeded", {"klines": 5})
    assert summary["failures"] == [{"symbol": "COIN0USDT", "code": "ERR_API_REQUEST_FAILED", "message": "no answer"}]
    run = JobRun.objects.get()
    assert (run.job, run.outcome, run.summary["counts"]) == ("sample:1h", "succeeded", {"klines": 5})
    assert run.finished_at is not None
    assert WorkerLease.objects.get().owner == ""


@pytest.mark.parametrize(("failed", "attempted", "code"), [(1, 10, 0), (2, 10, 1), (1, 1, 1), (1, 0, 1), (0, 0, 0)])
def test_more_than_a_tenth_of_failures_fails_the_run(failed: int, attempted: int, code: int) -> None:
    command = results_in(JobResult({}, failures(failed), attempted))
    if code == 0:
        call_command(command)
    else:
        assert exit_code(command)[0] == code
    assert JobRun.objects.get().outcome == ("failed" if code else "succeeded")


def test_another_run_of_the_same_job_is_refused_with_code_3() -> None:
    lease = acquire_lease("sample:1h")
    assert lease is not None
    command = results_in(JobResult())
    assert exit_code(command, "--json") == (3, "sample:1h is running already: wait until it has finished")
    assert printed(command)["outcome"] == "skipped"
    assert JobRun.objects.get().outcome == "skipped"
    call_command(results_in(JobResult()), "--interval", "4h")
    release_lease(lease)
    call_command(results_in(JobResult()))


def test_an_exchange_that_is_away_is_one_line_and_code_1() -> None:
    command = raises(ExchangeUnavailable("no answer within 10 s", endpoint="/api/v3/time"))
    assert exit_code(command, "--json") == (1, "no answer within 10 s (/api/v3/time)")
    assert printed(command)["failures"][0]["code"] == "ERR_API_REQUEST_FAILED"
    assert JobRun.objects.get().outcome == "failed"
    assert WorkerLease.objects.get().owner == ""


def test_a_database_that_refuses_is_one_line_and_code_1() -> None:
    command = raises(OperationalError("database or disk is full"))
    code, message = exit_code(command, "--json")
    assert (code, message.partition(":")[0]) == (1, "The disk or the database is full")
    assert printed(command)["failures"][0]["code"] == "ERR_DB_OPERATION_FAILED"
    assert WorkerLease.objects.get().owner == ""


@pytest.mark.parametrize("words", [("--interval", "5m"), ("--nonsense",)])
def test_wrong_arguments_are_code_2_and_leave_no_record(words: tuple[str, ...]) -> None:
    code, message = exit_code(results_in(JobResult()), *words)
    assert code == 2
    assert "\n" not in message
    assert not JobRun.objects.exists()


def test_usage_errors_of_the_job_itself_are_code_2() -> None:
    assert exit_code(raises(UsageError("--since must be a date"))) == (2, "--since must be a date")


def test_a_defect_is_raised_as_it_is_and_recorded_as_failed() -> None:
    with pytest.raises(ZeroDivisionError):
        call_command(raises(ZeroDivisionError("oops")))
    run = JobRun.objects.get()
    assert (run.outcome, run.summary) == ("failed", {"error": "ZeroDivisionError: oops"})
    assert WorkerLease.objects.get().owner == ""


def test_a_run_that_was_killed_is_marked_failed_by_the_next_one() -> None:
    killed, other = start_job_run("sample:1h"), start_job_run("sample:4h")
    call_command(results_in(JobResult()))
    killed.refresh_from_db()
    other.refresh_from_db()
    assert (killed.outcome, other.outcome) == ("failed", "running")
    assert killed.finished_at is not None


def test_a_job_that_lost_its_lease_stops_at_the_next_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.services.workers.LeaseKeeper.lost", property(lambda _self: True))
    done = []

    def work(progress: Progress) -> JobResult:
        progress.start(2, "things")
        progress.advance()
        done.append("never")
        return JobResult()

    assert exit_code(job(work)) == (1, "sample:1h was taken over by another process: this run stops")
    assert done == []


def test_the_readable_summary_is_short() -> None:
    command = results_in(JobResult({"new_klines": 5}, failures(25), attempted=1000))
    call_command(command)
    lines = command.stdout._out.getvalue().splitlines()
    assert lines[0].endswith("s: new klines 5")
    assert lines[1] == "  COIN0USDT: no answer [ERR_API_REQUEST_FAILED]"
    assert lines[-1] == "  ... and 5 more (all of them with --json)"
    assert len(lines) == 22


def test_handlers_of_signals_are_left_alone_outside_the_shell() -> None:
    before = signal.getsignal(signal.SIGTERM)
    seen = []

    def work(_progress: Progress) -> JobResult:
        seen.append((signal.getsignal(signal.SIGTERM), threading.current_thread().name))
        return JobResult()

    call_command(job(work))
    assert seen[0][0] is before
