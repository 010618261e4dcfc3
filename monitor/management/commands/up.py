"""Everything in one process: the site, the scheduler, and the exchange simulator beside it."""

import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connections
from django.utils.module_loading import import_string

from monitor.models import Instrument
from monitor.services.logins import FirstLogin, ensure_first_login
from monitor.workers.all_in_one import AllInOne
from monitor.workers.web import HOST, PortTaken, listening_socket


class Command(BaseCommand):
    help = "Run everything: migrates, fills an empty database, serves the site, runs the jobs at candle close."
    requires_migrations_checks = False

    def handle(self, *_args: Any, **_options: Any) -> None:
        try:
            listener = listening_socket(settings.PORT)
        except PortTaken as error:
            self.stderr.write(str(error))
            sys.exit(1)
        call_command("migrate", verbosity=0, interactive=False)
        self._introduce(ensure_first_login(self._password_file))
        connections.close_all()
        application = import_string(settings.ASGI_APPLICATION)
        everything = AllInOne(settings.BASE_DIR, application, listener, self._say)
        sys.exit(everything.run(starts_simulator=settings.STARTS_SIMULATOR))

    @property
    def _password_file(self) -> Path:
        return Path(settings.VAR_DIR) / "admin_password"

    def _introduce(self, login: FirstLogin) -> None:
        market = "simulated market" if settings.EXCHANGE == "simulator" else "public Binance market data"
        password = f" / {login.password}" if login.password else ""
        kept = f" (password in {self._password_file})" if self._password_file.exists() else ""
        self._say(f"Trapline: {market}, database {settings.DATABASES['default']['NAME']}")
        self._say(f"  Open   http://{HOST}:{settings.PORT}/")
        self._say(f"  Login  {login.username}{password}{kept}")
        empty = not Instrument.objects.exists()
        self._say("Filling the empty database ..." if empty else "Catching up with what was missed ...")

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
