"""The one error envelope of the REST API: every failure, expected or not, leaves in the same shape."""

import logging
import math
from enum import StrEnum
from typing import Any
from uuid import uuid4

from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import Http404
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import exception_handler, set_rollback

logger = logging.getLogger(__name__)


class ErrorCode(StrEnum):
    """Words a client may branch on; they never change their meaning."""

    INVALID_PARAMETER = "invalid_parameter"
    UNKNOWN_PARAMETER = "unknown_parameter"
    MALFORMED_REQUEST = "malformed_request"
    NOT_AUTHENTICATED = "not_authenticated"
    INVALID_TOKEN = "invalid_token"  # noqa: S105 - a word, not a secret
    PERMISSION_DENIED = "permission_denied"
    NOT_FOUND = "not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    NOT_ACCEPTABLE = "not_acceptable"
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type"
    THROTTLED = "throttled"
    DATABASE_UNAVAILABLE = "database_unavailable"
    INTERNAL_ERROR = "internal_error"


class UnknownParameter(exceptions.ValidationError):
    """A query parameter that the endpoint does not have: refused, because a typo would widen the answer."""


_CODES: tuple[tuple[type[Exception], ErrorCode], ...] = (
    (UnknownParameter, ErrorCode.UNKNOWN_PARAMETER),
    (exceptions.ValidationError, ErrorCode.INVALID_PARAMETER),
    (exceptions.ParseError, ErrorCode.MALFORMED_REQUEST),
    (exceptions.NotAuthenticated, ErrorCode.NOT_AUTHENTICATED),
    (exceptions.AuthenticationFailed, ErrorCode.INVALID_TOKEN),
    (exceptions.PermissionDenied, ErrorCode.PERMISSION_DENIED),
    (PermissionDenied, ErrorCode.PERMISSION_DENIED),
    (exceptions.NotFound, ErrorCode.NOT_FOUND),
    (Http404, ErrorCode.NOT_FOUND),
    (exceptions.MethodNotAllowed, ErrorCode.METHOD_NOT_ALLOWED),
    (exceptions.NotAcceptable, ErrorCode.NOT_ACCEPTABLE),
    (exceptions.UnsupportedMediaType, ErrorCode.UNSUPPORTED_MEDIA_TYPE),
    (exceptions.Throttled, ErrorCode.THROTTLED),
)


def envelope(error: Exception, context: dict[str, Any]) -> Response:
    """``{"error": {"code", "message", "details"}}`` for every failure of an API view."""
    response = exception_handler(error, context)
    if response is None:
        return _unexpected(error)
    code = next((code for kind, code in _CODES if isinstance(error, kind)), ErrorCode.MALFORMED_REQUEST)
    details = _details(error, response.data)
    response.data = _body(code, _message(response.data, details), details)
    return response


def _unexpected(error: Exception) -> Response:
    """What went wrong stays in the log; the client gets a number to quote."""
    error_id = uuid4().hex
    set_rollback()
    logger.error("API request failed", exc_info=error, extra={"error_id": error_id})
    details = {"error_id": error_id}
    if isinstance(error, OperationalError):
        message = "The database did not answer in time. Try again in a moment."
        body = _body(ErrorCode.DATABASE_UNAVAILABLE, message, details)
        return Response(body, status.HTTP_503_SERVICE_UNAVAILABLE, headers={"Retry-After": "1"})
    message = "The server failed to answer this request. Its log has the cause under the error_id."
    body = _body(ErrorCode.INTERNAL_ERROR, message, details)
    return Response(body, status.HTTP_500_INTERNAL_SERVER_ERROR)


def _body(code: ErrorCode, message: str, details: dict[str, Any]) -> dict[str, Any]:
    return {"error": {"code": code.value, "message": message, "details": details}}


def _details(error: Exception, data: Any) -> dict[str, Any]:
    if isinstance(error, exceptions.Throttled):
        wait: float | None = getattr(error, "wait", None)
        return {} if wait is None else {"retry_after_seconds": math.ceil(wait)}
    if isinstance(error, exceptions.ValidationError):
        return dict(data) if isinstance(data, dict) else {"request": data}
    return {}


def _message(data: Any, details: dict[str, Any]) -> str:
    if isinstance(data, dict) and set(data) == {"detail"}:
        return str(data["detail"])
    reasons = (
        f"{name}: {' '.join(map(str, reason)) if isinstance(reason, list) else reason}"
        for name, reason in details.items()
    )
    return "; ".join(reasons)
