"""The schedule is written once, in deploy/crontab, and follows the closing of candles."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.enums import Interval
from monitor.workers.processes import Job
from monitor.workers.scheduler import Entry, ScheduleError, Scheduler, load_crontab, read_crontab
from tests.conftest import ROOT

ENTRIES = load_crontab(ROOT / "deploy" / "crontab")
MINUTES_AFTER_CLOSE = {"update_klines": 5, "scan_volume_traps": 10, "check_invalidations": 15}
MIDNIGHT = datetime(2026, 1, 1, tzinfo=UTC)


def _interval(entry: Entry) -> Interval:
    words = entry.job.words
    return Interval(words[words.index("--interval") + 1])


def test_every_series_is_updated_scanned_and_checked_in_this_order() -> None:
    scheduled = {entry.job.words for entry in ENTRIES if "--interval" in entry.job.words}

    assert scheduled == {
        (command, "--interval", interval.value, "--market-type", market)
        for command in MINUTES_AFTER_CLOSE
        for interval in Interval
        for market in ("spot", "futures")
    }


@given(st.integers(0, 6 * 365 * 86_400))
def test_candle_jobs_run_the_stated_minutes_after_a_candle_closed(seconds: int) -> None:
    moment = MIDNIGHT + timedelta(seconds=seconds)
    for entry in ENTRIES:
        delay = MINUTES_AFTER_CLOSE.get(entry.job.words[0])
        if delay is None:
            continue
        closed_at = entry.next_after(moment) - timedelta(minutes=delay)
        assert closed_at.timestamp() % _interval(entry).duration.total_seconds() == 0
        assert entry.next_after(moment) - moment <= _interval(entry).duration


@pytest.mark.parametrize("command", ["fetch_spot_contracts", "fetch_futures_contracts", "prune_history"])
def test_lists_and_pruning_run_once_a_day(command: str) -> None:
    (entry,) = [entry for entry in ENTRIES if entry.job.words[0] == command]
    first = entry.next_after(MIDNIGHT)

    assert entry.next_after(first) - first == timedelta(days=1)


def test_comments_blank_lines_and_assignments_are_no_entries() -> None:
    text = "# a comment\n\nHOME=/opt\n5 * * * * cd $HOME && python manage.py update_klines --interval 1h\n"

    assert read_crontab(text) == [Entry("5 * * * *", Job(("update_klines", "--interval", "1h")))]


@pytest.mark.parametrize("line", ["5 * * * *", "99 * * * * manage.py x", "5 * * * * echo hello", "nonsense"])
def test_a_line_that_cannot_be_understood_is_named(line: str) -> None:
    with pytest.raises(ScheduleError, match=r"cron expression|expected five time fields"):
        read_crontab(line)


class _Day:
    """Time that passes only when somebody sleeps or works."""

    def __init__(self) -> None:
        self.now = MIDNIGHT
        self.started: list[datetime] = []

    async def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        await asyncio.sleep(0)

    def job_that_takes(self, minutes: float, times: int) -> Callable[[Job], Awaitable[int]]:
        async def run(_job: Job) -> int:
            if len(self.started) == times:
                raise asyncio.CancelledError
            self.started.append(self.now)
            await self.sleep(minutes * 60)
            return 0

        return run

    async def schedule(self, expression: str, *, minutes: float, times: int = 3) -> list[datetime]:
        entry = Entry(expression, Job(("job",)))
        scheduler = Scheduler([entry], self.job_that_takes(minutes, times), now=lambda: self.now, sleep=self.sleep)
        await asyncio.create_task(scheduler.main())
        return self.started


async def test_a_job_starts_at_its_times() -> None:
    started = await _Day().schedule("5 * * * *", minutes=1)

    assert started == [MIDNIGHT + timedelta(hours=hour, minutes=5) for hour in range(3)]


async def test_a_job_that_still_runs_is_not_started_again_and_the_next_run_catches_up() -> None:
    started = await _Day().schedule("5 * * * *", minutes=90)

    assert started == [MIDNIGHT + timedelta(hours=hour, minutes=5) for hour in (0, 2, 4)]
