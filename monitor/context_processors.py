"""What every page needs to know about the market it shows."""

from django.conf import settings
from django.http import HttpRequest


def market(_request: HttpRequest) -> dict[str, object]:
    """``is_simulated_market`` drives the SIMULATED MARKET banner."""
    return {"is_simulated_market": settings.EXCHANGE == "simulator"}
