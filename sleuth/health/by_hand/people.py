"""Who it was, for as long as anybody can say, and by what they were called then afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import select

from sleuth.accounts.models import Membership, User
from sleuth.extensions import db


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who says something.

    Args:
        name: What they are called.
        id: None if the account is gone.
    """

    name: str
    id: int | None = None

    @classmethod
    def of(cls, user: User) -> Person:
        """Return a person by what everybody calls them."""
        return cls(user.name or user.email, user.id)


def members(organization_id: int, user_ids: Iterable[int | None]) -> Mapping[int | None, str]:
    """Return what those of the accounts are called that are members now, in one statement."""
    wanted = {id_ for id_ in user_ids if id_ is not None}
    if not wanted:
        return {}
    rows = db.session.execute(
        select(User.id, User.name, User.email)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.organization_id == organization_id, User.id.in_(wanted))
    )
    return {row.id: row.name or row.email for row in rows}


def called(known: Mapping[int | None, str], user_id: int | None, label: str) -> str:
    """Return a member's name, or what somebody was called who is no member any more.

    Args:
        known: What members are called, by account.
        label: What they were called then.
    """
    if user_id in known:
        return known[user_id]
    return f"{label} (a former member)" if label else "a former member"
