"""python -m simulator: an exchange on localhost."""

import argparse
import asyncio
import logging
import sys
from pathlib import Path
from typing import NoReturn

from simulator.app import Exchange
from simulator.clock import VirtualClock
from simulator.control import parse_moment_ms
from simulator.errors import UsageError
from simulator.market.replay import ReplayMarket
from simulator.market.source import MarketSource
from simulator.market.synthetic import SyntheticMarket
from simulator.server import PortTaken, bind, serve

_USAGE, _FAILED = 2, 1


class _Parser(argparse.ArgumentParser):
    """Wrong arguments are one line, not a page."""

    def error(self, message: str) -> NoReturn:
        self.exit(_USAGE, f"simulator: {message} (see --help)\n")


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = _Parser(prog="simulator", description=__doc__)
    parser.add_argument("--port", type=_port, required=True, help="port on 127.0.0.1; 0 takes any free one")
    parser.add_argument("--seed", type=int, default=1, help="the same seed is the same market (default 1)")
    parser.add_argument("--klines", type=Path, metavar="DIR", help="replay recorded candles from this folder")
    parser.add_argument("--speed", type=_speed, default=1.0, help="virtual seconds per real second (default 1)")
    parser.add_argument("--start", type=_moment, metavar="ISO", help="what time it is at the start")
    parser.add_argument("--symbols", type=_positive, metavar="N", help="at least N instruments per market")
    parser.add_argument("--exit-with-parent", action="store_true", help="end when standard input ends")
    return parser.parse_args(arguments)


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"'{text}' is not a port; use a number from 0 to 65535")
    return int(text)


def _positive(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) <= 5000:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number from 1 to 5000")
    return int(text)


def _speed(text: str) -> float:
    try:
        speed = float(text)
    except ValueError:
        speed = -1.0
    if not 0 <= speed <= 1_000_000:
        raise argparse.ArgumentTypeError(f"'{text}' is not a speed; use a number from 0 to 1000000")
    return speed


def _moment(text: str) -> int:
    try:
        return parse_moment_ms(text)
    except UsageError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _open_market(options: argparse.Namespace) -> tuple[MarketSource, int | None]:
    """The market and the moment it starts at, None for the present."""
    if options.klines is None:
        return SyntheticMarket(options.seed, options.symbols), options.start
    market = ReplayMarket(options.klines)
    return market, market.default_start_ms() if options.start is None else options.start


def main(arguments: list[str] | None = None) -> int:
    """Run the exchange and return the exit code."""
    options = _parse(sys.argv[1:] if arguments is None else arguments)
    logging.disable(logging.CRITICAL)
    try:
        sock = bind(options.port)
        market, start_ms = _open_market(options)
    except UsageError as error:
        sys.stderr.write(f"simulator: {error}\n")
        return _FAILED if isinstance(error, PortTaken) else _USAGE
    description: dict[str, object] = {
        "source": "synthetic" if options.klines is None else "replay",
        "seed": options.seed if options.klines is None else None,
    }
    exchange = Exchange(market, VirtualClock(start_ms, options.speed), description)
    asyncio.run(serve(exchange, sock, exit_with_parent=options.exit_with_parent))
    return 0


if __name__ == "__main__":
    sys.exit(main())
