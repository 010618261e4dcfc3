"""What the keys of a job's counts are called when a person reads them."""

from typing import Any

from django.utils.translation import gettext_lazy as _

COUNT_NAMES: dict[str, Any] = {
    "listed": _("listed"),
    "new": _("new"),
    "updated": _("updated"),
    "delisted": _("delisted"),
    "relisted": _("relisted"),
    "skipped": _("skipped"),
    "instruments": _("instruments"),
    "up_to_date": _("up to date"),
    "requests": _("requests"),
    "stored": _("candles stored"),
    "gaps": _("gaps"),
    "stale": _("stale"),
    "series": _("series"),
    "unchanged": _("unchanged"),
    "candles": _("candles"),
    "too_short": _("too short"),
    "discovered": _("discovered"),
    "suspected": _("suspected"),
    "confirmed": _("confirmed"),
    "invalidated": _("invalidated"),
    "awaiting_scan": _("awaiting the scan"),
    "files": _("files"),
    "rows": _("rows"),
    "written": _("written"),
    "unclosed": _("unclosed"),
    "instruments_created": _("instruments created"),
    "klines_deleted": _("candles deleted"),
    "gaps_deleted": _("gaps deleted"),
    "job_runs_deleted": _("job runs deleted"),
}
