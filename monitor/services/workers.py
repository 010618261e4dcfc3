"""Leases: at most one process does a named job at a time, on both databases and without row locks.

Every change is one conditional UPDATE, so of two processes that try at once exactly one succeeds.
"""

import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from django.db import DatabaseError, connection
from django.db.models import F, QuerySet
from django.utils import timezone

from monitor.models import WorkerLease
from monitor.services.process_identity import current_process, is_alive

LEASE_SECONDS = 60.0
RENEW_SECONDS = 15.0
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Lease:
    """Proof of ownership; ``fencing_token`` grows with every new owner of the name."""

    name: str
    owner: str
    fencing_token: int


def acquire_lease(name: str, owner: str | None = None, seconds: float = LEASE_SECONDS) -> Lease | None:
    """Take the lease ``name``, or None while another owner has it.

    An owner on this machine has it for as long as its process lives, whatever the clock says; an owner
    elsewhere until the lease expires.
    """
    row, _created = WorkerLease.objects.get_or_create(name=name, defaults={"expires_at": _LONG_AGO})
    if not _is_free(row):
        return None
    owner = owner or current_process()
    token = row.fencing_token + 1
    taken = WorkerLease.objects.filter(
        name=name, fencing_token=row.fencing_token, owner=row.owner, expires_at=row.expires_at
    ).update(owner=owner, expires_at=_expiry(seconds), fencing_token=F("fencing_token") + 1)
    return Lease(name, owner, token) if taken else None


def renew_lease(lease: Lease, seconds: float = LEASE_SECONDS) -> bool:
    """Keep the lease for ``seconds`` more; False when it is somebody else's by now."""
    return bool(_rows_of(lease).update(expires_at=_expiry(seconds)))


def release_lease(lease: Lease) -> None:
    """Give the lease back; nothing happens when it is somebody else's by now."""
    _rows_of(lease).update(owner="", expires_at=_LONG_AGO)


class LeaseKeeper:
    """Renews a lease in the background, on a connection of its own, while the owner is busy."""

    def __init__(self, lease: Lease, every_seconds: float = RENEW_SECONDS) -> None:
        self._lease = lease
        self._every_seconds = every_seconds
        self._stop = threading.Event()
        self._lost = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"lease {lease.name}", daemon=True)

    @property
    def lost(self) -> bool:
        return self._lost.is_set()

    def __enter__(self) -> "LeaseKeeper":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(self._every_seconds):
            try:
                if not renew_lease(self._lease):
                    self._lost.set()
                    return
            except DatabaseError as error:
                # A long write of the owner itself can hold the database; the next round tries again.
                log.warning("lease_not_renewed", lease=self._lease.name, reason=str(error))
            finally:
                connection.close()


def _rows_of(lease: Lease) -> "QuerySet[WorkerLease]":
    return WorkerLease.objects.filter(name=lease.name, owner=lease.owner, fencing_token=lease.fencing_token)


def _is_free(row: WorkerLease) -> bool:
    if not row.owner:
        return True
    alive = is_alive(row.owner)
    return row.expires_at <= timezone.now() if alive is None else not alive


def _expiry(seconds: float) -> datetime:
    return timezone.now() + timedelta(seconds=seconds)
