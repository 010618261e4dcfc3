"""Integers of ticks and lots as the decimal strings of the wire."""


def fixed(value: int, decimals: int, width: int) -> str:
    """`value` / 10**decimals with `width` decimals printed (never fewer than `decimals`)."""
    if width <= 0:
        return str(value)
    digits = str(value).rjust(decimals + 1, "0")
    cut = len(digits) - decimals
    return f"{digits[:cut]}.{digits[cut:]}{'0' * (width - decimals)}"
