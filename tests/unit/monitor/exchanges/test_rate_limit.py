"""The weight limiter, on a clock that only moves when somebody sleeps."""

import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.domain.clock import ManualClock, SystemClock
from monitor.exchanges.errors import ExchangeUnavailable, RateLimited
from monitor.exchanges.rate_limit import SETTLE_SECONDS, WINDOW_MS, WeightLimiter

MINUTE_START = 1_767_225_600_000  # 2026-01-01 00:00:00 UTC


def limiter_at(second: float, limit: int = 100, **options: float) -> tuple[WeightLimiter, ManualClock]:
    clock = ManualClock(MINUTE_START + round(second * 1000))
    return WeightLimiter(limit, clock, **options), clock


def test_weight_within_the_budget_is_granted_at_once():
    limiter, clock = limiter_at(10)
    for _ in range(9):
        limiter.acquire(10)
    assert clock.now_ms() == MINUTE_START + 10_000
    assert limiter.used == 90


def test_weight_beyond_the_budget_waits_for_the_next_clock_minute_not_for_sixty_seconds():
    limiter, clock = limiter_at(50)
    for _ in range(10):
        limiter.acquire(10)
    assert clock.now_ms() == MINUTE_START + 60_000 + round(SETTLE_SECONDS * 1000)
    assert limiter.used == 10


def test_a_margin_of_the_limit_is_never_spent():
    limiter, _ = limiter_at(0, limit=6000)
    assert limiter.budget == 5400


def test_a_single_call_dearer_than_the_budget_is_let_through_alone():
    limiter, clock = limiter_at(0, limit=10)
    limiter.acquire(40)
    assert clock.now_ms() == MINUTE_START
    limiter.acquire(1)
    assert clock.now_ms() > MINUTE_START + WINDOW_MS


def test_the_used_weight_that_the_exchange_reports_counts_even_if_others_spent_it():
    limiter, clock = limiter_at(30)
    window = limiter.acquire(1)
    limiter.observe(window=window, used=88, server_ms=None)
    limiter.acquire(2)
    assert clock.now_ms() == MINUTE_START + 30_000
    limiter.acquire(1)
    assert clock.now_ms() > MINUTE_START + WINDOW_MS


def test_a_lower_report_that_arrives_late_does_not_give_weight_back():
    limiter, _ = limiter_at(30)
    window = limiter.acquire(50)
    limiter.observe(window=window, used=10, server_ms=None)
    assert limiter.used == 50


def test_a_report_about_an_earlier_minute_is_ignored():
    limiter, clock = limiter_at(59)
    window = limiter.acquire(1)
    clock.advance(2)
    limiter.observe(window=window, used=90, server_ms=None)
    assert limiter.used == 0


def test_the_minute_is_the_exchanges_when_the_machines_clock_is_wrong():
    limiter, clock = limiter_at(5)
    window = limiter.acquire(80)
    limiter.observe(window=window, used=80, server_ms=MINUTE_START + 3_600_000 + 55_000)
    started = clock.monotonic()
    limiter.acquire(20)
    assert clock.monotonic() - started == pytest.approx(5 + SETTLE_SECONDS)


def test_moving_the_machines_clock_does_not_open_a_new_minute():
    class SettableClock(ManualClock):
        def now_ms(self) -> int:
            return super().now_ms() + self.moved_by

        moved_by = 0

    clock = SettableClock(MINUTE_START)
    limiter = WeightLimiter(100, clock)
    limiter.acquire(80)
    clock.moved_by = 9 * 30 * 86_400_000
    assert limiter.used == 80


def test_a_pause_makes_every_caller_wait():
    limiter, clock = limiter_at(0)
    limiter.pause(7, 429)
    limiter.acquire(1)
    assert clock.monotonic() == pytest.approx(MINUTE_START / 1000 + 7)


def test_a_shorter_pause_does_not_cut_a_longer_one():
    limiter, clock = limiter_at(0)
    limiter.pause(30, 429)
    limiter.pause(2, 429)
    limiter.acquire(1)
    assert clock.monotonic() == pytest.approx(MINUTE_START / 1000 + 30)


def test_a_ban_longer_than_the_longest_wait_is_an_error_at_once():
    limiter, clock = limiter_at(0, longest_wait_seconds=60)
    limiter.pause(3600, 418)
    with pytest.raises(RateLimited) as caught:
        limiter.acquire(1)
    assert caught.value.banned
    assert caught.value.retry_after == pytest.approx(3600)
    assert clock.now_ms() == MINUTE_START


def test_a_ban_that_is_over_is_forgotten():
    limiter, clock = limiter_at(0, longest_wait_seconds=60)
    limiter.pause(3600, 418)
    clock.advance(3600)
    limiter.acquire(1)


def test_a_stopped_limiter_lets_nobody_through():
    limiter, _ = limiter_at(0)
    limiter.stop()
    with pytest.raises(ExchangeUnavailable):
        limiter.acquire(1)


@pytest.mark.requirement("SEC-1")
@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 40), max_size=60), st.integers(0, 59))
def test_no_minute_is_ever_charged_more_than_the_budget(weights: list[int], second: int):
    limiter, clock = limiter_at(second)
    spent: dict[int, int] = {}
    for weight in weights:
        limiter.acquire(weight)
        minute = clock.now_ms() // WINDOW_MS
        spent[minute] = spent.get(minute, 0) + weight
    assert all(total <= limiter.budget for total in spent.values())


def test_many_threads_together_stay_within_the_budget():
    clock = SystemClock()
    limiter = WeightLimiter(10_000, clock)
    granted: list[int] = []

    def ask() -> None:
        granted.extend(limiter.acquire(2) for _ in range(200))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(granted) == 1600
    assert limiter.used == 3200 or len(set(granted)) == 2
