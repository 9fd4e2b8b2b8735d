"""What new kinds of errors say of the deploys of one place, from stored rows alone."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, select

from sleuth.extensions import db
from sleuth.health.groups import Place
from sleuth.health.models import NewErrors, UsualNewErrors, Verdict
from sleuth.health.new_errors.weighing import Found, Kind, Usual, weigh


def weighed(
    source_id: int, place: Place, sensitivity: str, reason: str, now: datetime
) -> dict[str, Any] | None:
    """Return what a verdict keeps of new kinds of errors; None while too little is known.

    Args:
        reason: Why the health is unknown by the counts; "" if it is known.
        now: As of when; what the tracker told later was not known then.
    """
    row = db.session.execute(
        select(
            NewErrors.total,
            NewErrors.events,
            NewErrors.errors,
            NewErrors.asked_until,
            UsualNewErrors.kinds,
            UsualNewErrors.hours,
        )
        .join(NewErrors.verdict)
        .join(UsualNewErrors, UsualNewErrors.impact_source_id == Verdict.impact_source_id)
        .where(
            Verdict.impact_source_id == source_id,
            Verdict.deploy_id.in_(place.deploy_ids),
            NewErrors.asked_until > place.began_at,
            NewErrors.asked_at <= now,
            UsualNewErrors.kinds.is_not(None),
        )
        .order_by(NewErrors.asked_until.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    return weigh(_found(row, place), Usual(row.kinds, row.hours), sensitivity, reason)


def _found(row: Row[Any], place: Place) -> Found:
    until, began = int(row.asked_until.timestamp()), int(place.began_at.timestamp())
    kinds = tuple(Kind((each["first_seen"] - began) / 60, each["count"]) for each in row.errors)
    return Found(kinds, row.total, row.events, until, max(1, round((until - began) / 60)))
