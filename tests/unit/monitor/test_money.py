"""Prices stay exact and are written the way exchanges write them."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.money import percent_change, plain_decimal

amounts = st.decimals(min_value=-(10**20), max_value=10**20, places=18, allow_nan=False)
prices = st.decimals(min_value="0.00000001", max_value=10**9, places=8)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("1E-8", "0.00000001"),
        ("1E+3", "1000"),
        ("100.00", "100"),
        ("0.000012000", "0.000012"),
        ("0E-18", "0"),
        ("-0.00", "0"),
        ("-1.50", "-1.5"),
    ],
)
def test_a_decimal_is_written_without_exponent_and_idle_zeros(value, text):
    assert plain_decimal(Decimal(value)) == text


@given(amounts)
def test_a_written_decimal_reads_back_as_itself(value):
    text = plain_decimal(value)
    assert Decimal(text) == value
    assert "E" not in text
    assert "." not in text or text[-1] not in "0."


@pytest.mark.parametrize(("before", "after", "percent"), [("100", "75", "-25"), ("3", "4", "33.3333"), ("5", "5", "0")])
def test_a_change_is_a_percentage_of_the_earlier_price(before, after, percent):
    assert percent_change(Decimal(before), Decimal(after)) == Decimal(percent)


@given(prices, prices)
def test_a_change_has_the_sign_of_the_difference_and_at_most_half_a_step_of_error(before, after):
    change = percent_change(before, after)
    assert abs(before * change / 100 - (after - before)) <= before / 100 * Decimal("0.00005000001")


def test_there_is_no_change_from_zero():
    with pytest.raises(ZeroDivisionError, match="price of zero"):
        percent_change(Decimal(0), Decimal(1))
