"""Logs never show a credential."""

import pytest

from config.logging import redact

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    "name", ["password", "API_KEY", "apikey", "listenKey", "csrftoken", "Cookie", "authorization", "client_secret"]
)
def test_a_field_that_sounds_like_a_credential_is_blotted_out(name: str) -> None:
    assert redact(None, "info", {name: "value"}) == {name: "[redacted]"}


def test_other_fields_stay_readable() -> None:
    event = {"event": "klines_stored", "symbol": "BTCUSDT", "rows": 400}

    assert redact(None, "info", dict(event)) == event
