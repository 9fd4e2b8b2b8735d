"""What of the verdicts is due: statements for the tick, which loads nothing heavy."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select

from sleuth.buckets import MINUTE
from sleuth.deploys.models import Deploy
from sleuth.extensions import db
from sleuth.health.models import Timeline, Verdict
from sleuth.health.watching import watched
from sleuth.impact.models import ImpactSource
from sleuth.impact.service import changed_source_ids

MOST_DUE = 200
DRAWN_FOR = timedelta(minutes=66)
"""How long the picture of minutes grows: an hour, and until that is collected."""

DRAWN_CLOSELY_FOR = timedelta(minutes=20)
"""So long it grows from minute to minute, because somebody may be waiting for each."""

DRAWN_EVERY = timedelta(minutes=7)
"""Later, so old the last counts in it are before it is drawn again, and with it the card in every
tab. As counts are two minutes late, it grows by five at a time."""


def due_deploy_ids(now: datetime) -> list[int]:
    """Return the deploys that lack a verdict, or whose next look has come; the newest first.

    Of more than can be judged at once, those that have waited longest.
    """
    overdue = db.session.scalars(
        select(Verdict.deploy_id)
        .outerjoin(Verdict.impact_source)
        .where(_is_due(now))
        .group_by(Verdict.deploy_id)
        .order_by(func.min(Verdict.due_at))
        .limit(MOST_DUE)
    )
    missing = db.session.scalars(_without_verdict(now).order_by(Deploy.id).limit(MOST_DUE))
    return sorted({*overdue, *missing}, reverse=True)


def is_due(deploy_id: int, now: datetime) -> bool:
    """Tell whether a deploy lacks a verdict, or the next look at one has come."""
    overdue = select(Verdict.id).outerjoin(Verdict.impact_source).where(_is_due(now))
    return bool(
        db.session.scalar(
            select(
                or_(
                    overdue.where(Verdict.deploy_id == deploy_id).exists(),
                    _without_verdict(now).where(Deploy.id == deploy_id).exists(),
                )
            )
        )
    )


def _is_due(now: datetime) -> ColumnElement[bool]:
    """The time has come, or the counts of the next look have."""
    is_open = Verdict.due_at.is_not(None)
    return or_(Verdict.due_at <= now, and_(is_open, ImpactSource.complete_until >= Verdict.look_at))


def _without_verdict(now: datetime) -> Select[int]:
    has_verdict = exists().where(
        and_(Verdict.deploy_id == Deploy.id, Verdict.impact_source_id == ImpactSource.id)
    )
    return (
        select(Deploy.id)
        .join(ImpactSource, ImpactSource.environment_id == Deploy.environment_id)
        .where(
            ~has_verdict,
            Deploy.deployed_at <= now,
            watched(now),
        )
        .distinct()
    )


def due_picture_ids(now: datetime) -> list[int]:
    """Return the deploys whose pictures can grow though no look has come."""
    is_drawn = or_(ImpactSource.interval_seconds > MINUTE, Verdict.began_at > now - DRAWN_FOR)
    is_awaited = or_(
        Verdict.began_at > now - DRAWN_CLOSELY_FOR, Verdict.counted_until <= now - DRAWN_EVERY
    )
    has_more_counts = or_(
        Verdict.counted_until.is_(None),
        and_(Verdict.counted_until < ImpactSource.complete_until, is_awaited),
    )
    return list(
        db.session.scalars(
            select(Verdict.deploy_id)
            .join(Verdict.impact_source)
            .where(
                Verdict.due_at > now,
                ImpactSource.complete_until < Verdict.look_at,
                has_more_counts,
                is_drawn,
            )
            .distinct()
            .order_by(Verdict.deploy_id.desc())
            .limit(MOST_DUE)
        )
    )


def due_changes(now: datetime) -> list[int]:
    """Return one number if the known past of any impact source has become another.

    Of very many sources most change in most minutes; a job for each would keep everybody
    else waiting.
    """
    return [0] if changed_source_ids(now) else []


def due_timelines(_now: datetime) -> list[int]:
    """Return one number if deploys were registered or deleted since verdicts were grouped."""
    return [0] if changed_environment_ids(limit=1) else []


def changed_environment_ids(limit: int) -> list[int]:
    """Return environments whose deploys are others than verdicts were grouped by.

    Read from an index alone, so that ten thousand deploys cost a few milliseconds.
    """
    seen = fingerprints().subquery()
    differs = or_(
        Timeline.environment_id.is_(None),
        Timeline.deploy_count != seen.c.deploy_count,
        Timeline.newest_id != seen.c.newest_id,
        Timeline.newest_at != seen.c.newest_at,
    )
    return list(
        db.session.scalars(
            select(seen.c.environment_id)
            .outerjoin(Timeline, Timeline.environment_id == seen.c.environment_id)
            .where(differs)
            .order_by(seen.c.environment_id)
            .limit(limit)
        )
    )


def fingerprints() -> Select[int, int, int, datetime]:
    """Select what tells one set of an environment's deploys from another."""
    return select(
        Deploy.environment_id,
        func.count().label("deploy_count"),
        func.max(Deploy.id).label("newest_id"),
        func.max(Deploy.deployed_at).label("newest_at"),
    ).group_by(Deploy.environment_id)
