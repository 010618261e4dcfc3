"""A stub exchange that the settings point to."""

from collections.abc import Iterator

import pytest

from tests.conftest import NOW_MS
from tests.wire.exchange import StubExchange, serve


@pytest.fixture
def exchange(settings) -> Iterator[StubExchange]:
    """Both markets of a small exchange on a real socket; its clock stands 25 minutes after a full day."""
    with serve(StubExchange(now_ms=NOW_MS + 25 * 60_000, symbols=["BTCUSDT", "ETHUSDT"])) as running:
        settings.BINANCE_SPOT_URL = settings.BINANCE_FUTURES_URL = running.url
        yield running
