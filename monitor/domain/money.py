"""Exact arithmetic and writing of prices and amounts."""

from decimal import ROUND_HALF_EVEN, Decimal, localcontext

# The default 28 digits do not hold a large amount with 18 decimal places.
_DIGITS = 50
_PERCENT_STEP = Decimal("0.0001")


def percent_change(before: Decimal, after: Decimal) -> Decimal:
    """How far ``after`` lies above ``before`` in percent (2 means 2 %), to four places.

    Raises ``ZeroDivisionError`` where ``before`` is zero.
    """
    if not before:
        raise ZeroDivisionError("There is no change in percent from a price of zero.")
    with localcontext(prec=_DIGITS):
        return ((after - before) * 100 / before).quantize(_PERCENT_STEP, ROUND_HALF_EVEN)


def plain_decimal(value: Decimal) -> str:
    """All digits of ``value`` without exponent and without zeros that say nothing: 0.00000123, 100, 0."""
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
