"""Pages of the REST API."""

from rest_framework.pagination import PageNumberPagination


class CappedCountPagination(PageNumberPagination):
    """Page numbers; ``count`` is exact up to a cap."""
