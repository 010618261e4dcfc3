"""The USDT-M futures host: /fapi market data, and an empty COIN-M listing."""

from typing import Final

from simulator.depth import futures_depth
from simulator.errors import ApiError
from simulator.exchange_info import futures_exchange_info
from simulator.market.intervals import DAY_MS, HOUR_MS, INTERVALS
from simulator.market.source import KlineQuery, Listing, TapeQuery, Ticker
from simulator.routes import Call, OneRow, Route, by_limit, by_symbol, flat
from simulator.tickers import change_fields, day_start_ms

MOST_KLINES: Final = 1500
MOST_TRADES: Final = 1000
FUTURES_INTERVALS: Final = tuple(interval for interval in INTERVALS if interval != "1s")
_FUNDING_EVERY_MS: Final = 8 * HOUR_MS
_RATE: Final = "0.00010000"


def ping(_call: Call) -> object:
    """Nothing, quickly."""
    return {}


def server_time(call: Call) -> object:
    """The exchange's clock."""
    return {"serverTime": call.now_ms}


def klines(call: Call) -> object:
    """Candles of a contract."""
    return _klines(call, call.params.symbol())


def continuous_klines(call: Call) -> object:
    """Candles of a pair and contract type."""
    pair = call.params.checked_symbol(call.params.required("pair"))
    contract_type = call.params.required("contractType")
    for listing in call.source.listings("futures", call.now_ms):
        if listing.contract_type == contract_type and listing.symbol.partition("_")[0] == pair:
            return _klines(call, listing.symbol)
    raise ApiError(-1121, "Invalid symbol.")


def _klines(call: Call, symbol: str) -> object:
    params = call.params
    query = KlineQuery(
        market="futures",
        symbol=symbol,
        interval=params.interval(FUTURES_INTERVALS),
        start_ms=params.time_ms("startTime"),
        end_ms=params.time_ms("endTime"),
        limit=params.limit(500, MOST_KLINES, capped=False),
    )
    call.listed(symbol)
    return call.source.klines(query, call.now_ms)


def price(call: Call) -> object:
    """Last prices."""

    def one(listing: Listing) -> dict[str, object] | None:
        last = call.source.last_price("futures", listing.symbol, call.now_ms)
        return None if last is None else {"symbol": listing.symbol, "price": last, "time": call.now_ms}

    return _one_or_all(call, one)


def book_ticker(call: Call) -> object:
    """Best bid and ask."""

    def one(listing: Listing) -> dict[str, object] | None:
        day = _day(call, listing)
        if day is None:
            return None
        return {
            "symbol": day.symbol,
            "bidPrice": day.bid_price,
            "bidQty": day.book_quantity,
            "askPrice": day.ask_price,
            "askQty": day.book_quantity,
            "time": call.now_ms,
            "lastUpdateId": day.last_id,
        }

    return _one_or_all(call, one)


def day_ticker(call: Call) -> object:
    """Statistics of the last 24 hours."""

    def one(listing: Listing) -> dict[str, object] | None:
        day = _day(call, listing)
        return None if day is None else _statistics(day)

    return _one_or_all(call, one)


def premium_index(call: Call) -> object:
    """Mark price and funding; the mark is the last price and funding is constant here."""

    def one(listing: Listing) -> dict[str, object] | None:
        last = call.source.last_price("futures", listing.symbol, call.now_ms)
        if last is None:
            return None
        perpetual = listing.contract_type != "CURRENT_QUARTER"
        return {
            "symbol": listing.symbol,
            "markPrice": last,
            "indexPrice": last,
            "estimatedSettlePrice": last,
            "lastFundingRate": _RATE if perpetual else "",
            "interestRate": _RATE if perpetual else "",
            "nextFundingTime": (call.now_ms // _FUNDING_EVERY_MS + 1) * _FUNDING_EVERY_MS if perpetual else 0,
            "time": call.now_ms,
        }

    return _one_or_all(call, one)


def open_interest(call: Call) -> object:
    """Contracts held open: invented, constant."""
    listing = call.listed(call.params.symbol())
    return {"openInterest": "10000" if listing.is_trading else "0", "symbol": listing.symbol, "time": call.now_ms}


def funding_info(call: Call) -> object:
    """Bounds and period of the funding rates."""
    return [
        {
            "symbol": listing.symbol,
            "adjustedFundingRateCap": "0.02000000",
            "adjustedFundingRateFloor": "-0.02000000",
            "fundingIntervalHours": _FUNDING_EVERY_MS // HOUR_MS,
            "disclaimer": False,
            "updateTime": None,
        }
        for listing in call.trading()
    ]


def funding_rates(call: Call) -> object:
    """The constant rate of every eight hours; the mark price is empty, as it may be on the exchange."""
    params = call.params
    symbol = params.symbol()
    limit = params.limit(100, MOST_TRADES, capped=False)
    start, end = params.time_ms("startTime"), params.time_ms("endTime")
    listing = call.listed(symbol)
    last = min(end or call.now_ms, call.now_ms) // _FUNDING_EVERY_MS
    first = last - limit + 1 if start is None else -(-start // _FUNDING_EVERY_MS)
    first = max(first, listing.onboard_ms // _FUNDING_EVERY_MS + 1)
    return [
        {"symbol": symbol, "fundingRate": _RATE, "fundingTime": number * _FUNDING_EVERY_MS, "markPrice": ""}
        for number in range(first, min(last, first + limit - 1) + 1)
    ]


def trades(call: Call) -> object:
    """The newest prints."""
    params = call.params
    query = TapeQuery(market="futures", symbol=params.symbol(), limit=params.limit(500, MOST_TRADES, capped=False))
    call.listed(query.symbol)
    return [
        {
            "id": trade.trade_id,
            "price": trade.price,
            "qty": trade.quantity,
            "quoteQty": trade.quote_quantity,
            "time": trade.traded_ms,
            "isBuyerMaker": trade.buyer_is_maker,
            "isRPITrade": False,
        }
        for trade in call.source.trades(query, call.now_ms)
    ]


def agg_trades(call: Call) -> object:
    """Prints joined per taker order."""
    params = call.params
    query = TapeQuery(
        market="futures",
        symbol=params.symbol(),
        from_id=params.number("fromId"),
        start_ms=params.time_ms("startTime"),
        end_ms=params.time_ms("endTime"),
        limit=params.limit(500, MOST_TRADES, capped=False),
    )
    call.listed(query.symbol)
    if query.start_ms is not None and query.start_ms < call.now_ms - 2 * DAY_MS:
        raise ApiError(-4166, "Search window is restricted to recent 2 days only.")
    return [
        {
            "a": trade.agg_id,
            "p": trade.price,
            "q": trade.quantity,
            "nq": trade.quantity,
            "f": trade.first_id,
            "l": trade.last_id,
            "T": trade.traded_ms,
            "m": trade.buyer_is_maker,
        }
        for trade in call.source.agg_trades(query, call.now_ms)
    ]


def coin_margined_exchange_info(call: Call) -> object:
    """No COIN-M contracts: enough for clients that load every listing."""
    return {
        "timezone": "UTC",
        "serverTime": call.now_ms,
        "rateLimits": [],
        "exchangeFilters": [],
        "symbols": [],
    }


def _one_or_all(call: Call, one: OneRow) -> object:
    symbol = call.params.optional_symbol()
    if symbol is None:
        return [row for row in map(one, call.trading()) if row is not None]
    row = one(call.listed(symbol))
    return [] if row is None else row


def _day(call: Call, listing: Listing) -> Ticker | None:
    return call.source.ticker("futures", listing.symbol, day_start_ms(call.now_ms), call.now_ms)


def _statistics(day: Ticker) -> dict[str, object]:
    return {
        "symbol": day.symbol,
        **change_fields(day),
        "lastPrice": day.last_price,
        "lastQty": day.last_quantity,
        "openPrice": day.open_price,
        "highPrice": day.high_price,
        "lowPrice": day.low_price,
        "volume": day.volume,
        "quoteVolume": day.quote_volume,
        "openTime": day.open_ms,
        "closeTime": day.close_ms,
        "firstId": day.first_id,
        "lastId": day.last_id,
        "count": day.count,
    }


_KLINE_WEIGHT: Final = by_limit(((100, 1), (500, 2), (1000, 5)), above=10, omitted=5)
_DEPTH_WEIGHT: Final = by_limit(((50, 2), (100, 5), (500, 10)), above=20, omitted=1)

ROUTES: Final = {
    "/fapi/v1/ping": Route(ping, flat(1)),
    "/fapi/v1/time": Route(server_time, flat(1)),
    "/fapi/v1/exchangeInfo": Route(futures_exchange_info, flat(1)),
    "/fapi/v1/klines": Route(klines, _KLINE_WEIGHT),
    "/fapi/v1/continuousKlines": Route(continuous_klines, _KLINE_WEIGHT),
    "/fapi/v1/ticker/price": Route(price, by_symbol(1, 2)),
    "/fapi/v2/ticker/price": Route(price, by_symbol(1, 2)),
    "/fapi/v1/ticker/bookTicker": Route(book_ticker, by_symbol(2, 5)),
    "/fapi/v1/ticker/24hr": Route(day_ticker, by_symbol(1, 40)),
    "/fapi/v1/premiumIndex": Route(premium_index, by_symbol(1, 10)),
    "/fapi/v1/depth": Route(futures_depth, _DEPTH_WEIGHT),
    "/fapi/v1/openInterest": Route(open_interest, flat(1)),
    "/fapi/v1/fundingInfo": Route(funding_info, flat(0)),
    "/fapi/v1/fundingRate": Route(funding_rates, flat(0)),
    "/fapi/v1/trades": Route(trades, flat(5)),
    "/fapi/v1/aggTrades": Route(agg_trades, flat(20)),
    "/dapi/v1/exchangeInfo": Route(coin_margined_exchange_info, flat(1)),
}
