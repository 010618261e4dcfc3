"""Which candles are stored: runs found by the database equal runs found by counting."""

import random
from collections.abc import Iterable

import pytest

from monitor.domain.enums import Interval, MarketType
from monitor.domain.intervals import Span, from_milliseconds
from monitor.models import Instrument
from monitor.selectors.klines import confirmed_gaps, stored_runs
from monitor.services.kline_store import store_klines
from tests.conftest import NOW_MS
from tests.factories.monitor import InstrumentFactory, KlineGapFactory, SpotInstrumentFactory
from tests.integration.monitor.candles import candle

pytestmark = pytest.mark.django_db

H1 = Interval.H1
STEP = H1.milliseconds
WINDOW = (NOW_MS, NOW_MS + 60 * STEP)


def at(number: int) -> int:
    return NOW_MS + number * STEP


def store(instrument: Instrument, numbers: Iterable[int], interval: Interval = H1) -> None:
    store_klines(instrument.pk, interval, [candle(NOW_MS + n * interval.milliseconds, interval) for n in numbers])


def runs(window: Span = WINDOW, symbol: str | None = None) -> dict[int, list[Span]]:
    return stored_runs("binance", MarketType.SPOT, H1, window, symbol)


def counted(numbers: Iterable[int]) -> list[Span]:
    found: list[Span] = []
    for number in sorted(numbers):
        if found and found[-1][1] == at(number - 1):
            found[-1] = (found[-1][0], at(number))
        else:
            found.append((at(number), at(number)))
    return found


@pytest.mark.parametrize("seed", range(5))
def test_runs_equal_counting(seed: int) -> None:
    dice = random.Random(seed)
    expected = {}
    for _ in range(6):
        instrument, numbers = SpotInstrumentFactory(), dice.sample(range(-5, 66), dice.randint(1, 65))
        store(instrument, numbers)
        inside = [number for number in numbers if 0 <= number <= 60]
        if inside:
            expected[instrument.pk] = counted(inside)
    assert runs() == expected


def test_other_intervals_markets_and_delisted_instruments_are_not_seen() -> None:
    btc = SpotInstrumentFactory(symbol="BTCUSDT")
    store(btc, [1, 2])
    store(btc, [1], Interval.H4)
    store(InstrumentFactory(symbol="BTCUSDT"), [5])
    store(SpotInstrumentFactory(status="delisted"), [6])
    store(SpotInstrumentFactory(symbol="ETHUSDT"), [7])
    assert runs(symbol="BTCUSDT") == {btc.pk: [(at(1), at(2))]}


def test_the_number_of_queries_is_one_however_many_instruments(django_assert_num_queries) -> None:
    for _ in range(30):
        store(SpotInstrumentFactory(), [1, 2, 5])
    with django_assert_num_queries(1):
        assert len(runs()) == 30


def test_gaps_that_touch_the_window_are_seen() -> None:
    instrument = SpotInstrumentFactory()
    for first, last in ((-9, -5), (-2, 3), (10, 12), (58, 70), (80, 90)):
        KlineGapFactory(
            instrument=instrument,
            interval=H1.value,
            first_open_time=from_milliseconds(at(first)),
            last_open_time=from_milliseconds(at(last)),
        )
    expected = [(at(-2), at(3)), (at(10), at(12)), (at(58), at(70))]
    assert confirmed_gaps("binance", MarketType.SPOT, H1, WINDOW) == {instrument.pk: expected}
