"""Attempts to validate something with a tracker: started by a dialog, decided by a job."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, or_, select, update

from sleuth import clock, queue
from sleuth.accounts import audit
from sleuth.extensions import db, rows_changed, write
from sleuth.ids import new_public_id
from sleuth.integrations.models import CheckKind, CheckState, ConnectionCheck
from sleuth.trackers import name_of

LIFETIME = timedelta(hours=1)
LEASE = timedelta(seconds=queue.JOB_TIMEOUT_SECONDS)
REMEMBERED = timedelta(days=1)
PATIENCE = timedelta(seconds=20)
OPEN_STATES = (CheckState.RUNNING, CheckState.INCOMPLETE)


def start(
    *,
    organization_id: int,
    provider: str,
    kind: CheckKind,
    payload: dict[str, Any],
    user_id: int,
    integration_id: int | None = None,
    result: dict[str, Any] | None = None,
) -> ConnectionCheck:
    """Store an attempt that a job will decide; call inside ``with write():``.

    Args:
        payload: What is to be validated; encrypted, and erased once decided.
        integration_id: The integration concerned, if it exists already.
        result: What may be shown of the attempt whatever its outcome; never a secret.
    """
    now = clock.now()
    check = ConnectionCheck(
        public_id=new_public_id(),
        organization_id=organization_id,
        integration_id=integration_id,
        provider=provider,
        kind=kind,
        payload=payload,
        state=CheckState.RUNNING,
        result=result or {},
        created_by_id=user_id,
        created_at=now,
        expires_at=now + LIFETIME,
        due_at=now,
    )
    db.session.add(check)
    audit.record(organization_id, f"{kind}.check_started", name_of(provider), provider=provider)
    _publish(check)
    db.session.flush()
    return check


def begin(
    job: str,
    *,
    organization_id: int,
    provider: str,
    kind: CheckKind,
    payload: dict[str, Any],
    user_id: int,
    integration_id: int | None = None,
    result: dict[str, Any] | None = None,
    may_begin: Callable[[], None] = lambda: None,
) -> str:
    """Store an attempt, and then enqueue the job that decides it.

    Args:
        job: Dotted name; it is given the attempt's id.
        may_begin: Asked first, in the same transaction; what it raises ends it.

    Returns:
        The public id of the attempt, to watch it by. The other arguments are those of
        :func:`start`.
    """
    with write():
        may_begin()
        check = start(
            organization_id=organization_id,
            provider=provider,
            kind=kind,
            payload=payload,
            user_id=user_id,
            integration_id=integration_id,
            result=result,
        )
        check_id, public_id = check.id, check.public_id
    queue.enqueue(job, check_id)
    return public_id


def find(
    kind: CheckKind, organization_id: int, provider: str, public_id: str
) -> ConnectionCheck | None:
    """Return an organization's attempt of this kind, or None."""
    return db.session.scalar(
        select(ConnectionCheck).where(
            ConnectionCheck.kind == kind,
            ConnectionCheck.organization_id == organization_id,
            ConnectionCheck.provider == provider,
            ConnectionCheck.public_id == public_id,
        )
    )


def claim(check_id: int, now: datetime) -> ConnectionCheck | None:
    """Take the lease on a running attempt; None if it is decided or somebody has it."""
    with write():
        taken = rows_changed(
            update(ConnectionCheck)
            .where(ConnectionCheck.id == check_id, *_is_claimable(now))
            .values(claimed_until=now + LEASE)
        )
        if not taken:
            return None
    return db.session.get(ConnectionCheck, check_id)


def give_back(check_id: int) -> None:
    """End the lease on a running attempt, in a transaction of its own; it is due again."""
    with write():
        check = still_running(check_id)
        if check is not None:
            check.claimed_until = None


def due_ids(kind: CheckKind, now: datetime) -> list[int]:
    """Return the ids of attempts of ``kind`` that nobody is working on."""
    return list(
        db.session.scalars(
            select(ConnectionCheck.id).where(ConnectionCheck.kind == kind, *_is_claimable(now))
        )
    )


def running_providers(organization_id: int) -> set[str]:
    """Return the trackers that somebody is just connecting, or connecting again."""
    return set(
        db.session.scalars(
            select(ConnectionCheck.provider).where(
                ConnectionCheck.organization_id == organization_id,
                ConnectionCheck.kind.in_((CheckKind.CONNECT, CheckKind.RESTORE)),
                ConnectionCheck.state == CheckState.RUNNING,
            )
        )
    )


def open_ones(organization_id: int, provider: str) -> list[ConnectionCheck]:
    """Return an organization's attempts with a tracker that are not settled, locked."""
    return list(
        db.session.scalars(
            select(ConnectionCheck)
            .where(
                ConnectionCheck.organization_id == organization_id,
                ConnectionCheck.provider == provider,
                ConnectionCheck.state.in_(OPEN_STATES),
            )
            .order_by(ConnectionCheck.id)
            .with_for_update()
        )
    )


def still_running(check_id: int) -> ConnectionCheck | None:
    """Re-read an attempt inside ``with write():``; None if it was cancelled meanwhile."""
    check = db.session.get(ConnectionCheck, check_id)
    return check if check is not None and check.state == CheckState.RUNNING else None


def decide(check: ConnectionCheck, state: CheckState, message: str, **result: Any) -> None:
    """Settle an attempt inside ``with write():``; what was to be validated is erased."""
    check.state = state
    check.message = message
    check.result = {**check.result, **result}
    check.due_at = None
    check.claimed_until = None
    if state is not CheckState.INCOMPLETE:
        check.payload = None
    _publish(check)


def _publish(check: ConnectionCheck) -> None:
    """Let cards tell that a tracker is being asked, and that it has answered."""
    if check.kind != CheckKind.IMPACT_SOURCE:
        audit.publish(check.organization_id, "integrationChanged", check.provider)


@contextmanager
def as_author(check: ConnectionCheck) -> Iterator[None]:
    """Log the changes in the block as made by whoever started the attempt."""
    author = check.created_by
    with audit.acting_as(author.email if author else audit.SYSTEM, check.created_by_id):
        yield


def fail(check_id: int, message: str) -> None:
    """Settle a running attempt as failed, in a transaction of its own."""
    with write():
        check = still_running(check_id)
        if check is not None:
            decide(check, CheckState.FAILED, message)


def cancel(check: ConnectionCheck) -> None:
    """Give up an attempt that is not settled, in a transaction of its own."""
    check_id = check.id
    with write():
        current = db.session.get(ConnectionCheck, check_id)
        if current is not None and current.state in OPEN_STATES:
            decide(current, CheckState.CANCELLED, "Cancelled.")
            audit.record(
                current.organization_id,
                f"{current.kind}.check_cancelled",
                name_of(current.provider),
                provider=current.provider,
            )


def is_waiting_long(check: ConnectionCheck, now: datetime) -> bool:
    """Tell whether no worker has taken the attempt for longer than people wait gladly."""
    return check.claimed_until is None and now - check.created_at > PATIENCE


def erase_expired(now: datetime) -> int:
    """Settle attempts that nobody decided within an hour, and forget old ones."""
    with write():
        stale = list(
            db.session.scalars(
                select(ConnectionCheck).where(
                    ConnectionCheck.expires_at <= now, ConnectionCheck.state.in_(OPEN_STATES)
                )
            )
        )
        for check in stale:
            decide(check, CheckState.FAILED, "This took too long and was given up. Try again.")
        db.session.execute(
            delete(ConnectionCheck).where(ConnectionCheck.expires_at <= now - REMEMBERED)
        )
    return len(stale)


def _is_claimable(now: datetime) -> tuple[Any, ...]:
    return (
        ConnectionCheck.state == CheckState.RUNNING,
        ConnectionCheck.due_at <= now,
        ConnectionCheck.expires_at > now,
        or_(ConnectionCheck.claimed_until.is_(None), ConnectionCheck.claimed_until <= now),
    )
