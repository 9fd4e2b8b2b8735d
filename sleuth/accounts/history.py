"""What the audit log says of one integration, connected or not."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, exists, func, select

from sleuth.accounts.audit import PAGE_SIZE, SYSTEM
from sleuth.accounts.models import AuditEntry, Membership, User
from sleuth.extensions import db

SLEUTH = "Sleuth"


@dataclass(frozen=True, slots=True)
class Line:
    """One entry and who made it.

    Args:
        who: A person's name, "Sleuth" for what nobody asked for, or e.g. "command line".
        is_gone: Whether that is a person who is no member any more.
    """

    entry: AuditEntry
    who: str
    is_gone: bool


@dataclass(frozen=True, slots=True)
class History:
    """One page of the entries of an integration, newest first.

    Args:
        older: What names the page before in time, None if there is none.
        newer: What names the page after; 0 for the newest page.
    """

    lines: list[Line]
    older: int | None
    newer: int | None


def read(organization_id: int, provider: str, upto: int | None = None) -> History:
    """Return a page of what was done to an integration.

    Entries are numbered from the oldest, so a page stays the same while others are added.

    Args:
        upto: Number of the newest entry wanted; None or 0 for the newest there is.
    """
    total = _count(organization_id, provider)
    last = min(max(upto or total, 0), total)
    first = max(last - PAGE_SIZE, 0)
    newer = last + PAGE_SIZE if last + PAGE_SIZE < total else 0
    return History(
        lines=_lines(organization_id, provider, first, last - first),
        older=first or None,
        newer=newer if last < total else None,
    )


def has_any(organization_id: int, provider: str) -> bool:
    """Tell whether anything was ever done to an integration."""
    found = select(exists().where(*_of_it(organization_id, provider)))
    return bool(db.session.scalar(found))


def _count(organization_id: int, provider: str) -> int:
    counted = select(func.count(AuditEntry.id)).where(*_of_it(organization_id, provider))
    return db.session.scalar(counted) or 0


def _lines(organization_id: int, provider: str, first: int, count: int) -> list[Line]:
    is_member = and_(Membership.user_id == User.id, Membership.organization_id == organization_id)
    rows = db.session.execute(
        select(AuditEntry, User, Membership.id)
        .outerjoin(User, User.id == AuditEntry.actor_id)
        .outerjoin(Membership, is_member)
        .where(*_of_it(organization_id, provider))
        .order_by(AuditEntry.id)
        .offset(first)
        .limit(count)
    ).all()
    return [_line(entry, person, member) for entry, person, member in reversed(rows)]


def _line(entry: AuditEntry, person: User | None, membership_id: int | None) -> Line:
    if person is not None:
        return Line(entry, person.name or person.email, membership_id is None)
    who = SLEUTH if entry.actor_label == SYSTEM else entry.actor_label
    return Line(entry, who, "@" in who)


def _of_it(organization_id: int, provider: str) -> tuple[ColumnElement[bool], ...]:
    return AuditEntry.organization_id == organization_id, AuditEntry.provider == provider
