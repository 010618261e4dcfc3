"""The history of cron jobs: what ran, when, and how it ended."""

from typing import Any

from django.utils import timezone

from monitor.models import JobRun


def start_job_run(job: str) -> JobRun:
    """Record that ``job`` runs now. Call it while holding the job's lease.

    Holding the lease proves that no other run is alive, so one still marked as running was killed.
    """
    now = timezone.now()
    JobRun.objects.filter(job=job, outcome=JobRun.Outcome.RUNNING).update(
        outcome=JobRun.Outcome.FAILED, finished_at=now, summary={"error": "The process ended without a word."}
    )
    return JobRun.objects.create(job=job, started_at=now)


def finish_job_run(run: JobRun, *, succeeded: bool, summary: dict[str, Any]) -> None:
    """Record how the run ended."""
    run.outcome = JobRun.Outcome.SUCCEEDED if succeeded else JobRun.Outcome.FAILED
    run.finished_at = timezone.now()
    run.summary = summary
    run.save(update_fields=["outcome", "finished_at", "summary"])


def record_skipped_run(job: str) -> None:
    """Record that ``job`` was asked for while another run of it was active."""
    now = timezone.now()
    JobRun.objects.create(job=job, started_at=now, finished_at=now, outcome=JobRun.Outcome.SKIPPED)
