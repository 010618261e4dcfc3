"""Drives python-binance against the exchange named on the command line; prints what it understood as JSON."""

import asyncio
import json
import sys

from binance import AsyncClient, Client
from binance.exceptions import BinanceAPIException

BASE = sys.argv[1]


class LocalClient(Client):
    """The documented way to another host: class attributes."""

    API_URL = BASE + "/api"
    FUTURES_URL = BASE + "/fapi"
    FUTURES_DATA_URL = BASE + "/futures/data"
    MARGIN_API_URL = BASE + "/sapi"
    WEBSITE_URL = BASE


class LocalAsyncClient(AsyncClient):
    """The same for asyncio."""

    API_URL = BASE + "/api"
    FUTURES_URL = BASE + "/fapi"


def refusal(call):
    """Status, code and message of a refused call."""
    try:
        call()
    except BinanceAPIException as error:
        return [error.status_code, error.code, error.message]
    return None


async def asynchronous():
    """The asynchronous client: it asks for the server's time when it starts."""
    client = await LocalAsyncClient.create()
    try:
        return len(await client.get_klines(symbol="BTCUSDT", interval="1h", limit=7))
    finally:
        await client.close_connection()


client = LocalClient()
history = client.get_historical_klines("BTCUSDT", "1d", "400 days ago UTC")
sys.stdout.write(
    json.dumps(
        {
            "server_time": client.get_server_time()["serverTime"],
            "spot_symbols": [s["symbol"] for s in client.get_exchange_info()["symbols"]],
            "symbol_info": client.get_symbol_info("POLUSDT")["filters"][0],
            "futures_symbols": [s["symbol"] for s in client.futures_exchange_info()["symbols"]],
            "klines": client.get_klines(symbol="ETHUSDT", interval="4h", limit=1000),
            "history": [row[0] for row in history],
            "futures_klines": client.futures_klines(symbol="币安人生USDT", interval="1h", limit=20),
            "tickers": len(client.get_all_tickers()),
            "ticker": client.get_ticker(symbol="BTCUSDT"),
            "futures_tickers": len(client.futures_ticker()),
            "aggregates": client.get_aggregate_trades(symbol="BTCUSDT", limit=30),
            "bad_symbol": refusal(lambda: client.get_klines(symbol="NOPEUSDT", interval="1h")),
            "bad_interval": refusal(lambda: client.futures_klines(symbol="BTCUSDT", interval="7h")),
            "used_weight": client.response.headers["x-mbx-used-weight-1m"],
            "asynchronous": asyncio.run(asynchronous()),
        }
    )
)
