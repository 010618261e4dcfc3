"""The scanner's thresholds as the settings give them."""

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from volume_trap.domain.errors import VolumeTrapError
from volume_trap.domain.thresholds import Thresholds


def thresholds() -> Thresholds:
    """Thresholds from the ``VT_*`` environment; raises ImproperlyConfigured that says what would be right."""
    try:
        return Thresholds.parse(settings.VOLUME_TRAP)
    except VolumeTrapError as error:
        raise ImproperlyConfigured(str(error)) from error
