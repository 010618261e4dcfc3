"""Drives the official SDK against the exchange named on the command line; prints what it understood as JSON."""

import json
import sys
import urllib.request

from binance_common.configuration import ConfigurationRestAPI
from binance_common.errors import BadRequestError, RateLimitBanError, ServerError, TooManyRequestsError
from binance_sdk_derivatives_trading_usds_futures.derivatives_trading_usds_futures import (
    DerivativesTradingUsdsFutures,
)
from binance_sdk_spot.spot import Spot

BASE = sys.argv[1]


def configuration(**extra):
    """Our base path, no waiting between retries."""
    return ConfigurationRestAPI(base_path=BASE, timeout=5000, retries=1, backoff=1, **extra)


def script_fault(**rule):
    """Put one fault in force in place of the others; the SDK repeats what failed, so it stays."""
    for method, body in (("DELETE", None), ("POST", json.dumps(rule).encode())):
        urllib.request.urlopen(urllib.request.Request(f"{BASE}/_sim/faults", data=body, method=method))  # noqa: S310


def refusal(call):
    """Name and text of the error a call ends in."""
    try:
        call()
    except (BadRequestError, RateLimitBanError, ServerError, TooManyRequestsError) as error:
        return [type(error).__name__, str(error)]
    return None


def spoiled(**rule):
    """The error that a scripted fault becomes."""
    script_fault(path="/api/v3/time", **rule)
    return refusal(lambda: spot.time().data())


spot = Spot(config_rest_api=configuration()).rest_api
in_microseconds = Spot(config_rest_api=configuration(time_unit="MICROSECOND")).rest_api
futures = DerivativesTradingUsdsFutures(config_rest_api=configuration()).rest_api
info = spot.exchange_info().data()
spot_klines = spot.klines(symbol="BTCUSDT", interval="1h", limit=50).data()
ticker = spot.ticker24hr(symbol="ETHUSDT").data()
futures_klines = futures.kline_candlestick_data(symbol="BTCUSDT", interval="4h", limit=99).data()
sys.stdout.write(
    json.dumps(
        {
            "server_time": spot.time().data().server_time,
            "server_time_us": in_microseconds.time().data().server_time,
            "spot_symbols": [symbol.symbol for symbol in info.symbols],
            "futures_symbols": [s.symbol for s in futures.exchange_information().data().symbols],
            "klines": len(spot_klines),
            "futures_klines": len(futures_klines),
            "ticker_symbol": ticker.actual_instance.symbol if hasattr(ticker, "actual_instance") else ticker.symbol,
            "bad_symbol": refusal(lambda: spot.klines(symbol="NOPEUSDT", interval="1h").data()),
            "rate_limited": spoiled(kind="rate_limited", retry_after=1),
            "banned": spoiled(kind="banned", retry_after=1),
            "broken": spoiled(kind="error_json", status=500),
        }
    )
)
