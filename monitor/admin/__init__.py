"""Administration pages of the shared kernel."""

from monitor.admin import exchange, instrument, kline, worker

__all__ = ["exchange", "instrument", "kline", "worker"]
