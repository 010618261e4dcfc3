"""Which candles the scanner still needs, for whoever forgets old ones."""

from datetime import datetime

from django.db.models import Min

from monitor.domain.enums import Interval
from volume_trap.domain.evaluator import DISCOVERY_BARS
from volume_trap.models import VolumeTrapMonitor


def candles_needed_from(interval: Interval) -> dict[int, datetime]:
    """By instrument id, the open time of the oldest candle that a live monitor rests on."""
    oldest = (
        VolumeTrapMonitor.objects.filter(status__in=VolumeTrapMonitor.OPEN_STATUSES, interval=interval.value)
        .order_by()
        .values_list("instrument_id")
        .annotate(Min("trigger_time"))
    )
    return {instrument_id: trigger - DISCOVERY_BARS * interval.duration for instrument_id, trigger in oldest}
