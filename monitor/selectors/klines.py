"""Questions about stored candles: which are there, which are missing, which series are behind."""

from collections import defaultdict

from django.db import connection
from django.db.models import OuterRef, Subquery

from monitor.domain.enums import Interval, MarketType
from monitor.domain.intervals import Span, from_milliseconds, to_milliseconds
from monitor.models import Instrument, Kline, KlineGap

# The first and the last candle of every unbroken run; a run is long, so few rows come back.
_RUNS = """
    SELECT instrument_id, open_time, previous, following FROM (
        SELECT kline.instrument_id, kline.open_time,
               LAG(kline.open_time) OVER series AS previous, LEAD(kline.open_time) OVER series AS following
        FROM monitor_instrument AS instrument
        JOIN monitor_exchange AS exchange ON exchange.id = instrument.exchange_id
        JOIN monitor_kline AS kline ON kline.instrument_id = instrument.id
        WHERE exchange.code = %(exchange)s AND instrument.market_type = %(market)s
          AND instrument.status = 'active' AND (%(any_symbol)s OR instrument.symbol = %(symbol)s)
          AND kline."interval" = %(interval)s AND kline.open_time BETWEEN %(first)s AND %(last)s
        WINDOW series AS (PARTITION BY kline.instrument_id ORDER BY kline.open_time)
    ) AS steps
    WHERE previous IS NULL OR following IS NULL
       OR open_time - previous <> %(step)s OR following - open_time <> %(step)s
    ORDER BY instrument_id, open_time"""


def stored_runs(
    exchange_code: str,
    market_type: MarketType,
    interval: Interval,
    window: Span,
    symbol: str | None = None,
) -> dict[int, list[Span]]:
    """Unbroken runs of stored candles of every active instrument, as inclusive open times, oldest first.

    One query for all of them, however many; only candles inside ``window`` (epoch milliseconds) are seen.
    """
    first, last = window
    parameters = {
        "exchange": exchange_code,
        "market": market_type.value,
        "any_symbol": symbol is None,
        "symbol": symbol or "",
        "interval": interval.value,
        "first": first,
        "last": last,
        "step": interval.milliseconds,
    }
    runs: dict[int, list[Span]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_RUNS, parameters)
        start = 0
        for instrument_id, open_time, previous, following in cursor.fetchall():
            if previous is None or open_time - previous != interval.milliseconds:
                start = open_time
            if following is None or following - open_time != interval.milliseconds:
                runs[instrument_id].append((start, open_time))
    return runs


def newest_before(exchange_code: str, market_type: MarketType, interval: Interval, before_ms: int) -> dict[int, int]:
    """Open time (ms) of the newest stored candle that opened before ``before_ms``, by instrument id."""
    older = Kline.objects.filter(
        instrument=OuterRef("pk"), interval=interval.value, open_time__lt=from_milliseconds(before_ms)
    )
    rows = Instrument.objects.filter(exchange__code=exchange_code, market_type=market_type.value).annotate(
        newest=Subquery(older.order_by("-open_time").values("open_time")[:1])
    )
    found = rows.order_by("pk").values_list("pk", "newest")
    return {instrument_id: to_milliseconds(moment) for instrument_id, moment in found if moment is not None}


def confirmed_gaps(
    exchange_code: str, market_type: MarketType, interval: Interval, window: Span
) -> dict[int, list[Span]]:
    """Open times for which the exchange has said that it has no candle, as inclusive spans that touch ``window``."""
    rows = KlineGap.objects.filter(
        instrument__exchange__code=exchange_code,
        instrument__market_type=market_type.value,
        interval=interval.value,
        first_open_time__lte=from_milliseconds(window[1]),
        last_open_time__gte=from_milliseconds(window[0]),
    ).order_by("instrument_id", "first_open_time")
    gaps: dict[int, list[Span]] = defaultdict(list)
    for instrument_id, first, last in rows.values_list("instrument_id", "first_open_time", "last_open_time"):
        gaps[instrument_id].append((to_milliseconds(first), to_milliseconds(last)))
    return gaps
