"""Refusals with the exchange's own codes and messages."""


class ApiError(Exception):
    """An error reply of the exchange: HTTP status, code, message."""

    def __init__(self, code: int, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status

    @property
    def payload(self) -> dict[str, object]:
        """The JSON body."""
        return {"code": self.code, "msg": self.message}


class UsageError(Exception):
    """Wrong arguments of the program or of a control request; the message says what would be right."""


def missing(name: str) -> ApiError:
    """A mandatory parameter is absent or empty."""
    return ApiError(-1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.")


def illegal_characters(name: str, legal: str) -> ApiError:
    """A parameter does not look like what it should be."""
    return ApiError(-1100, f"Illegal characters found in parameter '{name}'; legal range is '{legal}'.")


def invalid(name: str) -> ApiError:
    """A parameter is well-formed and out of range."""
    return ApiError(-1130, f"Data sent for parameter '{name}' is not valid.")


INVALID_SYMBOL = (-1121, "Invalid symbol.")
INVALID_INTERVAL = (-1120, "Invalid interval.")
