"""Where an exchange lives and how patient we are with it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ExchangeEndpoints:
    """Base URLs without a trailing slash; timeouts in seconds; ``weight_limit`` is per UTC clock minute.

    ``read_timeout_seconds`` bounds every silence of the exchange, ``answer_timeout_seconds`` a whole answer.
    A wait of up to ``longest_wait_seconds`` that the exchange asks for is obeyed; a longer one ends the call.
    """

    rest_url: str
    weight_limit: int
    proxy: str = ""
    connect_timeout_seconds: float = 5.0
    read_timeout_seconds: float = 15.0
    answer_timeout_seconds: float = 60.0
    attempts: int = 4
    longest_wait_seconds: float = 75.0
