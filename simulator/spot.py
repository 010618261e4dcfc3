"""The spot host: /api/v3 market data."""

from decimal import Decimal
from typing import Final

from simulator.depth import spot_depth
from simulator.errors import ApiError
from simulator.exchange_info import spot_exchange_info, spot_status
from simulator.market.intervals import INTERVALS, MINUTE_MS
from simulator.market.source import KlineQuery, Listing, TapeQuery, Ticker
from simulator.routes import Call, OneRow, Query, Route, by_limit, by_symbol, flat
from simulator.tickers import (
    change_fields,
    count_symbols,
    day_start_ms,
    is_mini,
    mini_fields,
    per_symbol,
    rolling_window,
    trading_day,
)

MOST_ROWS: Final = 1000


def ping(call: Call) -> object:
    """Nothing, quickly."""
    call.params.finish()
    return {}


def server_time(call: Call) -> object:
    """The exchange's clock."""
    call.params.finish()
    return {"serverTime": call.time(call.now_ms)}


def klines(call: Call) -> object:
    """Candles."""
    params = call.params
    query = KlineQuery(
        market="spot",
        symbol=params.symbol(),
        interval=params.interval(INTERVALS),
        start_ms=params.time_ms("startTime"),
        end_ms=params.time_ms("endTime"),
        limit=params.limit(500, MOST_ROWS, capped=True),
        offset_ms=params.zone_offset_ms(),
    )
    params.finish()
    call.listed(query.symbol)
    return call.rows(call.source.klines(query, call.now_ms))


def price(call: Call) -> object:
    """Last prices."""

    def one(listing: Listing) -> dict[str, object] | None:
        last = call.source.last_price("spot", listing.symbol, call.now_ms)
        return None if last is None else {"symbol": listing.symbol, "price": last}

    return _one_or_many(call, one)


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
        }

    return _one_or_many(call, one)


def day_ticker(call: Call) -> object:
    """Statistics of the last 24 hours."""
    mini = is_mini(call)

    def one(listing: Listing) -> dict[str, object] | None:
        day = _day(call, listing)
        if day is None:
            return None
        return mini_fields(call, day) if mini else _full(call, day)

    return _one_or_many(call, one)


def average_price(call: Call) -> object:
    """Average price of the last five minutes."""
    symbol = call.params.symbol()
    call.params.finish()
    listing = call.listed(symbol)
    query = KlineQuery(market="spot", symbol=symbol, interval="1m", limit=5)
    rows = call.source.klines(query, call.now_ms)
    volume = sum((Decimal(row[5]) for row in rows), Decimal(0))
    quote = sum((Decimal(row[7]) for row in rows), Decimal(0))
    average = quote / volume if volume else Decimal(rows[-1][4] if rows else 0)
    return {
        "mins": 5,
        "price": f"{average:.{max(8, listing.price_decimals)}f}",
        "closeTime": call.time(call.now_ms // MINUTE_MS * MINUTE_MS),
    }


def trades(call: Call) -> object:
    """The newest prints."""
    params = call.params
    query = TapeQuery(market="spot", symbol=params.symbol(), limit=params.limit(500, MOST_ROWS, capped=True))
    params.finish()
    return _prints(call, query)


def historical_trades(call: Call) -> object:
    """Prints from an id on."""
    params = call.params
    query = TapeQuery(
        market="spot",
        symbol=params.symbol(),
        from_id=params.number("fromId"),
        limit=params.limit(500, MOST_ROWS, capped=True),
    )
    params.finish()
    return _prints(call, query)


def agg_trades(call: Call) -> object:
    """Prints joined per taker order."""
    params = call.params
    query = TapeQuery(
        market="spot",
        symbol=params.symbol(),
        from_id=params.number("fromId"),
        start_ms=params.time_ms("startTime"),
        end_ms=params.time_ms("endTime"),
        limit=params.limit(500, MOST_ROWS, capped=True),
    )
    params.finish()
    call.listed(query.symbol)
    return [
        {
            "a": trade.agg_id,
            "p": trade.price,
            "q": trade.quantity,
            "f": trade.first_id,
            "l": trade.last_id,
            "T": call.time(trade.traded_ms),
            "m": trade.buyer_is_maker,
            "M": True,
        }
        for trade in call.source.agg_trades(query, call.now_ms)
    ]


def _prints(call: Call, query: TapeQuery) -> object:
    call.listed(query.symbol)
    return [
        {
            "id": trade.trade_id,
            "price": trade.price,
            "qty": trade.quantity,
            "quoteQty": trade.quote_quantity,
            "time": call.time(trade.traded_ms),
            "isBuyerMaker": trade.buyer_is_maker,
            "isBestMatch": True,
        }
        for trade in call.source.trades(query, call.now_ms)
    ]


def _one_or_many(call: Call, one: OneRow) -> object:
    """An object for `symbol`; an array for `symbols` or for nothing."""
    params = call.params
    symbol, symbols, status = params.optional_symbol(), params.symbols(), spot_status(params)
    params.finish()
    if symbol is not None and symbols is not None:
        raise ApiError(-1128, "Combination of optional parameters invalid.")
    if symbol is None and symbols is None:
        chosen = _with_status(call, status)
    else:
        chosen = [call.listed(name) for name in symbols or [str(symbol)]]
        if status is not None and any(listing.status != status for listing in chosen):
            raise ApiError(-1220, "The symbol's status does not match the requested symbolStatus.")
    rows = [row for row in map(one, chosen) if row is not None]
    return rows[0] if symbol is not None and rows else rows


def _with_status(call: Call, status: str | None) -> list[Listing]:
    if status is None:
        return call.trading()
    return [item for item in call.source.listings("spot", call.now_ms) if item.status == status]


def _day(call: Call, listing: Listing) -> Ticker | None:
    return call.source.ticker("spot", listing.symbol, day_start_ms(call.now_ms), call.now_ms)


def _full(call: Call, day: Ticker) -> dict[str, object]:
    mini = mini_fields(call, day)
    return {
        "symbol": day.symbol,
        **change_fields(day),
        "prevClosePrice": day.previous_close,
        "lastPrice": day.last_price,
        "lastQty": day.last_quantity,
        "bidPrice": day.bid_price,
        "bidQty": day.book_quantity,
        "askPrice": day.ask_price,
        "askQty": day.book_quantity,
        **{name: value for name, value in mini.items() if name not in {"symbol", "lastPrice"}},
    }


def _day_ticker_weight(query: Query) -> int:
    if query.get("symbol"):
        return 2
    if not query.get("symbols"):
        return 80
    count = count_symbols(query)
    return next((weight for most, weight in ((20, 2), (100, 40)) if count <= most), 80)


_DEPTH_WEIGHT: Final = by_limit(((100, 5), (500, 25), (1000, 50)), above=250, omitted=5)

ROUTES: Final = {
    "/api/v3/ping": Route(ping, flat(1)),
    "/api/v3/time": Route(server_time, flat(1)),
    "/api/v3/exchangeInfo": Route(spot_exchange_info, flat(20)),
    "/api/v3/klines": Route(klines, flat(2)),
    "/api/v3/uiKlines": Route(klines, flat(2)),
    "/api/v3/depth": Route(spot_depth, _DEPTH_WEIGHT),
    "/api/v3/ticker": Route(rolling_window, per_symbol(4, 200)),
    "/api/v3/ticker/tradingDay": Route(trading_day, per_symbol(4, 200)),
    "/api/v3/ticker/price": Route(price, by_symbol(2, 4)),
    "/api/v3/ticker/bookTicker": Route(book_ticker, by_symbol(2, 4)),
    "/api/v3/ticker/24hr": Route(day_ticker, _day_ticker_weight),
    "/api/v3/avgPrice": Route(average_price, flat(2)),
    "/api/v3/trades": Route(trades, flat(25)),
    "/api/v3/historicalTrades": Route(historical_trades, flat(25)),
    "/api/v3/aggTrades": Route(agg_trades, flat(4)),
}
