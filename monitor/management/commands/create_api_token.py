"""Makes an API token for a user. Only its hash is stored, so it is shown once."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from knox.models import AuthToken

MAX_DAYS = 3650


class Command(BaseCommand):
    help = "Print a new API token for a user; send it as 'Authorization: Token …'."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--days", type=int, default=365, help="how long it is valid (default 365)")

    def handle(self, *_args: Any, username: str, days: int, **_options: Any) -> None:
        if not 1 <= days <= MAX_DAYS:
            raise CommandError(f"--days must be from 1 to {MAX_DAYS}, not {days}.", returncode=2)
        users = get_user_model().objects
        user = users.filter(username=username).first()
        if user is None:
            known = ", ".join(users.order_by("username").values_list("username", flat=True)[:10])
            raise CommandError(f"No user is called {username!r}; there are: {known or 'none yet'}.", returncode=2)
        _row, token = AuthToken.objects.create(user, expiry=timedelta(days=days))
        self.stderr.write(f"Valid for {days} days. It is not shown again:")
        self.stdout.write(token)
