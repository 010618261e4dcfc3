"""Discovery over a stored history the plain way: model instances, and a loop over every candle."""

from benchmarks.plain import detectors
from monitor.models import Kline


def triggers(instrument_id: int, interval: str) -> set[object]:
    """Open times at which Discovery fires. Confirmation and Validation are left out, in favour of the plain design."""
    rows = list(Kline.objects.filter(instrument_id=instrument_id, interval=interval).order_by("open_time"))
    bars = [detectors.bar_of(row) for row in rows]
    return {
        rows[index].open_time
        for index in range(30, len(bars))
        if detectors.rvol_fires(bars[index - 20 : index + 1])
        and detectors.amplitude_fires(bars[index - 30 : index + 1])
    }
