"""What was new after deploys, as cards and the deploy page say it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from sleuth.dashboard.links import secure_address
from sleuth.extensions import db
from sleuth.health.models import NewErrors


@dataclass(frozen=True, slots=True)
class NewKind:
    """One kind of error that was first seen after a deploy.

    Args:
        url: The tracker's page about it, or "".
        users: People affected, None if the tracker does not tell.
    """

    title: str
    url: str
    count: int
    users: int | None
    first_seen_at: datetime


@dataclass(frozen=True, slots=True)
class NewKinds:
    """What a tracker first saw after a deploy.

    Args:
        kinds: Those with the most events; of ``total``.
        is_full: Whether a page about this deploy shows it, with all that is kept.
        asked_at: When the tracker last answered, None if it has not yet.
        asked_until: Up to when it told.
        due_at: When it is asked next, None if it has told all.
        error: Why it did not answer the last time, "" if it did.
    """

    kinds: tuple[NewKind, ...]
    total: int
    is_full: bool
    asked_at: datetime | None
    asked_until: datetime | None
    due_at: datetime | None
    error: str

    @property
    def more(self) -> int:
        """How many there are besides those listed."""
        return max(0, self.total - len(self.kinds))

    @property
    def is_shown(self) -> bool:
        """Whether there is anything to say: a card keeps silent about nothing."""
        return self.is_full or bool(self.total or self.error)


def top_of(row: NewErrors | None) -> NewKinds | None:
    """Return what a card says of a list; nothing where the tracker cannot tell."""
    return None if row is None else _told(row, row.top, is_full=False)


def read_in_full(verdict_ids: Sequence[int]) -> dict[int, NewKinds]:
    """Return all that is kept of what was new, by verdict."""
    if not verdict_ids:
        return {}
    rows = db.session.execute(
        select(NewErrors, NewErrors.errors).where(NewErrors.verdict_id.in_(verdict_ids))
    )
    return {row.verdict_id: _told(row, errors, is_full=True) for row, errors in rows}


def _told(row: NewErrors, listed: Sequence[dict[str, Any]], *, is_full: bool) -> NewKinds:
    return NewKinds(
        kinds=tuple(_kind(each) for each in listed),
        total=row.total,
        is_full=is_full,
        asked_at=row.asked_at,
        asked_until=row.asked_until,
        due_at=row.due_at,
        error=row.last_error,
    )


def _kind(entry: dict[str, Any]) -> NewKind:
    return NewKind(
        title=entry["title"],
        url=secure_address(entry["url"]),
        count=entry["count"],
        users=entry["users"],
        first_seen_at=datetime.fromtimestamp(entry["first_seen"], UTC),
    )
