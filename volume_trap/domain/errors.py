"""What can go wrong while judging candles; ``code`` is what programs see."""


class VolumeTrapError(Exception):
    """Base of all errors of the scanner."""

    code = "ERR_VOLUME_TRAP"


class DataInsufficient(VolumeTrapError):
    """Fewer candles than a detector needs."""

    code = "ERR_DATA_INSUFFICIENT"

    def __init__(self, needed: int, available: int) -> None:
        super().__init__(f"needs {needed} closed candles, {available} are stored")
        self.needed = needed
        self.available = available


class InvalidInterval(VolumeTrapError):
    """An interval the detectors are not defined for."""

    code = "ERR_INVALID_INTERVAL"

    def __init__(self, interval: str, allowed: tuple[str, ...]) -> None:
        super().__init__(f"interval {interval!r} is unknown: use one of {', '.join(allowed)}")
        self.interval = interval


class InvalidTransition(VolumeTrapError):
    """A monitor was asked to take a step that its status does not allow."""

    code = "ERR_INVALID_TRANSITION"


class DetectorEvaluationFailed(VolumeTrapError):
    """Stored candles contradict themselves (high below low, a price of zero): no verdict is possible."""

    code = "ERR_DETECTOR_EVALUATION_FAILED"


class InvalidThreshold(VolumeTrapError):
    """A VT_* setting is unknown, not a number, or out of bounds."""

    code = "ERR_INVALID_THRESHOLD"
