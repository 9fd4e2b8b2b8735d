"""What new kinds of errors say of the deploys of one place, from stored rows alone."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, select

from sleuth.extensions import db
from sleuth.health.groups import Place
from sleuth.health.models import NewErrors, Verdict
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
            NewErrors.usual_kinds,
            NewErrors.usual_hours,
        )
        .join(NewErrors.verdict)
        .where(
            Verdict.impact_source_id == source_id,
            Verdict.deploy_id.in_(place.deploy_ids),
            NewErrors.asked_until > place.began_at,
            NewErrors.asked_at <= now,
            NewErrors.usual_kinds.is_not(None),
        )
        .order_by(NewErrors.asked_until.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    return weigh(_found(row, place), Usual(row.usual_kinds, row.usual_hours), sensitivity, reason)


def _found(row: Row[Any], place: Place) -> Found:
    """Take of a list what lies in a place: deploys may have been grouped otherwise when asked."""
    until, began = row.asked_until, int(place.began_at.timestamp())
    if place.ended_at is not None:
        until = min(until, place.ended_at)
    end = int(until.timestamp())
    outside = [each["count"] for each in row.errors if not began <= each["first_seen"] < end]
    return Found(
        tuple(
            Kind((each["first_seen"] - began) / 60, each["count"])
            for each in row.errors
            if began <= each["first_seen"] < end
        ),
        row.total - len(outside),
        row.events - sum(outside),
        end,
        max(1, round((end - began) / 60)),
    )
