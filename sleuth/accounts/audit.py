"""The audit log and the outbox, both written in the transaction of the change itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta
from typing import Any

from flask import g, has_request_context
from flask_login import current_user
from flask_sqlalchemy.pagination import Pagination
from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import aliased

from sleuth import clock
from sleuth.accounts import actions
from sleuth.accounts.models import AuditEntry, Event
from sleuth.extensions import at_the_end, db, lock_until_commit, write

SYSTEM = "system"
PAGE_SIZE = 50
FURTHEST_PAGE = 10**9
"""Beyond it there is nothing; a database does not even understand numbers of thirty digits."""

EVENT_LIFETIME = timedelta(days=1)
ORDER_OF_EVENTS = 1
"""Kind of the lock that keeps the ids of an organization's events in the order of commits."""

_named_actor: ContextVar[tuple[int | None, str] | None] = ContextVar("named_actor", default=None)


@contextmanager
def acting_as(label: str, user_id: int | None = None) -> Iterator[None]:
    """Name who makes the changes in the block, where nobody is signed in.

    The outermost block wins: the command line stays the author of all that it calls.

    Args:
        label: What the log shows: an e-mail address, or e.g. "command line".
        user_id: The account, if it is a person's.
    """
    before = _named_actor.set(_named_actor.get() or (user_id, label))
    try:
        yield
    finally:
        _named_actor.reset(before)


def record(
    organization_id: int | None,
    action: str,
    subject: str,
    *,
    provider: str | None = None,
    **detail: Any,
) -> None:
    """Note inside ``with write():`` who did what.

    Args:
        organization_id: Whose log it is; None for changes outside any organization.
        action: ``<noun>.<past participle>``, e.g. ``integration.connected``; one of
            :data:`sleuth.accounts.actions.WORDS`.
        subject: What it was done to, as a person knows it; never a secret.
        provider: The integration that it concerns, itself or by an impact source.
        detail: JSON-serializable particulars; never a secret.

    Raises:
        ValueError: There are no words for the action, or it lacks its provider.
    """
    actions.check(action, provider)
    actor_id, actor_label = _actor()
    db.session.add(
        AuditEntry(
            organization_id=organization_id,
            actor_id=actor_id,
            actor_label=actor_label,
            action=action,
            subject=subject[:254],
            provider=provider,
            detail=detail,
            created_at=clock.now(),
        )
    )


def publish(organization_id: int, name: str, subject: str = "") -> None:
    """Put an event into the outbox inside ``with write():``; live pages hear of it, once.

    Args:
        subject: What it happened to, by public id, slug or provider; who hears of it is said in
            :mod:`sleuth.dashboard.changes`.
    """
    at_the_end(_put_out, (organization_id, name, subject))


def _put_out(events: list[tuple[int, str, str]]) -> None:
    """Store events so that whoever has heard of one has heard of all with smaller ids."""
    db.session.flush()
    for organization_id in sorted({each[0] for each in events}):
        lock_until_commit(ORDER_OF_EVENTS, organization_id)
    told = [
        {"organization_id": organization_id, "name": name, "subject": subject}
        for organization_id, name, subject in dict.fromkeys(events)
    ]
    db.session.execute(insert(Event).values(created_at=clock.now()), told)


def forget_old_events(now: datetime) -> None:
    """Empty the outbox of what every live page has heard long ago.

    The newest event of each organization stays: a page that has heard of more than there is
    draws everything, and SQLite would give the id of the newest of all to the next one.
    """
    other = aliased(Event)
    newest = select(func.max(other.id)).where(other.organization_id == Event.organization_id)
    with write():
        db.session.execute(
            delete(Event)
            .where(Event.created_at < now - EVENT_LIFETIME, Event.id < newest.scalar_subquery())
            .execution_options(synchronize_session=False)
        )


def entries(organization_id: int, page: int = 1) -> Pagination:
    """Return one page of an organization's entries, newest first."""
    newest_first = (
        select(AuditEntry)
        .where(AuditEntry.organization_id == organization_id)
        .order_by(AuditEntry.id.desc())
    )
    page = min(page, FURTHEST_PAGE)
    return db.paginate(newest_first, page=page, per_page=PAGE_SIZE, error_out=False)


def _actor() -> tuple[int | None, str]:
    named = _named_actor.get()
    if named is not None:
        return named
    if not has_request_context():
        return None, SYSTEM
    token = g.get("access_token")
    if token is not None:
        return None, f"access token {token.name}"
    if current_user.is_authenticated:
        return current_user.id, current_user.email
    return None, SYSTEM
