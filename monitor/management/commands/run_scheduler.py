"""The jobs of deploy/crontab at their times, for machines without cron."""

import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from monitor.workers.processes import JobRunner
from monitor.workers.runtime import Child, Runtime
from monitor.workers.scheduler import Scheduler, load_crontab


class Command(BaseCommand):
    help = "Run the jobs of deploy/crontab at their times (UTC) until stopped."

    def handle(self, *_args: Any, **_options: Any) -> None:
        entries = load_crontab(settings.BASE_DIR / "deploy" / "crontab")
        runner = JobRunner(settings.BASE_DIR, {}, self._say)

        async def main() -> None:
            self._say(f"{len(entries)} jobs; Ctrl-C stops.")
            await Scheduler(entries, runner.run).main()

        sys.exit(Runtime([Child("scheduler", main)]).run())

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
