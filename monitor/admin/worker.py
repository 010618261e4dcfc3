"""Leases and the history of cron jobs."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from monitor.admin.base import ReadOnlyAdmin
from monitor.models import JobRun, WorkerLease


class ReleasedFilter(admin.SimpleListFilter):
    """Leases somebody holds, and those nobody does."""

    title = _("owner")
    parameter_name = "held"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("held")), ("no", _("released"))]

    def queryset(self, _request: HttpRequest, queryset: QuerySet[WorkerLease]) -> QuerySet[WorkerLease]:
        if self.value() is None:
            return queryset
        return queryset.exclude(owner="") if self.value() == "yes" else queryset.filter(owner="")


@admin.register(WorkerLease)
class WorkerLeaseAdmin(ReadOnlyAdmin):
    list_display = ["name", "owner", "expires_at", "fencing_token"]
    list_filter = [ReleasedFilter]
    search_fields = ["name", "owner"]
    ordering = ["name"]


@admin.register(JobRun)
class JobRunAdmin(ReadOnlyAdmin):
    list_display = ["job", "started_at", "finished_at", "outcome", "summary"]
    list_filter = ["outcome", "started_at"]
    search_fields = ["job"]
    ordering = ["-started_at", "-id"]
