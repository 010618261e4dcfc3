"""exchangeInfo of both hosts, with every key the exchange serves and filters in its order."""

from decimal import Decimal
from typing import Final

from simulator.errors import ApiError
from simulator.market.source import Listing
from simulator.params import Params
from simulator.routes import Call
from simulator.weights import FUTURES_LIMIT, SPOT_LIMIT

_STATUSES: Final = frozenset({"TRADING", "HALT", "BREAK"})
_PERMISSIONS: Final = ("SPOT", "MARGIN", "TRD_GRP_004", "TRD_GRP_005", "TRD_GRP_006")
_SPOT_ORDERS: Final = (
    "LIMIT", "LIMIT_MAKER", "MARKET", "STOP_LOSS", "STOP_LOSS_LIMIT", "TAKE_PROFIT", "TAKE_PROFIT_LIMIT",
)  # fmt: skip
_FUTURES_ORDERS: Final = (
    "LIMIT", "MARKET", "STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET", "TRAILING_STOP_MARKET",
)  # fmt: skip
_SELF_TRADE_MODES: Final = ("EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH", "DECREMENT")


def _limit(kind: str, interval: str, number: int, limit: int) -> dict[str, object]:
    return {"rateLimitType": kind, "interval": interval, "intervalNum": number, "limit": limit}


SPOT_RATE_LIMITS: Final = (
    _limit("REQUEST_WEIGHT", "MINUTE", 1, SPOT_LIMIT),
    _limit("ORDERS", "SECOND", 10, 100),
    _limit("ORDERS", "DAY", 1, 200000),
    _limit("RAW_REQUESTS", "MINUTE", 5, 300000),
)
FUTURES_RATE_LIMITS: Final = (
    _limit("REQUEST_WEIGHT", "MINUTE", 1, FUTURES_LIMIT),
    _limit("ORDERS", "MINUTE", 1, 1200),
    _limit("ORDERS", "SECOND", 10, 300),
)

_FILTERS_BEFORE_NOTIONAL: Final[tuple[dict[str, object], ...]] = (
    {"filterType": "ICEBERG_PARTS", "limit": 100},
    {
        "filterType": "MARKET_LOT_SIZE",
        "minQty": "0.00000000",
        "maxQty": "100000000.00000000",
        "stepSize": "0.00000000",
    },
    {
        "filterType": "TRAILING_DELTA",
        "minTrailingAboveDelta": 10,
        "maxTrailingAboveDelta": 2000,
        "minTrailingBelowDelta": 10,
        "maxTrailingBelowDelta": 2000,
    },
    {
        "filterType": "PERCENT_PRICE_BY_SIDE",
        "bidMultiplierUp": "5",
        "bidMultiplierDown": "0.2",
        "askMultiplierUp": "5",
        "askMultiplierDown": "0.2",
        "avgPriceMins": 5,
    },
)
_NOTIONAL: Final[dict[str, object]] = {
    "filterType": "NOTIONAL",
    "minNotional": "5.00000000",
    "applyMinToMarket": True,
    "maxNotional": "9000000.00000000",
    "applyMaxToMarket": False,
    "avgPriceMins": 5,
}
_FILTERS_AFTER_NOTIONAL: Final[tuple[dict[str, object], ...]] = (
    {"filterType": "MAX_NUM_ORDERS", "maxNumOrders": 200},
    {"filterType": "MAX_NUM_ORDER_LISTS", "maxNumOrderLists": 20},
    {"filterType": "MAX_NUM_ALGO_ORDERS", "maxNumAlgoOrders": 5},
    {"filterType": "MAX_NUM_ORDER_AMENDS", "maxNumOrderAmends": 10},
)


def spot_status(params: Params) -> str | None:
    """The parameter `symbolStatus`; raises ApiError -1122 for an unknown one."""
    status = params.text("symbolStatus")
    if status is not None and status not in _STATUSES:
        raise ApiError(-1122, "Invalid symbolStatus.")
    return status


def spot_exchange_info(call: Call) -> object:
    """/api/v3/exchangeInfo."""
    params = call.params
    symbol, symbols = params.optional_symbol(), params.symbols()
    permissions, status = params.words("permissions"), spot_status(params)
    show_sets = params.flag("showPermissionSets", default=True)
    params.finish()
    named = symbol is not None or symbols is not None
    both = symbol is not None and symbols is not None
    if both or (named and (permissions is not None or status is not None)):
        raise ApiError(-1128, "Combination of optional parameters invalid.")
    if named:
        chosen = [call.listed(name) for name in symbols or [str(symbol)]]
    else:
        chosen = [item for item in call.source.listings("spot", call.now_ms) if status in {None, item.status}]
    if permissions is not None and not set(permissions) & set(_PERMISSIONS):
        chosen = []
    return {
        "timezone": "UTC",
        "serverTime": call.time(call.now_ms),
        "rateLimits": SPOT_RATE_LIMITS,
        "exchangeFilters": [],
        "symbols": [_spot_symbol(listing, show_sets=show_sets) for listing in chosen],
    }


def _spot_symbol(listing: Listing, *, show_sets: bool) -> dict[str, object]:
    trading = listing.is_trading
    return {
        "symbol": listing.symbol,
        "status": listing.status,
        "baseAsset": listing.base_asset,
        "baseAssetPrecision": 8,
        "quoteAsset": listing.quote_asset,
        "quotePrecision": 8,
        "quoteAssetPrecision": 8,
        "baseCommissionPrecision": 8,
        "quoteCommissionPrecision": 8,
        "orderTypes": _SPOT_ORDERS,
        "icebergAllowed": True,
        "ocoAllowed": True,
        "otoAllowed": True,
        "opoAllowed": True,
        "quoteOrderQtyMarketAllowed": True,
        "allowTrailingStop": True,
        "cancelReplaceAllowed": True,
        "amendAllowed": True,
        "pegInstructionsAllowed": True,
        "isSpotTradingAllowed": trading,
        "isMarginTradingAllowed": trading,
        "filters": _spot_filters(listing),
        "permissions": [],
        "permissionSets": [_PERMISSIONS] if show_sets else [],
        "defaultSelfTradePreventionMode": "EXPIRE_MAKER",
        "allowedSelfTradePreventionModes": _SELF_TRADE_MODES,
    }


def _spot_filters(listing: Listing) -> list[dict[str, object]]:
    """In the exchange's order: some clients take the first to be the price filter."""
    tick, step = _eight(listing.tick_size), _eight(listing.step_size)
    notional = {**_NOTIONAL, "minNotional": _eight(listing.min_notional)}
    return [
        {"filterType": "PRICE_FILTER", "minPrice": tick, "maxPrice": "1000000.00000000", "tickSize": tick},
        {"filterType": "LOT_SIZE", "minQty": step, "maxQty": "9000000000.00000000", "stepSize": step},
        *_FILTERS_BEFORE_NOTIONAL,
        notional,
        *_FILTERS_AFTER_NOTIONAL,
    ]


def _eight(value: str) -> str:
    return f"{Decimal(value):.8f}"


def futures_exchange_info(call: Call) -> object:
    """/fapi/v1/exchangeInfo."""
    listings = call.source.listings("futures", call.now_ms)
    return {
        "timezone": "UTC",
        "serverTime": call.now_ms,
        "futuresType": "U_MARGINED",
        "rateLimits": FUTURES_RATE_LIMITS,
        "exchangeFilters": [],
        "assets": [
            {"asset": asset, "marginAvailable": True, "autoAssetExchange": "-10000"}
            for asset in sorted({listing.quote_asset for listing in listings})
        ],
        "symbols": [_futures_symbol(listing) for listing in listings],
    }


def _futures_symbol(listing: Listing) -> dict[str, object]:
    pair = listing.symbol.partition("_")[0]
    return {
        "symbol": listing.symbol,
        "pair": pair,
        "contractType": listing.contract_type,
        "deliveryDate": listing.delivery_ms,
        "onboardDate": listing.onboard_ms,
        "status": listing.status,
        "maintMarginPercent": "2.5000",
        "requiredMarginPercent": "5.0000",
        "baseAsset": listing.base_asset,
        "quoteAsset": listing.quote_asset,
        "marginAsset": listing.quote_asset,
        "pricePrecision": listing.price_decimals,
        "quantityPrecision": listing.quantity_decimals,
        "baseAssetPrecision": 8,
        "quotePrecision": 8,
        "underlyingType": listing.underlying_type,
        "underlyingSubType": [],
        "triggerProtect": "0.0500",
        "liquidationFee": "0.012500",
        "marketTakeBound": "0.05",
        "maxMoveOrderLimit": 10000,
        "filters": _futures_filters(listing),
        "orderTypes": _FUTURES_ORDERS,
        "timeInForce": ("GTC", "IOC", "FOK", "GTX", "GTD"),
        "permissionSets": ("GRID", "COPY", "DCA", "PSB", "RPI"),
    }


def _futures_filters(listing: Listing) -> list[dict[str, object]]:
    tick = f"{Decimal(listing.tick_size):.{listing.price_decimals}f}"
    step = listing.step_size
    return [
        {"filterType": "PRICE_FILTER", "minPrice": tick, "maxPrice": "1000000", "tickSize": tick},
        {"filterType": "LOT_SIZE", "minQty": step, "maxQty": "100000000", "stepSize": step},
        {"filterType": "MARKET_LOT_SIZE", "minQty": step, "maxQty": "10000000", "stepSize": step},
        {"filterType": "MAX_NUM_ORDERS", "limit": 200},
        {"filterType": "MIN_NOTIONAL", "notional": listing.min_notional},
        {
            "filterType": "PERCENT_PRICE",
            "multiplierUp": "1.1500",
            "multiplierDown": "0.8500",
            "multiplierDecimal": "4",
        },
        {"filterType": "POSITION_RISK_CONTROL", "positionControlSide": "NONE"},
    ]
