"""The capped count and the refusal of unordered lists."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from monitor.api import pagination
from monitor.api.pagination import CappedCountPagination
from monitor.models import Instrument
from tests.factories.monitor import InstrumentFactory


def page_of(queryset: QuerySet, **parameters) -> dict:
    paginator = CappedCountPagination()
    request = Request(APIRequestFactory().get("/list/", parameters))
    items = paginator.paginate_queryset(queryset, request)
    return dict(paginator.get_paginated_response(items).data)


@pytest.fixture
def ordered(db: None, monkeypatch: pytest.MonkeyPatch) -> QuerySet:
    """Seven rows under a cap of five."""
    monkeypatch.setattr(pagination, "COUNT_CAP", 5)
    for _ in range(7):
        InstrumentFactory()
    return Instrument.objects.order_by("id").values_list("pk", flat=True)


def test_the_cap_is_ten_thousand():
    assert pagination.COUNT_CAP == 10_000


@pytest.mark.parametrize(
    ("kept", "size", "count"), [(4, 2, 4), (5, 2, 5), (5, 5, 5), (5, 6, 5), (6, 2, None), (6, 6, None), (7, 2, None)]
)
def test_the_count_is_exact_up_to_the_cap_and_null_beyond(ordered: QuerySet, kept, size, count):
    body = page_of(ordered.filter(pk__in=list(ordered)[:kept]), page_size=size)
    assert body["count"] == count
    assert body["count_is_capped"] is (count is None)


@pytest.mark.parametrize("page", [1, 2, 3, 4])
def test_every_page_tells_the_same_count(ordered: QuerySet, page):
    assert page_of(ordered, page=page, page_size=2)["count"] is None
    assert page_of(ordered.filter(pk__in=list(ordered)[:5]), page=min(page, 3), page_size=2)["count"] == 5


def test_the_links_lead_from_page_to_page_and_keep_the_other_parameters(ordered: QuerySet):
    middle = page_of(ordered, page=2, page_size=3, search="x")
    assert middle["next"] == "http://testserver/list/?page=3&page_size=3&search=x"
    assert middle["previous"] == "http://testserver/list/?page_size=3&search=x"
    assert page_of(ordered, page=3, page_size=3)["next"] is None
    assert page_of(ordered, page=1, page_size=3)["previous"] is None


def test_a_list_without_an_order_has_no_pages(db):
    with pytest.raises(ImproperlyConfigured, match="needs an order"):
        page_of(Instrument.objects.order_by())


def test_an_order_with_ties_is_made_total_by_the_key_in_the_same_direction(db):
    rows = [InstrumentFactory(base_asset="A", quote_asset=f"Q{number}").pk for number in range(4)]
    for order, expected in (("base_asset", rows), ("-base_asset", rows[::-1])):
        assert page_of(Instrument.objects.order_by(order).values_list("pk", flat=True))["results"] == expected


def test_the_last_page_and_pages_beyond_the_cap_need_no_count(ordered: QuerySet, django_assert_num_queries):
    for parameters in ({"page_size": 10}, {"page": 3, "page_size": 2}, {"page": 4, "page_size": 2}):
        with django_assert_num_queries(1):
            page_of(ordered, **parameters)
