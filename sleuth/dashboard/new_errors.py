"""What was new after deploys, for any number of verdicts in one statement."""

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


def read_new_kinds(verdict_ids: Sequence[int], *, in_full: bool = False) -> dict[int, NewKinds]:
    """Return what was new, by verdict; nothing where the tracker cannot tell.

    Args:
        in_full: All that is kept, not only the first few.
    """
    listed = NewErrors.errors if in_full else NewErrors.top
    rows = db.session.execute(
        select(
            NewErrors.verdict_id,
            NewErrors.total,
            NewErrors.asked_at,
            NewErrors.asked_until,
            NewErrors.due_at,
            NewErrors.last_error,
            listed.label("listed"),
        ).where(NewErrors.verdict_id.in_(verdict_ids))
    )
    return {
        row.verdict_id: NewKinds(
            tuple(_kind(each) for each in row.listed),
            row.total,
            in_full,
            row.asked_at,
            row.asked_until,
            row.due_at,
            row.last_error,
        )
        for row in rows
    }


def _kind(entry: dict[str, Any]) -> NewKind:
    return NewKind(
        title=entry["title"],
        url=secure_address(entry["url"]),
        count=entry["count"],
        users=entry["users"],
        first_seen_at=datetime.fromtimestamp(entry["first_seen"], UTC),
    )
