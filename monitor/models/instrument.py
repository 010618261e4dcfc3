"""One table for everything tradable; the specification's two contract tables are proxies of it."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from monitor.domain.enums import InstrumentStatus, MarketType
from monitor.fields import ExactDecimalField
from monitor.models.exchange import Exchange


class Instrument(models.Model):
    class Market(models.TextChoices):
        SPOT = MarketType.SPOT.value, _("spot")
        FUTURES = MarketType.FUTURES.value, _("futures")
        ALPHA = MarketType.ALPHA.value, _("alpha")

    class Status(models.TextChoices):
        ACTIVE = InstrumentStatus.ACTIVE.value, _("active")
        DELISTED = InstrumentStatus.DELISTED.value, _("delisted")

    exchange = models.ForeignKey(Exchange, models.PROTECT, related_name="instruments", verbose_name=_("exchange"))
    market_type = models.CharField(_("market"), max_length=8, choices=Market)
    symbol = models.CharField(_("symbol"), max_length=64, help_text=_("The exchange's own string, such as BTCUSDT."))
    base_asset = models.CharField(_("base asset"), max_length=48, blank=True)
    quote_asset = models.CharField(_("quote asset"), max_length=16, blank=True)
    status = models.CharField(_("status"), max_length=8, choices=Status, default=Status.ACTIVE)
    tick_size = ExactDecimalField(_("tick size"), max_digits=30, decimal_places=18, null=True, blank=True)
    step_size = ExactDecimalField(_("step size"), max_digits=30, decimal_places=18, null=True, blank=True)
    min_notional = ExactDecimalField(_("minimum notional"), max_digits=30, decimal_places=18, null=True, blank=True)
    current_price = ExactDecimalField(_("current price"), max_digits=38, decimal_places=18, null=True, blank=True)
    first_seen = models.DateTimeField(_("first seen"), auto_now_add=True)
    last_updated = models.DateTimeField(_("last updated"), auto_now=True)

    class Meta:
        verbose_name = _("instrument")
        verbose_name_plural = _("instruments")
        ordering = ["market_type", "symbol"]
        constraints = [
            models.UniqueConstraint(fields=["exchange", "market_type", "symbol"], name="instrument_once_per_market"),
            models.CheckConstraint(
                condition=models.Q(market_type__in=[m.value for m in MarketType]),
                name="instrument_market_known",
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=[s.value for s in InstrumentStatus]),
                name="instrument_status_known",
            ),
        ]
        indexes = [models.Index(fields=["symbol"], name="instrument_symbol")]

    def __str__(self) -> str:
        return f"{self.display_symbol} ({self.get_market_type_display()})"

    @property
    def display_symbol(self) -> str:
        """BTC/USDT for people; the exchange's own string where the assets are unknown."""
        if self.base_asset and self.quote_asset:
            return f"{self.base_asset}/{self.quote_asset}"
        return self.symbol


class _SpotManager(models.Manager["SpotContract"]):
    def get_queryset(self) -> "models.QuerySet[SpotContract]":
        return super().get_queryset().filter(market_type=MarketType.SPOT.value)


class _FuturesManager(models.Manager["FuturesContract"]):
    def get_queryset(self) -> "models.QuerySet[FuturesContract]":
        return super().get_queryset().filter(market_type=MarketType.FUTURES.value)


class SpotContract(Instrument):
    """Instruments of the spot market."""

    objects: ClassVar[_SpotManager] = _SpotManager()

    class Meta:
        proxy = True
        verbose_name = _("spot contract")
        verbose_name_plural = _("spot contracts")


class FuturesContract(Instrument):
    """Instruments of the USDT-M futures market."""

    objects: ClassVar[_FuturesManager] = _FuturesManager()

    class Meta:
        proxy = True
        verbose_name = _("futures contract")
        verbose_name_plural = _("futures contracts")
