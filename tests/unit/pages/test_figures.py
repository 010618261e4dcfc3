"""Numbers on the pages: nothing is lost, nothing is an exponent, nothing is 0.00 that is not zero."""

import re
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.templatetags.interface import change, compact, direction, evidence_value, figure, moment, percent, price

pytestmark = pytest.mark.unit

PRICES = st.decimals(min_value=0, max_value=10**9, places=18, allow_nan=False, allow_infinity=False)


@given(PRICES)
def test_a_price_keeps_every_digit_and_has_no_exponent(value: Decimal) -> None:
    text = price(value)

    assert re.fullmatch(r"\d{1,3}(,\d{3})*(\.\d*[1-9])?", text)
    assert Decimal(text.replace(",", "")) == value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("0.00001234"), "0.00001234"),
        (Decimal("1.2E-5"), "0.000012"),
        (Decimal("64250.5000"), "64,250.5"),
        (Decimal("1E+3"), "1,000"),
        (Decimal(0), "0"),
        (None, "–"),
    ],
)
def test_prices_read_as_a_trader_writes_them(value: Decimal | None, text: str) -> None:
    assert price(value) == text


@given(st.floats(min_value=1e-12, max_value=1e12))
def test_a_calculated_number_is_true_to_its_significant_digits(value: float) -> None:
    text = figure(value, 6)

    assert "E" not in text.upper()
    assert float(text.replace(",", "")) == pytest.approx(value, rel=1e-5)


@pytest.mark.parametrize(
    ("value", "text"), [(9.25, "9.25"), (-0.5, "−0.5"), (float("inf"), "∞"), (float("nan"), "–"), (None, "–")]
)
def test_calculated_numbers_that_are_odd_still_read_well(value: float | None, text: str) -> None:
    assert figure(value) == text


@pytest.mark.parametrize(
    ("value", "text", "css"),
    [
        (Decimal("17.5"), "+17.50 %", "up"),
        (Decimal("-20.5834"), "−20.58 %", "down"),
        (Decimal(0), "0.00 %", ""),
        (None, "–", ""),
    ],
)
def test_a_change_shows_its_sign_and_colour(value: Decimal | None, text: str, css: str) -> None:
    assert change(value) == text
    assert direction(value) == css


@pytest.mark.parametrize(("value", "text"), [(999, "999"), (14_000, "14 K"), (580_912_345_678, "580.9 B"), (None, "–")])
def test_large_amounts_are_short(value: int | None, text: str) -> None:
    assert compact(value) == text


def test_percentages_have_two_decimals() -> None:
    assert percent(66.5) == "66.50 %"


def test_a_time_carries_utc_for_machines_and_people() -> None:
    html = moment(datetime(2026, 1, 31, 8, tzinfo=UTC))

    assert 'datetime="2026-01-31T08:00:00Z"' in html
    assert 'title="2026-01-31 08:00 UTC"' in html
    assert moment(None) == "–"


@pytest.mark.parametrize(("value", "text"), [(True, "yes"), (0.000123, "0.000123"), ([1, 2], "1, 2"), ("x", "x")])
def test_evidence_of_any_kind_is_readable(value: object, text: str) -> None:
    assert evidence_value(value) == text
