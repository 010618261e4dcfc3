"""The newest candle of every instrument, judged the plain way: eight queries per instrument, one per detector."""

from dataclasses import dataclass

from benchmarks.plain import detectors
from monitor.models import Instrument, Kline
from volume_trap.models import VolumeTrapMonitor


@dataclass(frozen=True, slots=True)
class Decisions:
    """What the newest candle decides: instrument ids that trigger, monitor ids per step."""

    triggered: frozenset[int]
    suspected: frozenset[int]
    confirmed: frozenset[int]
    invalidated: frozenset[int]


def scan_newest(market: str, interval: str) -> Decisions:
    """Decisions only; writing them is left out, in favour of the plain design."""
    steps: dict[str, set[int]] = {"triggered": set(), "suspected": set(), "confirmed": set(), "invalidated": set()}
    for instrument in Instrument.objects.filter(market_type=market):
        _scan_instrument(instrument.pk, interval, steps)
    return Decisions(**{name: frozenset(ids) for name, ids in steps.items()})


def _scan_instrument(pk: int, interval: str, steps: dict[str, set[int]]) -> None:
    rvol = detectors.rvol_fires(detectors.newest_bars(pk, interval, 21))
    amplitude = detectors.amplitude_fires(detectors.newest_bars(pk, interval, 31))
    if rvol and amplitude:
        steps["triggered"].add(pk)
    newest_three = detectors.newest_bars(pk, interval, 3)
    newest = detectors.newest_bars(pk, interval, 1)
    newest_five = detectors.newest_bars(pk, interval, 5)
    validated = (
        detectors.ma_cross_fires(detectors.newest_bars(pk, interval, 26))
        & detectors.obv_fires(detectors.newest_bars(pk, interval, 30))
        & detectors.atr_fires(detectors.newest_bars(pk, interval, 30))
    )
    for monitor in VolumeTrapMonitor.objects.filter(instrument_id=pk, status__in=VolumeTrapMonitor.OPEN_STATUSES):
        _follow(monitor, newest_three, newest, newest_five, validated, steps)


def _follow(
    monitor: VolumeTrapMonitor,
    newest_three: list[detectors.Bar],
    newest: list[detectors.Bar],
    newest_five: list[detectors.Bar],
    validated: bool,
    steps: dict[str, set[int]],
) -> None:
    if newest[-1]["close"] > float(monitor.trigger_price):
        steps["invalidated"].add(monitor.pk)
        return
    suspected = monitor.status == "suspected_abandonment"
    if monitor.status == "pending" and not monitor.window_expired:
        suspected = _confirms(monitor, newest_three, newest, newest_five)
        if suspected:
            steps["suspected"].add(monitor.pk)
    if suspected and validated and not (monitor.window_expired and monitor.status != "pending"):
        steps["confirmed"].add(monitor.pk)


def _confirms(
    monitor: VolumeTrapMonitor,
    newest_three: list[detectors.Bar],
    newest: list[detectors.Bar],
    newest_five: list[detectors.Bar],
) -> bool:
    passed = Kline.objects.filter(
        instrument_id=monitor.instrument_id, interval=monitor.interval, open_time__gt=monitor.trigger_time
    ).count()
    if not 3 <= passed <= 399:
        return False
    history = detectors.newest_bars(monitor.instrument_id, monitor.interval, 30, up_to=monitor.trigger_time)
    return (
        detectors.retention_fires(newest_three, float(monitor.trigger_volume))
        and detectors.key_level_fires(newest, float(monitor.trigger_kline_low))
        and detectors.efficiency_fires(newest_five[-min(passed, 5) :], history)
    )
