"""The weight ledger: minutes, refusals, bans."""

import pytest

from simulator.weights import FIRST_BAN_SECONDS, REFUSALS_BEFORE_BAN, WeightExceeded, WeightLedger

pytestmark = pytest.mark.unit

MINUTE_START = 1_767_225_600.0


class Wall:
    def __init__(self) -> None:
        self.seconds = MINUTE_START + 10

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def ledger(wall: Wall) -> WeightLedger:
    return WeightLedger(100, wall)


def refused(ledger: WeightLedger, client: str = "a") -> WeightExceeded:
    with pytest.raises(WeightExceeded) as caught:
        ledger.charge(client, 1)
    return caught.value


def test_weights_of_a_minute_add_up_per_client(ledger: WeightLedger):
    ledger.charge("a", 40)
    assert ledger.charge("a", 2) == 42
    assert ledger.charge("b", 1) == 1


def test_the_count_starts_anew_with_the_utc_minute_not_after_sixty_seconds(ledger: WeightLedger, wall: Wall):
    ledger.charge("a", 100)
    wall.seconds = MINUTE_START + 59.9
    assert refused(ledger).status == 429
    wall.seconds = MINUTE_START + 60
    assert ledger.charge("a", 1) == 1


def test_above_the_limit_it_says_429_and_when_the_minute_ends(ledger: WeightLedger):
    ledger.charge("a", 100)
    error = refused(ledger)
    assert (error.status, error.code, error.retry_after) == (429, -1003, 51)
    assert "current limit is 100 request weight per 1 MINUTE" in error.message


def test_who_does_not_stop_is_banned_and_longer_each_time(ledger: WeightLedger, wall: Wall):
    lengths = []
    for _ in range(3):
        wall.seconds = (wall.seconds // 60 + 1) * 60
        ledger.charge("a", 100)
        errors = [refused(ledger) for _ in range(REFUSALS_BEFORE_BAN + 1)]
        assert {error.status for error in errors[:-1]} == {429}
        assert errors[-1].status == 418
        assert f"IP banned until {int((wall.seconds + errors[-1].retry_after - 1) * 1000)}" in errors[-1].message
        lengths.append(errors[-1].retry_after - 1)
        wall.seconds += errors[-1].retry_after
    assert lengths == [FIRST_BAN_SECONDS, 2 * FIRST_BAN_SECONDS, 4 * FIRST_BAN_SECONDS]


def test_a_ban_holds_over_the_minute_and_then_ends(ledger: WeightLedger, wall: Wall):
    ledger.charge("a", 100)
    for _ in range(REFUSALS_BEFORE_BAN + 1):
        refused(ledger)
    wall.seconds += 90
    assert refused(ledger).status == 418
    assert ledger.charge("b", 1) == 1
    wall.seconds += FIRST_BAN_SECONDS
    assert ledger.charge("a", 1) == 1
