"""Which deploy replaced another, and which one that other had replaced.

A deploy runs until the next one of its code deployment to its environment.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, or_, select
from sqlalchemy.orm import aliased

from sleuth.deploys.models import Deploy, shortened

Columns = tuple[ColumnElement[Any], ...]


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


def following_of(row: Row[Any]) -> Neighbouring | None:
    """Return what replaced the deploy of a row that has ``COLUMNS``, None if nothing did."""
    return Neighbouring(row.next_id, row.next_revision, row.next_at) if row.next_id else None


def previous_of(row: Row[Any]) -> Neighbouring | None:
    """Return what the deploy of a row that has ``PREVIOUS_COLUMNS`` replaced, None if nothing."""
    if not row.previous_id:
        return None
    return Neighbouring(row.previous_id, row.previous_revision, row.previous_at)


def _next() -> Columns:
    later = aliased(Deploy)
    return _columns("next", later, _is_after(later, Deploy), later.deployed_at, later.id)


def _previous() -> Columns:
    earlier = aliased(Deploy)
    newest_first = earlier.deployed_at.desc(), earlier.id.desc()
    return _columns("previous", earlier, _is_after(Deploy, earlier), *newest_first)


def _columns(name: str, other: Any, condition: ColumnElement[bool], *order: Any) -> Columns:
    """Look each up for the rows that are shown: PostgreSQL would join it to all that there are."""
    told = {"id": other.public_id, "revision": other.revision, "at": other.deployed_at}
    return tuple(
        select(column)
        .where(_is_alike(other, Deploy), condition)
        .order_by(*order)
        .limit(1)
        .correlate(Deploy)
        .scalar_subquery()
        .label(f"{name}_{what}")
        for what, column in told.items()
    )


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


COLUMNS, PREVIOUS_COLUMNS = _next(), _previous()
