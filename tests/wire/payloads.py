"""The shapes of Binance's market data, as its public documentation describes them."""

from typing import Any

from monitor.domain.enums import Interval


def spot_symbol(symbol: str, **changes: Any) -> dict[str, Any]:
    """One entry of the spot listing."""
    entry = {
        "symbol": symbol,
        "status": "TRADING",
        "baseAsset": symbol.removesuffix("USDT"),
        "baseAssetPrecision": 8,
        "quoteAsset": "USDT",
        "quotePrecision": 8,
        "orderTypes": ["LIMIT", "LIMIT_MAKER", "MARKET"],
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False,
        "filters": [
            {"filterType": "PRICE_FILTER", "minPrice": "0.01", "maxPrice": "1000000", "tickSize": "0.01000000"},
            {"filterType": "LOT_SIZE", "minQty": "0.00001", "maxQty": "9000", "stepSize": "0.00001000"},
            {"filterType": "ICEBERG_PARTS", "limit": 100},
            {"filterType": "NOTIONAL", "minNotional": "5.00000000", "applyMinToMarket": True, "avgPriceMins": 5},
        ],
        "permissions": [],
        "permissionSets": [["SPOT", "MARGIN"]],
    }
    return {**entry, **changes}


def futures_symbol(symbol: str, **changes: Any) -> dict[str, Any]:
    """One entry of the USDT-M listing."""
    entry = {
        "symbol": symbol,
        "pair": symbol,
        "contractType": "PERPETUAL",
        "deliveryDate": 4133404800000,
        "onboardDate": 1567965300000,
        "status": "TRADING",
        "baseAsset": symbol.removesuffix("USDT"),
        "quoteAsset": "USDT",
        "marginAsset": "USDT",
        "pricePrecision": 2,
        "quantityPrecision": 3,
        "underlyingType": "COIN",
        "filters": [
            {"filterType": "PRICE_FILTER", "tickSize": "0.10", "minPrice": "261.10", "maxPrice": "809484"},
            {"stepSize": "0.001", "filterType": "LOT_SIZE", "maxQty": "1000", "minQty": "0.001"},
            {"stepSize": "1", "filterType": "MARKET_LOT_SIZE", "maxQty": "120", "minQty": "0.001"},
            {"notional": "50", "filterType": "MIN_NOTIONAL"},
        ],
    }
    return {**entry, **changes}


def kline_row(open_time_ms: int, interval: Interval, **changes: Any) -> list[Any]:
    """One candle of twelve elements; ``changes`` by short name."""
    values = {
        "open_time": open_time_ms,
        "open": "100.00000000",
        "high": "110.00000000",
        "low": "90.00000000",
        "close": "105.00000000",
        "volume": "1000.00000000",
        "close_time": open_time_ms + interval.milliseconds - 1,
        "quote_volume": "100000.00000000",
        "trade_count": 50,
        "taker_buy_volume": "500.00000000",
        "taker_buy_quote_volume": "50000.00000000",
        "ignore": "0",
    }
    unknown = changes.keys() - values.keys()
    assert not unknown, unknown
    return list({**values, **changes}.values())


def kline_rows(first_open_ms: int, count: int, interval: Interval) -> list[list[Any]]:
    """Consecutive candles."""
    return [kline_row(first_open_ms + n * interval.milliseconds, interval) for n in range(count)]
