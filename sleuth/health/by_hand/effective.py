"""A deploy's health as it counts: as somebody set it, else as it was judged."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, SQLColumnExpression, select

from sleuth.extensions import db
from sleuth.health.by_hand.models import Override
from sleuth.health.words import HasHealth, overall


def effective(verdicts: Iterable[HasHealth], by_hand: str | None) -> tuple[str, str]:
    """Return a deploy's health and, if it is unknown, the reason.

    Args:
        by_hand: The health that stands by hand, if one does.
    """
    return (by_hand, "") if by_hand else overall(verdicts)


def health_by_hand(deploy_id: int) -> str | None:
    """Return the health that somebody set, None if none stands."""
    return db.session.scalar(
        select(Override.health).where(Override.deploy_id == deploy_id, Override.ended_at.is_(None))
    )


def set_health(deploy_id: SQLColumnExpression[Any]) -> ColumnElement[str | None]:
    """Return an expression for the same, for statements over many deploys."""
    return (
        select(Override.health)
        .where(Override.deploy_id == deploy_id, Override.ended_at.is_(None))
        .correlate_except(Override)
        .scalar_subquery()
    )
