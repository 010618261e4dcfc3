"""Server time of the monitor list with 100,000 monitors and 1,000,000 candles, against the plain design."""

import itertools
import json
import os
import random
import time
from collections.abc import Callable
from urllib.parse import urlencode

from benchmarks.harness import arguments, fresh_database, in_process, percentile, report

PATH = "/api/volume-trap/monitors/"
STATUSES = ("pending", "suspected_abandonment", "confirmed_abandonment", "invalidated")
COLUMNS = ("market_type", "status", "interval")


def requests() -> list[dict[str, object]]:
    """The mix: every filter and order alone and together, first pages and the deepest ones."""
    markets = [{"market_type": market} for market in ("spot", "futures")]
    intervals = [{"interval": interval} for interval in ("1h", "4h", "1d")]
    filters = [*({"status": status} for status in STATUSES), *markets, *intervals]
    together = [
        {**market, "status": status, **interval}
        for market, status, interval in itertools.product(markets, ("pending", "invalidated"), intervals)
    ]
    orders = [{"ordering": order} for order in ("trigger_time", "id", "-id")]
    newest_found = [{**one, "ordering": "-id"} for one in filters]
    lists: list[dict[str, object]] = [{}, *filters, *together, *orders, *newest_found]
    symbols = [{"symbol": "COIN7/USDT"}, {"symbol": "coin8usdt", "status": "invalidated"}]
    days = [{"start_date": "2024-02-01", "end_date": "2024-02-10"}, {"end_date": "2024-01-20", "interval": "1h"}]
    sizes = [{"page_size": 100}, {"page_size": 100, "page": pages({}, 100)}, {"page": min(50, pages({}))}]
    return [*lists, *({**one, "page": pages(one)} for one in lists), *symbols, *days, *sizes]


def pages(parameters: dict[str, object], page_size: int = 20) -> int:
    """How many pages the list has that the parameters choose."""
    from volume_trap.models import VolumeTrapMonitor

    wanted = {name: value for name, value in parameters.items() if name in COLUMNS}
    return max(1, -(-VolumeTrapMonitor.objects.filter(**wanted).count() // page_size))


def server(urls: str | None = None) -> Callable[[str, str], tuple[float, bytes]]:
    """A function that answers one GET as the site would, and how long the server needed, connections included."""
    from django.core.handlers.wsgi import WSGIHandler
    from django.test import RequestFactory, override_settings
    from django.urls import clear_url_caches, set_urlconf

    handler, factory = WSGIHandler(), RequestFactory(SERVER_NAME="127.0.0.1")

    def get(address: str, token: str) -> tuple[float, bytes]:
        environ = factory.get(address, headers={"Authorization": f"Token {token}"}).environ
        started = time.perf_counter()
        response = handler(environ, lambda *_: None)
        body = b"".join(response)
        response.close()
        return time.perf_counter() - started, body

    def get_elsewhere(address: str, token: str) -> tuple[float, bytes]:
        with override_settings(ROOT_URLCONF=urls):
            clear_url_caches()
            set_urlconf(None)
            return get(address, token)

    return get_elsewhere if urls else get


def addresses() -> list[str]:
    return [f"{PATH}?{urlencode(parameters)}" for parameters in requests()]


def main() -> None:
    sizes = {"monitors": {"type": int, "default": 100_000}, "klines": {"type": int, "default": 1_000_000}}
    options = arguments(__doc__ or "", **sizes, slowest={"action": "store_true"})
    os.environ["API_RATE"] = "100000000/min"
    with fresh_database(options.database):
        token = in_process("-m", "benchmarks._list_data", str(options.monitors), str(options.klines)).strip()
        ours, plain = measured(server(), token, options.repeat), measured(server("benchmarks.plain.list_api"), token, 1)
    for address, (_seconds, body) in ours.items():
        assert rows(body) == rows(plain[address][1]), address
    if options.slowest:
        for address, (seconds, _body) in sorted(ours.items(), key=lambda item: -max(item[1][0]))[:12]:
            print(f"{max(seconds) * 1000:7.1f} ms  {plain[address][0][0] * 1000:7.1f} ms  {address}")
    value, reference = (
        percentile([one for seconds, _body in run.values() for one in seconds], 99) for run in (ours, plain)
    )
    report(
        database=options.database,
        requests=len(ours) * options.repeat,
        monitors=options.monitors,
        klines=options.klines,
        name="monitor list p99",
        value=value * 1000,
        unit="ms",
        ratio=reference / value,
        at_most=60,
    )


def measured(
    get: Callable[[str, str], tuple[float, bytes]], token: str, times: int
) -> dict[str, tuple[list[float], bytes]]:
    """Every address ``times`` times in a mixed order, after one request that warms the process."""
    get(PATH, token)
    results: dict[str, tuple[list[float], bytes]] = {}
    everything = addresses()
    for _ in range(times):
        for address in random.Random(1).sample(everything, len(everything)):
            seconds, body = get(address, token)
            results.setdefault(address, ([], body))[0].append(seconds)
    return results


def rows(body: bytes) -> object:
    """The monitors in an answer."""
    return json.loads(body)["results"]


if __name__ == "__main__":
    main()
