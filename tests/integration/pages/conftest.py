"""Somebody who is logged in."""

import pytest
from django.contrib.auth.models import User
from django.test import Client


@pytest.fixture
def trader(db: None) -> User:
    return User.objects.create_user("trader", password="a-login-for-tests")


@pytest.fixture
def browser(client: Client, trader: User) -> Client:
    """A client with a session; English."""
    client.force_login(trader)
    client.cookies["django_language"] = "en"
    return client
