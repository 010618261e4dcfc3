"""The exchange's clock."""

import pytest

from simulator.clock import VirtualClock

pytestmark = pytest.mark.unit


class Monotonic:
    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def real() -> Monotonic:
    return Monotonic()


def test_it_starts_where_it_is_told_and_moves_at_its_speed(real: Monotonic):
    clock = VirtualClock(1_000_000, speed=60, monotonic=real)
    real.seconds += 2
    assert clock.now_ms() == 1_000_000 + 120_000


def test_changing_the_speed_does_not_move_the_time(real: Monotonic):
    clock = VirtualClock(0, speed=10, monotonic=real)
    real.seconds += 1
    clock.set_speed(1)
    assert (clock.now_ms(), clock.speed) == (10_000, 1)
    real.seconds += 1
    assert clock.now_ms() == 11_000


def test_a_stopped_clock_stands_still_until_it_is_stepped(real: Monotonic):
    clock = VirtualClock(5_000, speed=0, monotonic=real)
    real.seconds += 3600
    assert clock.now_ms() == 5_000
    clock.step(-1_000)
    assert clock.now_ms() == 4_000


def test_a_jump_keeps_the_speed(real: Monotonic):
    clock = VirtualClock(0, speed=2, monotonic=real)
    clock.jump_to(1_000_000)
    real.seconds += 1
    assert clock.now_ms() == 1_002_000
