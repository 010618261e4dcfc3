"""ccxt, the most used client of all, understands the simulator without a change."""

import time
from typing import Any

import ccxt
import pytest
import requests

pytestmark = pytest.mark.proof

HOUR_MS = 3_600_000


@pytest.fixture
def client(exchange: str) -> ccxt.binance:
    hosts = {
        "public": f"{exchange}/api/v3",
        "fapiPublic": f"{exchange}/fapi/v1",
        "fapiPublicV2": f"{exchange}/fapi/v2",
        "dapiPublic": f"{exchange}/dapi/v1",
    }
    types = {"fetchMarkets": {"types": ["spot", "linear", "inverse"]}}
    return ccxt.binance({"urls": {"api": hosts}, "options": types, "enableRateLimit": False})


def script(exchange: str, **fault: Any) -> None:
    requests.post(f"{exchange}/_sim/faults", json=fault, timeout=10).raise_for_status()


def test_load_markets_finds_both_markets(client: ccxt.binance):
    markets = client.load_markets()
    spot = [market for market in markets.values() if market["spot"] and market["active"]]
    perpetuals = [market for market in markets.values() if market["swap"] and market["active"]]
    assert len(spot) >= 60
    assert len(perpetuals) >= 60
    assert markets["BTC/USDT:USDT"]["linear"]
    assert markets["MATIC/USDT"]["active"] is False
    assert "币安人生/USDT:USDT" in markets
    assert markets["BTC/USDT:USDT-261225"]["future"]


def test_precision_and_limits_come_from_the_filters(client: ccxt.binance):
    market = client.load_markets()["BTC/USDT"]
    assert market["precision"]["price"] == 0.1
    assert market["precision"]["amount"] == 0.00001
    assert market["limits"]["cost"]["min"] == 5.0


@pytest.mark.parametrize("symbol", ["BTC/USDT", "BTC/USDT:USDT", "币安人生/USDT:USDT"])
def test_fetch_ohlcv_returns_consecutive_candles(client: ccxt.binance, symbol: str):
    candles = client.fetch_ohlcv(symbol, "1h", limit=400)
    times = [candle[0] for candle in candles]
    assert times == list(range(times[0], times[0] + 400 * HOUR_MS, HOUR_MS))
    assert all(low <= min(opened, close) <= max(opened, close) <= high for _, opened, high, low, close, _ in candles)


def test_fetch_ohlcv_pages_by_since(client: ccxt.binance):
    since = client.milliseconds() // HOUR_MS * HOUR_MS - 100 * HOUR_MS
    candles = client.fetch_ohlcv("ETH/USDT", "1h", since=since, limit=10)
    assert [candle[0] for candle in candles] == [since + step * HOUR_MS for step in range(10)]


def test_fetch_tickers_of_several_and_of_all(client: ccxt.binance):
    assert set(client.fetch_tickers(["BTC/USDT", "ETH/USDT"])) == {"BTC/USDT", "ETH/USDT"}
    tickers = client.fetch_tickers()
    assert len(tickers) >= 60
    assert all(ticker["low"] <= ticker["last"] <= ticker["high"] for ticker in tickers.values())


def test_the_last_trade_is_the_ticker_and_the_open_candle(client: ccxt.binance, exchange: str):
    requests.post(f"{exchange}/_sim/clock", json={"speed": 0}, timeout=10)
    try:
        last = client.fetch_trades("BTC/USDT", limit=5)[-1]["price"]
        assert client.fetch_ticker("BTC/USDT")["last"] == last
        assert client.fetch_ohlcv("BTC/USDT", "1m", limit=1)[0][4] == last
    finally:
        requests.post(f"{exchange}/_sim/clock", json={"speed": 1}, timeout=10)


def test_an_unknown_symbol_is_bad_symbol(client: ccxt.binance):
    client.load_markets()
    with pytest.raises(ccxt.BadSymbol):
        client.public_get_klines({"symbol": "NOPEUSDT", "interval": "1h"})
    with pytest.raises(ccxt.BadSymbol):
        client.fapipublic_get_klines({"symbol": "NOPEUSDT", "interval": "1h"})


@pytest.mark.parametrize("kind", ["rate_limited", "banned"])
def test_limits_and_bans_are_ddos_protection(client: ccxt.binance, exchange: str, kind: str):
    script(exchange, kind=kind, path="/api/v3/time")
    with pytest.raises(ccxt.DDoSProtection):
        client.fetch_time()


def test_used_up_weight_is_ddos_protection(client: ccxt.binance, exchange: str):
    if time.time() % 60 > 57:
        time.sleep(4)  # the count starts anew with every minute
    requests.post(f"{exchange}/_sim/state", json={"used_weight": {"spot": 6000}}, timeout=10)
    with pytest.raises(ccxt.DDoSProtection):
        client.fetch_time()


def test_a_server_error_without_json_is_exchange_not_available(client: ccxt.binance, exchange: str):
    script(exchange, kind="error_text", path="/api/v3/time", status=503)
    with pytest.raises(ccxt.ExchangeNotAvailable):
        client.fetch_time()


def test_a_server_error_with_a_code_is_operation_failed(client: ccxt.binance, exchange: str):
    script(exchange, kind="error_json", path="/api/v3/time", status=503)
    with pytest.raises(ccxt.OperationFailed):
        client.fetch_time()


def test_a_dropped_connection_is_a_network_error(client: ccxt.binance, exchange: str):
    script(exchange, kind="drop_connection", path="/api/v3/time")
    with pytest.raises(ccxt.NetworkError):
        client.fetch_time()
