"""Monitors of volume traps, the indicator values at each decision, and the log of transitions."""

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django_fsm import ConcurrentTransitionMixin, FSMField, transition

from monitor.domain.enums import Interval, MarketType
from monitor.fields import ExactDecimalField
from monitor.models import Instrument
from volume_trap.domain.enums import Stage, TrapStatus

INTERVAL_CHOICES = [(interval.value, interval.value) for interval in Interval]


class VolumeTrapMonitor(ConcurrentTransitionMixin, models.Model):
    """One trigger candle and what became of it. All times are open times of the deciding candle."""

    class Status(models.TextChoices):
        PENDING = TrapStatus.PENDING.value, _("pending")
        SUSPECTED = TrapStatus.SUSPECTED.value, _("suspected abandonment")
        CONFIRMED = TrapStatus.CONFIRMED.value, _("confirmed abandonment")
        INVALIDATED = TrapStatus.INVALIDATED.value, _("invalidated")

    OPEN_STATUSES = (TrapStatus.PENDING.value, TrapStatus.SUSPECTED.value, TrapStatus.CONFIRMED.value)

    instrument = models.ForeignKey(Instrument, models.PROTECT, related_name="volume_traps", db_index=False)
    market_type = models.CharField(_("market"), max_length=8, choices=Instrument.Market)
    interval = models.CharField(_("interval"), max_length=3, choices=INTERVAL_CHOICES)
    trigger_time = models.DateTimeField(_("trigger time"))
    trigger_price = ExactDecimalField(
        _("trigger price"), help_text=_("Close of the trigger candle."), max_digits=38, decimal_places=18
    )
    trigger_volume = ExactDecimalField(_("trigger volume"), max_digits=38, decimal_places=18)
    trigger_kline_high = ExactDecimalField(_("trigger high"), max_digits=38, decimal_places=18)
    trigger_kline_low = ExactDecimalField(_("trigger low"), max_digits=38, decimal_places=18)
    efficiency_baseline = models.FloatField(
        _("price efficiency baseline"),
        null=True,
        help_text=_("Mean |close - open| / volume of the 30 candles up to the trigger; empty without any volume."),
    )
    status = FSMField(_("status"), max_length=24, choices=Status, default=Status.PENDING, protected=True)
    phase_1_passed = models.BooleanField(_("discovery passed"), default=True)
    phase_2_passed = models.BooleanField(_("confirmation passed"), default=False)
    phase_3_passed = models.BooleanField(_("validation passed"), default=False)
    market_wide = models.BooleanField(
        _("market-wide"), default=False, help_text=_("More than 20 symbols triggered on this candle.")
    )
    window_expired = models.BooleanField(
        _("window expired"),
        default=False,
        help_text=_("400 candles passed without the next stage; only a price recovery can still end it."),
    )
    suspected_at = models.DateTimeField(_("suspected at"), null=True, blank=True)
    confirmed_at = models.DateTimeField(_("confirmed at"), null=True, blank=True)
    invalidated_at = models.DateTimeField(_("invalidated at"), null=True, blank=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    class Meta:
        verbose_name = _("volume trap")
        verbose_name_plural = _("volume traps")
        ordering = ["-trigger_time", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["instrument", "interval", "trigger_time"], name="trap_once_per_trigger"),
            models.CheckConstraint(condition=Q(status__in=[s.value for s in TrapStatus]), name="trap_status_known"),
            models.CheckConstraint(
                condition=Q(market_type__in=[MarketType.SPOT.value, MarketType.FUTURES.value]),
                name="trap_market_known",
            ),
            models.CheckConstraint(condition=Q(interval__in=[i.value for i in Interval]), name="trap_interval_known"),
            models.CheckConstraint(
                condition=Q(confirmed_at__isnull=True) | Q(suspected_at__isnull=False),
                name="trap_no_stage_skipped",
            ),
            models.CheckConstraint(
                condition=Q(phase_2_passed=True, suspected_at__isnull=False)
                | Q(phase_2_passed=False, suspected_at__isnull=True),
                name="trap_phase_2_dated",
            ),
            models.CheckConstraint(
                condition=Q(phase_3_passed=True, confirmed_at__isnull=False)
                | Q(phase_3_passed=False, confirmed_at__isnull=True),
                name="trap_phase_3_dated",
            ),
            models.CheckConstraint(
                condition=Q(status=TrapStatus.PENDING.value, suspected_at__isnull=True, invalidated_at__isnull=True)
                | Q(
                    status=TrapStatus.SUSPECTED.value,
                    suspected_at__isnull=False,
                    confirmed_at__isnull=True,
                    invalidated_at__isnull=True,
                )
                | Q(status=TrapStatus.CONFIRMED.value, confirmed_at__isnull=False, invalidated_at__isnull=True)
                | Q(status=TrapStatus.INVALIDATED.value, invalidated_at__isnull=False),
                name="trap_status_matches_dates",
            ),
        ]
        indexes = [
            models.Index(fields=["-trigger_time", "-id"], name="trap_newest"),
            models.Index(fields=["market_type", "-trigger_time", "-id"], name="trap_market_newest"),
            models.Index(fields=["interval", "-trigger_time", "-id"], name="trap_interval_newest"),
            models.Index(fields=["status", "-trigger_time", "-id"], name="trap_status_newest"),
            models.Index(fields=["market_type", "status", "-trigger_time", "-id"], name="trap_market_status_newest"),
            models.Index(fields=["interval", "status", "-trigger_time", "-id"], name="trap_interval_status_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.instrument.display_symbol} {self.interval} {self.trigger_time:%Y-%m-%d %H:%M}"

    @transition(field=status, source=TrapStatus.PENDING.value, target=TrapStatus.SUSPECTED.value)
    def suspect(self, at: datetime) -> None:
        """Confirmation passed on the candle that opened at ``at``."""
        self.phase_2_passed, self.suspected_at, self.window_expired = True, at, False

    @transition(field=status, source=TrapStatus.SUSPECTED.value, target=TrapStatus.CONFIRMED.value)
    def confirm(self, at: datetime) -> None:
        """Validation passed on the candle that opened at ``at``."""
        self.phase_3_passed, self.confirmed_at, self.window_expired = True, at, False

    @transition(field=status, source=list(OPEN_STATUSES), target=TrapStatus.INVALIDATED.value)
    def invalidate(self, at: datetime) -> None:
        """The candle that opened at ``at`` closed above the trigger's close."""
        self.invalidated_at = at


class VolumeTrapIndicators(models.Model):
    """Detector values behind one decision, unrounded; a stage fills only its own detectors."""

    class StageChoice(models.TextChoices):
        DISCOVERY = Stage.DISCOVERY.value, _("discovery")
        CONFIRMATION = Stage.CONFIRMATION.value, _("confirmation")
        VALIDATION = Stage.VALIDATION.value, _("validation")

    monitor = models.ForeignKey(VolumeTrapMonitor, models.CASCADE, related_name="indicators", db_index=False)
    stage = models.CharField(_("stage"), max_length=12, choices=StageChoice)
    snapshot_time = models.DateTimeField(_("candle"))
    kline_close_price = ExactDecimalField(_("close"), max_digits=38, decimal_places=18)
    rvol_ratio = models.FloatField(_("relative volume"), null=True)
    amplitude_ratio = models.FloatField(_("amplitude ratio"), null=True)
    upper_shadow_percent = models.FloatField(_("upper shadow %"), null=True)
    volume_retention_percent = models.FloatField(_("volume retention %"), null=True)
    key_level = models.FloatField(_("key level"), null=True)
    key_level_breach_percent = models.FloatField(_("key level breach %"), null=True)
    price_efficiency = models.FloatField(_("price efficiency"), null=True)
    price_efficiency_baseline = models.FloatField(_("price efficiency baseline"), null=True)
    ma7 = models.FloatField(_("MA 7"), null=True)
    ma25 = models.FloatField(_("MA 25"), null=True)
    ma25_slope_percent = models.FloatField(_("MA 25 slope %"), null=True)
    obv = models.FloatField(_("OBV"), null=True)
    obv_divergence = models.BooleanField(_("OBV divergence"), null=True)
    atr = models.FloatField(_("ATR"), null=True)
    atr_baseline = models.FloatField(_("ATR baseline"), null=True)

    class Meta:
        verbose_name = _("indicator snapshot")
        verbose_name_plural = _("indicator snapshots")
        ordering = ["monitor_id", "snapshot_time", "id"]
        constraints = [models.UniqueConstraint(fields=["monitor", "stage"], name="indicators_once_per_stage")]

    def __str__(self) -> str:
        return f"{self.monitor_id} {self.stage}"


class VolumeTrapStateTransition(models.Model):
    """One step of a monitor's life and the evidence for it; never rewritten."""

    monitor = models.ForeignKey(VolumeTrapMonitor, models.CASCADE, related_name="transitions", db_index=False)
    from_status = models.CharField(_("from"), max_length=24, blank=True)
    to_status = models.CharField(_("to"), max_length=24, choices=VolumeTrapMonitor.Status)
    transition_time = models.DateTimeField(_("time"))
    evidence = models.JSONField(_("evidence"))
    recorded_at = models.DateTimeField(_("recorded at"), auto_now_add=True)

    class Meta:
        verbose_name = _("state transition")
        verbose_name_plural = _("state transitions")
        ordering = ["monitor_id", "transition_time", "id"]
        constraints = [models.UniqueConstraint(fields=["monitor", "to_status"], name="transition_once_per_status")]
        indexes = [models.Index(fields=["-transition_time"], name="transition_newest")]

    def __str__(self) -> str:
        return f"{self.monitor_id} {self.from_status} → {self.to_status}"
