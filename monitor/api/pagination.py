"""Pages of the REST API: a bounded count, an order that never wavers, no work that grows with the table."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db.models import QuerySet
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param
from rest_framework.views import APIView

COUNT_CAP = 10_000
DEFAULT_PAGE_SIZE = 20
MAX_PAGE_SIZE = 100
_MAX_OFFSET = 2**31


class CappedCountPagination(BasePagination):
    """Page numbers. ``count`` is exact up to 10,000; beyond that it is null and ``count_is_capped`` is true.

    Pass a queryset of primary keys and load the page's rows afterwards: a deep page then only walks an index.
    """

    def paginate_queryset(self, queryset: QuerySet[Any], request: Request, view: APIView | None = None) -> list[Any]:
        """The items of the page asked for.

        Raises ``ValidationError`` for a page or page size that cannot be, ``NotFound`` beyond the last page.
        """
        self.request = request
        self.page_size = _whole_number(request.query_params, "page_size", DEFAULT_PAGE_SIZE, most=MAX_PAGE_SIZE)
        self.page = _whole_number(request.query_params, "page", 1)
        items = self._window(_with_tie_break(queryset), (self.page - 1) * self.page_size)
        self.count = self._capped_count(queryset, len(items))
        self.has_next = len(items) > self.page_size
        return items[: self.page_size]

    def get_paginated_response(self, data: Sequence[Any]) -> Response:
        return Response(
            {
                "count": self.count,
                "count_is_capped": self.count is None,
                "page": self.page,
                "page_size": self.page_size,
                "next": self._link(self.page + 1) if self.has_next else None,
                "previous": self._link(self.page - 1) if self.page > 1 else None,
                "results": data,
            }
        )

    def get_paginated_response_schema(self, schema: Any) -> dict[str, Any]:
        link = {"type": "string", "format": "uri", "nullable": True}
        properties = {
            "count": {
                "type": "integer",
                "nullable": True,
                "example": 123,
                "description": f"Exact up to {COUNT_CAP:,}, null beyond.",
            },
            "count_is_capped": {"type": "boolean", "example": False},
            "page": {"type": "integer", "example": 1},
            "page_size": {"type": "integer", "example": DEFAULT_PAGE_SIZE},
            "next": link,
            "previous": link,
            "results": schema,
        }
        return {"type": "object", "required": list(properties), "properties": properties}

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        return [
            {
                "name": "page",
                "in": "query",
                "required": False,
                "description": "Page number from 1. Beyond the last page: 404.",
                "schema": {"type": "integer", "minimum": 1, "default": 1},
                "example": 1,
            },
            {
                "name": "page_size",
                "in": "query",
                "required": False,
                "description": f"Rows per page, 1 to {MAX_PAGE_SIZE}.",
                "schema": {
                    "type": "integer",
                    "minimum": 1,
                    "maximum": MAX_PAGE_SIZE,
                    "default": DEFAULT_PAGE_SIZE,
                },
                "example": 50,
            },
        ]

    def _window(self, queryset: QuerySet[Any], offset: int) -> list[Any]:
        """The page and, where there is one, the first item of the next."""
        beyond = offset > _MAX_OFFSET
        items = [] if beyond else list(queryset[offset : offset + self.page_size + 1])
        if not items and self.page > 1:
            raise NotFound(f"There is no page {self.page}: the list ends before it.")
        return items

    def _capped_count(self, queryset: QuerySet[Any], seen: int) -> int | None:
        reached = (self.page - 1) * self.page_size + seen
        if reached > COUNT_CAP:
            return None
        if seen <= self.page_size:
            return reached
        count = queryset.order_by()[: COUNT_CAP + 1].count()
        return None if count > COUNT_CAP else count

    def _link(self, page: int) -> str:
        url = self.request.build_absolute_uri()
        return remove_query_param(url, "page") if page == 1 else replace_query_param(url, "page", page)


def _whole_number(parameters: Mapping[str, str], name: str, default: int, *, most: int | None = None) -> int:
    raw = parameters.get(name) or str(default)
    # Nineteen digits: more cannot be a row number anywhere, and int() of a very long text is slow.
    valid = raw.isascii() and raw.isdigit() and len(raw) < 20 and int(raw) >= 1
    if not valid or (most is not None and int(raw) > most):
        wanted = "of at least 1" if most is None else f"from 1 to {most}"
        raise ValidationError({name: [f"{raw[:40]!r} is not a whole number {wanted}."]})
    return int(raw)


def _with_tie_break(queryset: QuerySet[Any]) -> QuerySet[Any]:
    """The same order made total by the primary key.

    Raises ``ImproperlyConfigured`` for an unordered queryset, whose pages could repeat or lose rows.
    """
    if not queryset.ordered:
        raise ImproperlyConfigured(f"A list of {queryset.model.__name__} needs an order before it has pages.")
    order = list(queryset.query.order_by or queryset.model._meta.ordering)
    names = {str(name).lstrip("-") for name in order}
    if names & {"pk", queryset.model._meta.pk.name}:
        return queryset
    return queryset.order_by(*order, "-pk" if str(order[0]).startswith("-") else "pk")
