"""What services raise when they cannot do what was asked; ``code`` is what stands in ``--json``.

ServiceError
├─ DatabaseOperationFailed   ERR_DB_OPERATION_FAILED: locked, full, read-only, away or not migrated
└─ LeaseLost                 ERR_LEASE_LOST: another process took this job over
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DatabaseError, IntegrityError, InterfaceError

_TOO_LARGE = "A number is larger than its column can hold: it cannot be a genuine price or amount."

# What the databases say, lower case, and what a person can do about it.
_ADVICE = (
    ("locked", "The database is locked by another process: run again when it has finished."),
    ("lock timeout", "The database is locked by another process: run again when it has finished."),
    ("full", "The disk or the database is full: free some space and run again."),
    ("no space left", "The disk or the database is full: free some space and run again."),
    ("readonly", "The database is read-only: give this user the right to write to the file and its folder."),
    ("read-only", "The database is read-only: name a writable one in DATABASE_URL."),
    ("unable to open", "The database file cannot be opened: check the path in DATABASE_URL and its rights."),
    ("no such table", "The database has no tables yet: run `manage.py migrate` first."),
    ("does not exist", "The database lacks something it should have: run `manage.py migrate` first."),
    ("out of range", _TOO_LARGE),
    ("overflow", _TOO_LARGE),
    ("too large", _TOO_LARGE),
)


class ServiceError(Exception):
    """Base of the errors that a user can act on; ``message`` says what would be right."""

    code = "ERR_SERVICE"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class DatabaseOperationFailed(ServiceError):
    """The database refused; nothing of the operation was stored."""

    code = "ERR_DB_OPERATION_FAILED"


class LeaseLost(ServiceError):
    """Another process holds the lease now, so this one must stop."""

    code = "ERR_LEASE_LOST"


@contextmanager
def database_errors() -> Iterator[None]:
    """Turn the database's own complaints into ``DatabaseOperationFailed``; use it outside ``atomic``."""
    try:
        yield
    except IntegrityError:  # not the database's trouble but a question that the caller must answer
        raise
    except (DatabaseError, InterfaceError, OverflowError) as error:
        raise DatabaseOperationFailed(_explain(error)) from error


def _explain(error: Exception) -> str:
    words = " ".join(str(error).split())
    for sign, advice in _ADVICE:
        if sign in words.lower():
            return f"{advice} ({words})"
    return f"The database refused: {words}"
