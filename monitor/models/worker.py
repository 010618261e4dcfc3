"""Who is working: leases that keep two runs of one job apart, and the history of runs."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class WorkerLease(models.Model):
    """At most one owner per name until ``expires_at``; ``fencing_token`` grows with every new owner."""

    name = models.CharField(_("name"), max_length=128, unique=True)
    owner = models.CharField(_("owner"), max_length=128, blank=True)
    expires_at = models.DateTimeField(_("expires at"))
    fencing_token = models.PositiveBigIntegerField(_("fencing token"), default=0)

    class Meta:
        verbose_name = _("worker lease")
        verbose_name_plural = _("worker leases")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class JobRun(models.Model):
    """One run of a cron job: when, how it ended, what it counted."""

    class Outcome(models.TextChoices):
        RUNNING = "running", _("running")
        SUCCEEDED = "succeeded", _("succeeded")
        FAILED = "failed", _("failed")
        SKIPPED = "skipped", _("skipped: another run was active")

    job = models.CharField(_("job"), max_length=128)
    started_at = models.DateTimeField(_("started at"))
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    outcome = models.CharField(_("outcome"), max_length=12, choices=Outcome, default=Outcome.RUNNING)
    summary = models.JSONField(_("summary"), default=dict, blank=True)

    class Meta:
        verbose_name = _("job run")
        verbose_name_plural = _("job runs")
        ordering = ["-started_at", "-id"]
        indexes = [models.Index(fields=["job", "-started_at"], name="job_run_history")]

    def __str__(self) -> str:
        return f"{self.job} {self.started_at:%Y-%m-%d %H:%M}"
