"""The volume-trap scanner."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class VolumeTrapConfig(AppConfig):
    name = "volume_trap"
    verbose_name = _("Volume traps")

    def ready(self) -> None:
        from volume_trap import conf

        conf.thresholds()
