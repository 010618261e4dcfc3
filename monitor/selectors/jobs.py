"""Reads of job history: what ran last, what is running, so that an empty page can explain itself."""

from datetime import datetime, timedelta

from django.db.models import Max, QuerySet

from monitor.models import JobRun

# A killed run leaves its row "running"; no job takes longer than this.
RUNNING_AT_MOST = timedelta(hours=1)
# Pages look back no further, so that their cost does not grow with the history.
LAST_RUNS_WITHIN = timedelta(days=30)
LAST_SUCCESS_WITHIN = timedelta(days=2)


def last_runs(now: datetime) -> list[JobRun]:
    """The newest run of every command and job within 30 days of ``now``, by name.

    A run that never came to its summary (running, killed) stands for its job only while it is the newest.
    """
    recent = JobRun.objects.filter(started_at__gte=now - LAST_RUNS_WITHIN).exclude(outcome=JobRun.Outcome.SKIPPED)
    newest = recent.order_by().values("job", "summary__command").annotate(newest=Max("id")).values("newest")
    runs = list(JobRun.objects.filter(pk__in=newest))
    latest = {job: max(run.pk for run in runs if run.job == job) for job in {run.job for run in runs}}
    shown = [run for run in runs if run.summary.get("command") or run.pk == latest[run.job]]
    return sorted(shown, key=lambda run: (run.job, run.summary.get("command", "")))


def running_jobs(now: datetime) -> QuerySet[JobRun]:
    """Runs under way at ``now``, oldest first."""
    started_after = now - RUNNING_AT_MOST
    running = JobRun.objects.filter(outcome=JobRun.Outcome.RUNNING, started_at__gte=started_after)
    return running.order_by("started_at", "id")


def any_run_since(moment: datetime) -> bool:
    """Whether a job has started at or after ``moment``."""
    return JobRun.objects.filter(started_at__gte=moment).exists()


def last_success(command: str, now: datetime) -> JobRun | None:
    """The newest successful run of a command within two days of ``now``, whatever market and interval it was for."""
    recent = JobRun.objects.filter(started_at__gte=now - LAST_SUCCESS_WITHIN)
    return _successes(recent, command).order_by("-started_at", "-id").first()


def has_succeeded(command: str) -> bool:
    """Whether a command has ever succeeded."""
    return _successes(JobRun.objects.all(), command).exists()


def _successes(runs: QuerySet[JobRun], command: str) -> QuerySet[JobRun]:
    return runs.filter(outcome=JobRun.Outcome.SUCCEEDED, summary__command=command)
