"""What happens at every start: the same jobs fill an empty database and bring an old one up to date."""

import asyncio

from monitor.domain.enums import Interval, MarketType
from monitor.workers.processes import EXIT_ALREADY_RUNNING, Job, JobRunner

FIRST_FILL_CANDLES = 400
_CONTRACTS = {MarketType.SPOT: "fetch_spot_contracts", MarketType.FUTURES: "fetch_futures_contracts"}
# The specification's main interval comes first, so that there is something to look at early.
_INTERVALS = (Interval.H4, Interval.H1, Interval.D1)


def lane(market_type: MarketType) -> list[Job]:
    """The jobs of one market in the order they need: contracts, then candles and a scan per interval."""
    jobs = [Job((_CONTRACTS[market_type], "--exchange", "binance"))]
    for interval in _INTERVALS:
        series = ("--interval", interval.value, "--market-type", market_type.value)
        jobs.append(Job(("update_klines", *series, "--limit", str(FIRST_FILL_CANDLES))))
        jobs.append(Job(("scan_volume_traps", *series)))
    return jobs


async def catch_up(runner: JobRunner) -> int:
    """Run the lanes of both markets side by side; returns how many jobs did not succeed."""
    async with asyncio.TaskGroup() as group:
        lanes = [group.create_task(_run_lane(runner, market)) for market in _CONTRACTS]
    return sum(task.result() for task in lanes)


async def _run_lane(runner: JobRunner, market_type: MarketType) -> int:
    codes = [await runner.run(job) for job in lane(market_type)]
    return sum(code not in (0, EXIT_ALREADY_RUNNING) for code in codes)
