"""Reads of job history: what ran last, what is running, so that an empty page can explain itself."""

from datetime import datetime, timedelta

from django.db.models import Max, QuerySet

from monitor.models import JobRun

# A killed run leaves its row "running"; no job takes longer than this.
RUNNING_AT_MOST = timedelta(hours=1)


def last_runs() -> list[JobRun]:
    """The newest run of every job, by name."""
    newest = JobRun.objects.order_by().values("job").annotate(newest=Max("id")).values("newest")
    return list(JobRun.objects.filter(pk__in=newest).order_by("job"))


def running_jobs(now: datetime) -> QuerySet[JobRun]:
    """Runs under way at ``now``, oldest first."""
    started_after = now - RUNNING_AT_MOST
    running = JobRun.objects.filter(outcome=JobRun.Outcome.RUNNING, started_at__gte=started_after)
    return running.order_by("started_at", "id")


def last_success(job: str) -> JobRun | None:
    """The newest successful run of a job, whatever market and interval it was for."""
    succeeded = JobRun.objects.filter(job__startswith=job, outcome=JobRun.Outcome.SUCCEEDED)
    return succeeded.order_by("-started_at", "-id").first()
