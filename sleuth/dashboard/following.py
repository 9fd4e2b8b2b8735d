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
from sleuth.extensions import db

FOLLOWING = aliased(Deploy, name="following")

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


def read_previous(public_id: str) -> Neighbouring | None:
    """Return the deploy that this one replaced, None if it was the first."""
    this = aliased(Deploy)
    row = db.session.execute(
        select(Deploy.public_id, Deploy.revision, Deploy.deployed_at)
        .join(this, and_(_is_alike(this, Deploy), _is_after(this, Deploy)))
        .where(this.public_id == public_id)
        .order_by(Deploy.deployed_at.desc(), Deploy.id.desc())
        .limit(1)
    ).first()
    return Neighbouring(*row) if row else None


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
