"""Tables of the shared kernel."""

from monitor.models.exchange import Exchange
from monitor.models.instrument import FuturesContract, Instrument, SpotContract
from monitor.models.kline import Kline, KlineGap, SeriesCursor
from monitor.models.worker import JobRun, WorkerLease

__all__ = [
    "Exchange",
    "FuturesContract",
    "Instrument",
    "JobRun",
    "Kline",
    "KlineGap",
    "SeriesCursor",
    "SpotContract",
    "WorkerLease",
]
