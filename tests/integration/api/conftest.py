"""Clients of the REST API."""

import pytest
from django.contrib.auth import get_user_model
from django.core.cache import cache
from knox.models import AuthToken
from rest_framework.test import APIClient


@pytest.fixture
def token_client(db: None) -> APIClient:
    """A client that sends a valid token with every request."""
    user = get_user_model().objects.create_user("reader", password="long enough 42")
    # Throttling counts by primary key in the cache, which outlives the users of other tests.
    cache.delete(f"throttle_user_{user.pk}")
    _row, token = AuthToken.objects.create(user)
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {token}")
    return client
