"""``fetch_spot_contracts`` and ``fetch_futures_contracts`` against an exchange on a socket."""

import json
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from monitor.management.base import EXIT_FAILED, EXIT_USAGE
from monitor.models import Exchange, FuturesContract, Instrument, SpotContract
from monitor.services.exchange_clients import client_for
from tests.conftest import free_port
from tests.factories.monitor import ExchangeFactory, InstrumentFactory, SpotInstrumentFactory
from tests.wire.exchange import StubExchange
from tests.wire.payloads import futures_symbol, spot_symbol

pytestmark = pytest.mark.django_db

MANY = [f"COIN{number}USDT" for number in range(30)]


def fetch(market: str = "spot", **options: Any) -> dict[str, Any]:
    """Run the command; its JSON."""
    out = StringIO()
    call_command(f"fetch_{market}_contracts", **{"exchange": "binance", **options}, json=True, stdout=out)
    return json.loads(out.getvalue())


def failing(market: str = "spot", **options: Any) -> CommandError:
    with pytest.raises(CommandError) as caught:
        fetch(market, **options)
    return caught.value


@pytest.mark.requirement("VT-U1")
@pytest.mark.requirement("P0-3")
def test_the_first_run_stores_every_listed_pair_with_sizes_and_price(exchange: StubExchange) -> None:
    counts = fetch()["counts"]
    assert (counts["new"], counts["updated"], counts["delisted"]) == (2, 0, 0)
    pair = SpotContract.objects.get(symbol="BTCUSDT")
    assert (pair.base_asset, pair.quote_asset, pair.status) == ("BTC", "USDT", "active")
    assert (pair.tick_size, pair.step_size, pair.min_notional) == (Decimal("0.01"), Decimal("0.00001"), Decimal(5))
    assert pair.current_price == Decimal("100.5")
    assert pair.exchange.code == "binance"


def test_futures_contracts_are_a_market_of_their_own(exchange: StubExchange) -> None:
    fetch("futures")
    assert FuturesContract.objects.count() == 2
    assert SpotContract.objects.count() == 0
    assert {request.path for request in exchange.requests} == {"/fapi/v1/exchangeInfo", "/fapi/v1/ticker/price"}


@pytest.mark.requirement("P0-3")
def test_a_second_run_of_an_unchanged_listing_changes_nothing(exchange: StubExchange) -> None:
    fetch()
    before = list(Instrument.objects.values())
    counts = fetch()["counts"]
    assert (counts["new"], counts["updated"], counts["delisted"], counts["relisted"]) == (0, 0, 0, 0)
    assert list(Instrument.objects.values()) == before


@pytest.mark.requirement("P0-3")
def test_a_changed_price_updates_that_pair_only(exchange: StubExchange) -> None:
    fetch()
    first_seen = Instrument.objects.get(symbol="BTCUSDT").first_seen
    exchange.prices = [{"symbol": "BTCUSDT", "price": "0.00000012"}, {"symbol": "ETHUSDT", "price": "100.50"}]
    assert fetch()["counts"]["updated"] == 1
    pair = Instrument.objects.get(symbol="BTCUSDT")
    assert pair.current_price == Decimal("0.00000012")
    assert pair.first_seen == first_seen
    assert pair.last_updated > first_seen


@pytest.mark.requirement("P0-3")
def test_a_pair_that_is_gone_becomes_delisted_and_active_again_when_it_returns(exchange: StubExchange) -> None:
    fetch()
    exchange.symbols.remove("ETHUSDT")
    assert fetch()["counts"]["delisted"] == 1
    assert Instrument.objects.get(symbol="ETHUSDT").status == "delisted"
    assert fetch()["counts"]["delisted"] == 0
    exchange.symbols.append("ETHUSDT")
    counts = fetch()["counts"]
    assert (counts["relisted"], counts["new"]) == (1, 0)
    assert Instrument.objects.get(symbol="ETHUSDT").status == "active"


def test_a_settling_perpetual_becomes_delisted(exchange: StubExchange) -> None:
    fetch("futures")
    exchange.entries = [futures_symbol("BTCUSDT"), futures_symbol("ETHUSDT", status="SETTLING")]
    fetch("futures")
    assert FuturesContract.objects.get(symbol="ETHUSDT").status == "delisted"


def test_the_other_market_is_never_delisted(exchange: StubExchange) -> None:
    InstrumentFactory(symbol="GONEUSDT")
    fetch("spot")
    assert FuturesContract.objects.get().status == "active"


def test_an_imported_pair_without_details_gets_them(exchange: StubExchange) -> None:
    SpotInstrumentFactory(symbol="BTCUSDT", base_asset="", quote_asset="", tick_size=None, step_size=None)
    assert fetch()["counts"]["updated"] == 1
    assert SpotContract.objects.get(symbol="BTCUSDT").display_symbol == "BTC/USDT"


def test_a_chinese_named_symbol_is_stored_as_it_is(exchange: StubExchange) -> None:
    exchange.symbols.append("币安人生USDT")
    fetch("futures")
    assert FuturesContract.objects.filter(symbol="币安人生USDT").exists()


def test_a_missing_field_skips_that_instrument_and_the_run_goes_on(exchange: StubExchange) -> None:
    exchange.symbols = list(MANY)
    fetch()
    broken = spot_symbol("COIN7USDT")
    del broken["filters"]
    exchange.entries = [spot_symbol(symbol) for symbol in MANY if symbol != "COIN7USDT"] + [broken]
    result = fetch()
    assert result["outcome"] == "succeeded"
    assert [failure["symbol"] for failure in result["failures"]] == ["COIN7USDT"]
    assert "filters" in result["failures"][0]["message"]
    assert SpotContract.objects.get(symbol="COIN7USDT").status == "active"


def test_an_entry_without_a_name_delists_nothing(exchange: StubExchange) -> None:
    exchange.symbols = list(MANY)
    fetch()
    exchange.entries = [*(spot_symbol(symbol) for symbol in MANY[1:]), {"status": "TRADING"}]
    assert fetch()["counts"]["delisted"] == 0
    assert SpotContract.objects.filter(status="active").count() == 30


@pytest.mark.parametrize("left", [0, 2])
def test_an_absurdly_small_listing_delists_nothing_and_fails(exchange: StubExchange, left: int) -> None:
    exchange.symbols = list(MANY)
    fetch()
    exchange.symbols = MANY[:left]
    error = failing()
    assert error.returncode == EXIT_FAILED
    assert f"names {left} instruments where 30 are active" in str(error)
    assert SpotContract.objects.filter(status="active").count() == 30


def test_without_prices_the_listing_is_stored_and_old_prices_stay(exchange: StubExchange) -> None:
    exchange.symbols = list(MANY)
    fetch()
    exchange.symbols.append("NEWUSDT")
    exchange.prices = {"code": -1, "msg": "nothing"}
    result = fetch()
    assert result["counts"]["new"] == 1
    assert "prices were not updated" in result["failures"][0]["message"]
    assert SpotContract.objects.get(symbol="COIN1USDT").current_price == Decimal("100.5")


def test_all_exchanges_are_the_ones_there_is_a_client_for(exchange: StubExchange) -> None:
    call_command("fetch_spot_contracts", "--all", stdout=StringIO())
    assert list(Exchange.objects.values_list("code", "name")) == [("binance", "Binance")]
    assert SpotContract.objects.count() == 2


@pytest.mark.requirement("VT-U1")
def test_the_summary_tells_a_person_the_counts(exchange: StubExchange) -> None:
    out = StringIO()
    call_command("fetch_spot_contracts", exchange="binance", stdout=out)
    assert "new 2, updated 0, delisted 0" in out.getvalue()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"exchange": None}, "--exchange binance"),
        ({"exchange": "binance", "all": True}, "--exchange binance"),
        ({"exchange": "okx"}, "unknown exchange 'okx': use --exchange binance, or --all"),
    ],
    ids=str,
)
@pytest.mark.parametrize("market", ["spot", "futures"])
def test_wrong_usage_is_one_line_that_says_what_would_be_right(market: str, options: dict[str, Any], says: str) -> None:
    error = failing(market, **options)
    assert error.returncode == EXIT_USAGE
    assert says in str(error)
    assert "\n" not in str(error)


@pytest.mark.parametrize("command", ["fetch_spot_contracts", "fetch_futures_contracts", "update_klines"])
def test_an_exchange_that_is_switched_off_is_not_asked(exchange: StubExchange, command: str) -> None:
    ExchangeFactory(enabled=False)
    words = ["--interval", "1h", "--market-type", "spot"] if command == "update_klines" else ["--all"]
    with pytest.raises(CommandError, match="switched off: enable it in the admin") as caught:
        call_command(command, *words, stdout=StringIO())
    assert caught.value.returncode == EXIT_FAILED
    assert exchange.requests == []


def test_an_unreachable_exchange_is_one_line_and_code_1(settings: Any) -> None:
    settings.BINANCE_SPOT_URL = f"http://127.0.0.1:{free_port()}"
    error = failing()
    assert error.returncode == EXIT_FAILED
    assert "cannot be reached" in str(error)
    assert "\n" not in str(error)
    assert Instrument.objects.count() == 0


@pytest.mark.parametrize("body", [b"<html>maintenance</html>", b'{"symbols":{}}', b'{"symbols":[{"symbol":"BTC'])
def test_a_damaged_listing_changes_nothing(exchange: StubExchange, body: bytes) -> None:
    fetch()
    exchange.fault = lambda request: (200, {}, body) if request.path.endswith("exchangeInfo") else None
    assert failing().returncode == EXIT_FAILED
    assert SpotContract.objects.filter(status="active").count() == 2


def test_the_number_of_queries_does_not_grow_with_the_listing(
    exchange: StubExchange, django_assert_max_num_queries: Any
) -> None:
    exchange.symbols = [f"C{number}USDT" for number in range(400)]
    with django_assert_max_num_queries(25):
        fetch()


def test_alpha_has_no_client_here() -> None:
    from monitor.domain.enums import MarketType

    with pytest.raises(ValueError, match="spot or futures"):
        client_for(MarketType.ALPHA)
