"""Words of the trap's life; the values are what is stored."""

from enum import StrEnum


class TrapStatus(StrEnum):
    PENDING = "pending"
    SUSPECTED = "suspected_abandonment"
    CONFIRMED = "confirmed_abandonment"
    INVALIDATED = "invalidated"


class Stage(StrEnum):
    """What was decided: finding the trigger, then the two abandonment stages, then the end."""

    DISCOVERY = "discovery"
    CONFIRMATION = "confirmation"
    VALIDATION = "validation"
    INVALIDATION = "invalidation"
