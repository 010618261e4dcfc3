"""Closed candles, the holes the exchange itself has, and how far each reader has come."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from monitor.domain.enums import Interval
from monitor.fields import EpochMillisecondsField
from monitor.models.instrument import Instrument

INTERVAL_CHOICES = [(interval.value, interval.value) for interval in Interval]


class Kline(models.Model):
    """One closed candle with the exchange's twelve fields.

    On SQLite numbers keep 15 significant digits (more than any price has); on PostgreSQL all of them.
    """

    # Checked by the one writer instead of by the database for every row: docs/adr/0014.
    instrument = models.ForeignKey(
        Instrument, models.CASCADE, related_name="klines", db_index=False, db_constraint=False
    )
    interval = models.CharField(_("interval"), max_length=3, choices=INTERVAL_CHOICES)
    open_time = EpochMillisecondsField(_("open time"))
    open = models.DecimalField(_("open"), max_digits=24, decimal_places=12)
    high = models.DecimalField(_("high"), max_digits=24, decimal_places=12)
    low = models.DecimalField(_("low"), max_digits=24, decimal_places=12)
    close = models.DecimalField(_("close"), max_digits=24, decimal_places=12)
    volume = models.DecimalField(_("volume"), max_digits=34, decimal_places=12)
    close_time = EpochMillisecondsField(_("close time"))
    quote_volume = models.DecimalField(_("quote volume"), max_digits=34, decimal_places=12)
    trade_count = models.BigIntegerField(_("trades"))
    taker_buy_volume = models.DecimalField(_("taker buy volume"), max_digits=34, decimal_places=12)
    taker_buy_quote_volume = models.DecimalField(_("taker buy quote volume"), max_digits=34, decimal_places=12)
    ignore = models.CharField(_("unused field"), max_length=32, default="0")

    class Meta:
        verbose_name = _("kline")
        verbose_name_plural = _("klines")
        ordering = ["instrument_id", "interval", "open_time"]
        constraints = [
            models.UniqueConstraint(fields=["instrument", "interval", "open_time"], name="kline_once_per_open_time"),
        ]

    def __str__(self) -> str:
        return f"{self.instrument_id} {self.interval} {self.open_time:%Y-%m-%d %H:%M}"


class KlineGap(models.Model):
    """Open times for which the exchange answered that it has no candle: not asked for again."""

    instrument = models.ForeignKey(Instrument, models.CASCADE, related_name="kline_gaps", db_index=False)
    interval = models.CharField(_("interval"), max_length=3, choices=INTERVAL_CHOICES)
    first_open_time = EpochMillisecondsField(_("first missing open time"))
    last_open_time = EpochMillisecondsField(_("last missing open time"))
    confirmed_at = models.DateTimeField(_("confirmed at"), auto_now_add=True)

    class Meta:
        verbose_name = _("kline gap")
        verbose_name_plural = _("kline gaps")
        ordering = ["instrument_id", "interval", "first_open_time"]
        constraints = [
            models.UniqueConstraint(fields=["instrument", "interval", "first_open_time"], name="kline_gap_once"),
        ]

    def __str__(self) -> str:
        return f"{self.instrument_id} {self.interval} {self.first_open_time:%Y-%m-%d %H:%M}"


class SeriesCursor(models.Model):
    """The newest candle of one series that one reader has processed.

    Whoever writes candles moves ``position`` back before the earliest of them and raises ``generation``, in the
    same transaction (``monitor.services.kline_store.rewind_cursors``). A reader advances only a cursor whose
    generation is the one it saw before reading, so that no candle that arrives meanwhile is overlooked.
    """

    reader = models.CharField(_("reader"), max_length=32)
    instrument = models.ForeignKey(Instrument, models.CASCADE, related_name="cursors", db_index=False)
    interval = models.CharField(_("interval"), max_length=3, choices=INTERVAL_CHOICES)
    position = EpochMillisecondsField(_("processed up to open time"))
    generation = models.PositiveBigIntegerField(_("generation"), default=0)

    class Meta:
        verbose_name = _("series cursor")
        verbose_name_plural = _("series cursors")
        ordering = ["reader", "instrument_id", "interval"]
        constraints = [
            models.UniqueConstraint(fields=["instrument", "interval", "reader"], name="series_cursor_once"),
        ]

    def __str__(self) -> str:
        return f"{self.reader} {self.instrument_id} {self.interval} {self.position:%Y-%m-%d %H:%M}"
