"""Which deploy replaced another, and which one that other had replaced.

A deploy runs until the next one of its code deployment to its environment.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, or_, select
from sqlalchemy.orm import aliased

from sleuth.dashboard.filters import Statement
from sleuth.deploys.models import Deploy, shortened

FOLLOWING = aliased(Deploy, name="following")
PREVIOUS = aliased(Deploy, name="previous")

PREVIOUS_COLUMNS = (
    PREVIOUS.public_id.label("previous_id"),
    PREVIOUS.revision.label("previous_revision"),
    PREVIOUS.deployed_at.label("previous_at"),
)
COLUMNS = (
    FOLLOWING.public_id.label("next_id"),
    FOLLOWING.revision.label("next_revision"),
    FOLLOWING.deployed_at.label("next_at"),
)


@dataclass(frozen=True, slots=True)
class Neighbouring:
    """The deploy before or after another, to the same environment."""

    public_id: str
    revision: str
    at: datetime

    @property
    def short_revision(self) -> str:
        """The revision as people say it."""
        return shortened(self.revision)


def with_following(statement: Statement) -> Statement:
    """Join the deploy that replaced each one, if any did; its columns are ``COLUMNS``."""
    later = aliased(Deploy)
    next_id = (
        select(later.id)
        .where(_is_alike(later, Deploy), _is_after(later, Deploy))
        .order_by(later.deployed_at, later.id)
        .limit(1)
        .correlate(Deploy)
        .scalar_subquery()
    )
    return statement.outerjoin(FOLLOWING, FOLLOWING.id == next_id)


def following_of(row: Row[Any]) -> Neighbouring | None:
    """Return what replaced the deploy of a row that has ``COLUMNS``."""
    return Neighbouring(row.next_id, row.next_revision, row.next_at) if row.next_id else None


def with_previous(statement: Statement) -> Statement:
    """Join the deploy that each one replaced, if any; its columns are ``PREVIOUS_COLUMNS``."""
    earlier = aliased(Deploy)
    previous_id = (
        select(earlier.id)
        .where(_is_alike(earlier, Deploy), _is_after(Deploy, earlier))
        .order_by(earlier.deployed_at.desc(), earlier.id.desc())
        .limit(1)
        .correlate(Deploy)
        .scalar_subquery()
    )
    return statement.outerjoin(PREVIOUS, PREVIOUS.id == previous_id)


def previous_of(row: Row[Any]) -> Neighbouring | None:
    """Return what the deploy of a row that has ``PREVIOUS_COLUMNS`` replaced, None if nothing."""
    if not row.previous_id:
        return None
    return Neighbouring(row.previous_id, row.previous_revision, row.previous_at)


def _is_alike(one: Any, other: Any) -> ColumnElement[bool]:
    return and_(
        one.code_deployment_id == other.code_deployment_id,
        one.environment_id == other.environment_id,
    )


def _is_after(later: Any, earlier: Any) -> ColumnElement[bool]:
    """Spelled so that an index on the time narrows it, whatever the database."""
    return and_(
        later.deployed_at >= earlier.deployed_at,
        or_(later.deployed_at > earlier.deployed_at, later.id > earlier.id),
    )
