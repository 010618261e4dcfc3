"""What is said about a job when it ended."""

import json

import pytest

from monitor.domain.enums import MarketType
from monitor.workers.catch_up import lane
from monitor.workers.processes import Job, describe

pytestmark = pytest.mark.unit


def _summary(**changes: object) -> str:
    return json.dumps(
        {
            "command": "update_klines",
            "outcome": "succeeded",
            "counts": {"stored": 24000, "up_to_date": 3},
            "failures": [],
            "seconds": 3.21,
            **changes,
        }
    )


def test_a_summary_becomes_one_line() -> None:
    assert describe(_summary(), 0) == "succeeded in 3.2 s: stored 24000, up to date 3"


def test_failures_are_counted() -> None:
    failures = [{"symbol": "BTCUSDT", "code": "ERR_API_REQUEST_FAILED", "message": "timed out"}]

    assert describe(_summary(outcome="failed", failures=failures), 1).endswith("up to date 3, 1 failed")


def test_a_run_that_met_another_one_is_called_skipped() -> None:
    assert describe(_summary(outcome="skipped"), 3) == "another run is active, skipped"


@pytest.mark.parametrize("output", ["", "not json", "[]", "{}", '{"counts": 3}'])
def test_a_job_without_a_summary_is_described_by_its_exit_code(output: str) -> None:
    assert describe(output, 2) == "ended with code 2"


def test_a_job_is_called_by_its_command_and_series() -> None:
    job = Job(("update_klines", "--interval", "4h", "--market-type", "spot", "--limit", "400"))

    assert str(job) == "update_klines 4h spot"


@pytest.mark.parametrize("market", [MarketType.SPOT, MarketType.FUTURES])
def test_a_market_is_filled_in_the_order_that_its_jobs_need(market: MarketType) -> None:
    commands = [job.words[0] for job in lane(market)]

    assert commands == [f"fetch_{market}_contracts", *["update_klines", "scan_volume_traps"] * 3]
