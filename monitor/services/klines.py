"""Fetches exactly the candles that are missing: many threads ask, one writes.

What is closed, missing or stale is judged by the exchange's clock. Nothing is ever deleted, and each answer is
stored in one transaction as soon as it is there, so a run that dies half way is simply run again.
"""

from collections import deque
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from monitor.domain.enums import Interval
from monitor.domain.intervals import (
    Span,
    first_open_time_from,
    from_milliseconds,
    last_closed_open_time,
    missing_ranges,
)
from monitor.domain.market_data import Kline
from monitor.errors import ServiceError
from monitor.exchanges.errors import (
    AuthenticationFailed,
    ExchangeError,
    ExchangeUnavailable,
    MalformedPayload,
    RateLimited,
)
from monitor.exchanges.port import MarketDataClient
from monitor.models import KlineGap
from monitor.selectors.instruments import list_active_instruments
from monitor.selectors.klines import confirmed_gaps, newest_before, stored_runs
from monitor.services.kline_store import store_klines

DEFAULT_LIMIT = 500
FETCH_THREADS = 16
# Answers that wait for the writer are bounded, so that years of history do not pile up in memory.
_PAGES_UNDER_WAY = 3 * FETCH_THREADS
# The exchange opened its doors in July 2017; nothing older is worth asking for.
EARLIEST_OPEN_TIME_MS = 1_498_867_200_000
# So many instruments in a row without an answer: the exchange is away, not the instrument.
UNAVAILABLE_IN_A_ROW = 2 * FETCH_THREADS
_NOTHING_STORED = -1

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class KlineRequest:
    """Which candles of which series are wanted: the newest ``limit`` closed ones, or all from ``since_ms`` on.

    ``force`` fetches all of the window anew and overwrites what is stored.
    """

    exchange_code: str
    interval: Interval
    limit: int = DEFAULT_LIMIT
    since_ms: int | None = None
    symbol: str | None = None
    force: bool = False

    def window(self, exchange_now_ms: int) -> Span:
        """Open times of the first and the last candle wanted; the first is later than the last if there is none."""
        last = last_closed_open_time(exchange_now_ms, self.interval)
        if self.since_ms is None:
            return last - (self.limit - 1) * self.interval.milliseconds, last
        return first_open_time_from(max(self.since_ms, EARLIEST_OPEN_TIME_MS), self.interval), last


@dataclass(frozen=True, slots=True)
class SyncFailure:
    symbol: str
    code: str
    message: str


@dataclass(slots=True)
class KlineSyncResult:
    """``stale`` names the instruments whose newest closed candle is not stored after the run."""

    instruments: int = 0
    up_to_date: int = 0
    requests: int = 0
    stored: int = 0
    gaps: int = 0
    last_open_time_ms: int = 0
    stale: list[str] = field(default_factory=list)
    failures: list[SyncFailure] = field(default_factory=list)


class NoInstruments(ServiceError):
    """There is nothing to fetch candles for."""

    code = "ERR_NO_INSTRUMENTS"


class StepCounter(Protocol):
    """Where the run reports how far it has come; ``advance`` may raise to end it."""

    def start(self, total: int, label: str) -> None: ...

    def advance(self, n: int = 1) -> None: ...


@dataclass(slots=True, eq=False)
class _Series:
    """One instrument's way through the ranges it lacks; ``newest_ms`` is the newest candle stored."""

    instrument_id: int
    symbol: str
    ranges: deque[Span]
    newest_ms: int


@dataclass(frozen=True, slots=True)
class _Page:
    series: _Series
    span: Span
    limit: int


def sync_klines(
    client: MarketDataClient, request: KlineRequest, progress: StepCounter | None = None
) -> KlineSyncResult:
    """Store every closed candle of the request's window that is not stored yet.

    One instrument's failure is reported and the rest goes on. Where the exchange bans us, refuses us or is away,
    the run stops and every instrument not reached is a failure. Raises ``ExchangeError`` when the exchange does
    not even tell the time, ``NoInstruments`` when there are none.
    """
    window = request.window(client.fetch_server_time_ms())
    plan = _plan(client, request, window)
    if not plan:
        raise NoInstruments(f"no {client.market_type} instrument is active: run fetch_{client.market_type}_contracts")
    todo = [series for series in plan if series.ranges]
    if progress is not None:
        progress.start(len(todo), f"{client.market_type} {request.interval} candles")
    run = _Run(client, request, progress)
    run.result.instruments, run.result.up_to_date = len(plan), len(plan) - len(todo)
    run.result.last_open_time_ms = window[1]
    run.perform(todo)
    if window[0] <= window[1]:
        run.result.stale = [series.symbol for series in plan if series.newest_ms < window[1]]
    return run.result


def _plan(client: MarketDataClient, request: KlineRequest, window: Span) -> list[_Series]:
    """What each instrument lacks. The number of queries does not depend on the number of instruments.

    A window that begins later than the newest stored candle is widened to it: after a long absence no hole stays.
    """
    market, step_ms = client.market_type, request.interval.milliseconds
    runs = stored_runs(request.exchange_code, market, request.interval, window, request.symbol)
    earlier = newest_before(request.exchange_code, market, request.interval, window[0])
    widest = (min([window[0], *(newest + step_ms for newest in earlier.values())]), window[1])
    gaps = confirmed_gaps(request.exchange_code, market, request.interval, widest)
    instruments = list_active_instruments(request.exchange_code, market, request.symbol)
    series = []
    for instrument_id, symbol in instruments.values_list("id", "symbol"):
        stored = runs.get(instrument_id, [])
        before = earlier.get(instrument_id, _NOTHING_STORED)
        first = window[0] if before == _NOTHING_STORED else min(before + step_ms, window[0])
        covered = [] if request.force else [*stored, *gaps.get(instrument_id, [])]
        ranges = deque(missing_ranges(covered, (first, window[1]), request.interval))
        newest = stored[-1][1] if stored else before
        series.append(_Series(instrument_id, symbol, ranges, newest))
    return series


class _Run:
    """Sixteen threads fetch pages; this thread stores them and decides what is asked next."""

    def __init__(self, client: MarketDataClient, request: KlineRequest, progress: StepCounter | None) -> None:
        self.result = KlineSyncResult()
        self._client = client
        self._request = request
        self._step_ms = request.interval.milliseconds
        self._progress = progress
        self._unavailable_in_a_row = 0
        self._stopped_by: ExchangeError | None = None

    def perform(self, todo: list[_Series]) -> None:
        with ThreadPoolExecutor(FETCH_THREADS, thread_name_prefix="klines") as pool:
            try:
                self._work_through(deque(todo), pool)
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                self._client.close()
                raise

    def _work_through(self, waiting: deque[_Series], pool: ThreadPoolExecutor) -> None:
        under_way: dict[Future[list[Kline]], _Page] = {}

        def submit(series: _Series) -> None:
            page = self._next_page(series)
            under_way[pool.submit(self._fetch, page)] = page

        while waiting or under_way:
            while waiting and len(under_way) < _PAGES_UNDER_WAY:
                self._unless_stopped(waiting.popleft(), submit)
            for future in wait(under_way, return_when=FIRST_COMPLETED).done:
                page = under_way.pop(future)
                if future.cancelled() or self._settle(page, future):
                    self._unless_stopped(page.series, submit)
            if self._stopped_by is not None:
                for future in under_way:
                    future.cancel()

    def _unless_stopped(self, series: _Series, submit: Callable[[_Series], None]) -> None:
        if self._stopped_by is None:
            submit(series)
        else:
            self._fail(series, self._stopped_by.code, f"not reached: {self._stopped_by}")

    def _next_page(self, series: _Series) -> _Page:
        start, end = series.ranges[0]
        count = (end - start) // self._step_ms + 1
        return _Page(series, (start, end), self._client.page_size(count))

    def _fetch(self, page: _Page) -> list[Kline]:
        """Runs in a thread of the pool, so it must not touch the database."""
        start, end = page.span
        klines = self._client.fetch_klines(
            page.series.symbol, self._request.interval, start_ms=start, end_ms=end, limit=page.limit
        )
        wanted = [kline for kline in klines if start <= kline.open_time_ms <= end]
        if klines and not wanted:
            raise MalformedPayload(
                "the exchange sent candles of another time than asked for",
                field="open time",
                sample=str(klines[0].open_time_ms),
            )
        return wanted

    def _settle(self, page: _Page, future: Future[list[Kline]]) -> bool:
        """Store what came or report what went wrong; True when the series has more to ask."""
        self.result.requests += 1
        try:
            klines = future.result()
        except ExchangeError as error:
            self._note(error)
            self._fail(page.series, error.code, str(error))
            return False
        except Exception as error:
            # The per-instrument boundary: whatever happened to this one, the others go on.
            log.exception("kline_fetch_failed", symbol=page.series.symbol, exc_info=error)
            self._fail(page.series, "ERR_UNEXPECTED", f"{type(error).__name__}: {error}")
            return False
        self._unavailable_in_a_row = 0
        self._keep(page, klines)
        if page.series.ranges:
            return True
        self._advance()
        return False

    def _note(self, error: ExchangeError) -> None:
        away = isinstance(error, ExchangeUnavailable)
        self._unavailable_in_a_row = self._unavailable_in_a_row + 1 if away else 0
        hopeless = isinstance(error, RateLimited | AuthenticationFailed)
        if self._stopped_by is None and (hopeless or self._unavailable_in_a_row >= UNAVAILABLE_IN_A_ROW):
            self._stopped_by = error
            log.warning("kline_run_stopped", reason=str(error))

    def _fail(self, series: _Series, code: str, message: str) -> None:
        self.result.failures.append(SyncFailure(series.symbol, code, message))
        self._advance()

    def _advance(self) -> None:
        if self._progress is not None:
            self._progress.advance()

    def _keep(self, page: _Page, klines: list[Kline]) -> None:
        """Store the page, remember what the exchange does not have, and move the series on."""
        series, (start, end) = page.series, page.span
        last = klines[-1].open_time_ms if klines else end
        if klines:
            self.result.stored += store_klines(series.instrument_id, self._request.interval, klines)
            series.newest_ms = max(series.newest_ms, last)
        self._record_gaps(series, (start, last), klines)
        series.ranges.popleft()
        if last < end:
            series.ranges.appendleft((last + self._step_ms, end))

    def _record_gaps(self, series: _Series, answered: Span, klines: list[Kline]) -> None:
        """Only a hole with a candle after it is certain: the newest candles may merely be late."""
        present = [(kline.open_time_ms, kline.open_time_ms) for kline in klines]
        holes = missing_ranges(present, answered, self._request.interval)
        certain = [span for span in holes if span[1] < series.newest_ms]
        if self._request.force:
            _forget_gaps(series.instrument_id, self._request.interval, answered)
        if certain:
            _store_gaps(series.instrument_id, self._request.interval, certain)
        self.result.gaps += len(certain)


def _forget_gaps(instrument_id: int, interval: Interval, answered: Span) -> None:
    KlineGap.objects.filter(
        instrument_id=instrument_id,
        interval=interval.value,
        first_open_time__gte=from_milliseconds(answered[0]),
        last_open_time__lte=from_milliseconds(answered[1]),
    ).delete()


def _store_gaps(instrument_id: int, interval: Interval, spans: list[Span]) -> None:
    KlineGap.objects.bulk_create(
        [
            KlineGap(
                instrument_id=instrument_id,
                interval=interval.value,
                first_open_time=from_milliseconds(first),
                last_open_time=from_milliseconds(last),
            )
            for first, last in spans
        ],
        update_conflicts=True,
        unique_fields=["instrument", "interval", "first_open_time"],
        update_fields=["last_open_time", "confirmed_at"],
    )
