"""Query parameters read strictly: what an endpoint does not know or cannot read is refused with a reason."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError as FormError
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.views import APIView

from monitor.api.exceptions import UnknownParameter

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T[0-9:.]+(Z|[+-]\d{2}:\d{2})")
_LOST_PLUS = re.compile(r" (\d{2}:\d{2})$")


class StrictParametersMixin(APIView):
    """Refuses query parameters that the view does not know, and those given twice."""

    own_parameters: tuple[str, ...] = ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        refuse_unknown(request, self.known_parameters())

    def known_parameters(self) -> list[str]:
        """Names of all query parameters of this view: its own, its filters', its pages'."""
        names = list(self.own_parameters)
        filterset_class = getattr(self, "filterset_class", None)
        if filterset_class is not None:
            names += filterset_class.base_filters
        paginator = getattr(self, "paginator", None)
        if paginator is not None:
            names += [parameter["name"] for parameter in paginator.get_schema_operation_parameters(self)]
        return names


def refuse_unknown(request: Request, known: Iterable[str]) -> None:
    """Raise ``UnknownParameter`` or ``ValidationError`` for parameters nobody would read."""
    names = list(known)
    allowed = f"known are {', '.join(names)}" if names else "there are none here"
    unknown = sorted(set(request.query_params) - set(names))
    if unknown:
        raise UnknownParameter({name[:40]: [f"Unknown parameter; {allowed}."] for name in unknown})
    twice = [name for name in names if len(request.query_params.getlist(name)) > 1]
    if twice:
        raise ValidationError({name: ["Given more than once."] for name in twice})


def parse_moment(text: str, *, end_of_day: bool) -> datetime:
    """The UTC moment that ``text`` means: a day (its first, or its last instant) or a time with a zone.

    Raises ``ValueError``.
    """
    # A plus sign that was not escaped arrives as a space.
    cleaned = _LOST_PLUS.sub(r"+\1", text.strip())
    if _DAY.fullmatch(cleaned):
        day = datetime.fromisoformat(cleaned).replace(tzinfo=UTC)
        return day.replace(hour=23, minute=59, second=59, microsecond=999_999) if end_of_day else day
    if not _MOMENT.fullmatch(cleaned):
        raise ValueError(text)
    try:
        return datetime.fromisoformat(cleaned).astimezone(UTC)
    except OverflowError as error:
        raise ValueError(text) from error


class MomentField(forms.CharField):
    """A day or a time with a zone; ``end_of_day`` makes a day mean its last instant."""

    def __init__(self, *args: Any, end_of_day: bool = False, **kwargs: Any) -> None:
        self.end_of_day = end_of_day
        super().__init__(*args, **kwargs)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if text in self.empty_values:
            return None
        try:
            return parse_moment(str(text), end_of_day=self.end_of_day)
        except ValueError as error:
            example = "2026-01-31 or 2026-01-31T08:00:00Z"
            raise FormError(f"{str(text)[:40]!r} is not a day or a time with a zone, such as {example}.") from error


def choice_error(choices: Iterable[str]) -> dict[str, str]:
    """Error messages of a choice field that say what would be right."""
    return {"invalid_choice": f"'%(value)s' is unknown: use one of {', '.join(choices)}."}
