"""The volume-trap scanner."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class VolumeTrapConfig(AppConfig):
    name = "volume_trap"
    verbose_name = _("Volume traps")

    def ready(self) -> None:
        from monitor.registry import register_history_guard
        from volume_trap import conf
        from volume_trap.history import candles_needed_from

        conf.thresholds()
        register_history_guard(candles_needed_from)
