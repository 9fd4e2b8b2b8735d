"""Whom to ask what is new: statements for the tick, which loads nothing heavy."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, func, or_, select

from sleuth.deploys.models import Deploy
from sleuth.extensions import db
from sleuth.health.models import NewErrors, UsualNewErrors, Verdict
from sleuth.health.new_errors.looks import LAG, RECENT
from sleuth.impact.models import ImpactSource
from sleuth.integrations.models import Integration
from sleuth.integrations.service import registry

MOST_DUE = 200


def due_verdict_ids(now: datetime) -> list[int]:
    """Return a verdict of each group of deploys that has no list yet, or one that is due.

    A group shares what is new, so that its tracker is asked once.
    """
    recent = now - RECENT
    return list(
        db.session.scalars(
            select(func.min(Verdict.id))
            .select_from(ImpactSource)
            .join(Integration, Integration.id == ImpactSource.integration_id)
            .join(
                Deploy,
                and_(
                    Deploy.environment_id == ImpactSource.environment_id,
                    Deploy.deployed_at >= recent,
                ),
            )
            .join(
                Verdict,
                and_(Verdict.deploy_id == Deploy.id, Verdict.impact_source_id == ImpactSource.id),
            )
            .outerjoin(NewErrors, NewErrors.verdict_id == Verdict.id)
            .where(
                *may_be_asked(now),
                Verdict.began_at >= recent,
                or_(NewErrors.verdict_id.is_(None), is_due(now)),
            )
            .group_by(ImpactSource.id, Verdict.began_at)
            .order_by(func.min(Verdict.id).desc())
            .limit(MOST_DUE)
        )
    )


def due_source_ids(now: datetime) -> list[int]:
    """Return the sources with a deploy of late whose usual number of new errors is not known."""
    recent = now - RECENT
    has_deploy = exists().where(
        Deploy.environment_id == ImpactSource.environment_id, Deploy.deployed_at >= recent
    )
    has_turn = or_(UsualNewErrors.impact_source_id.is_(None), is_usual_due(now))
    return list(
        db.session.scalars(
            select(ImpactSource.id)
            .join(Integration, Integration.id == ImpactSource.integration_id)
            .outerjoin(UsualNewErrors, UsualNewErrors.impact_source_id == ImpactSource.id)
            .where(*may_be_asked(now), has_turn, has_deploy)
            .order_by(ImpactSource.id)
            .limit(MOST_DUE)
        )
    )


def is_due(now: datetime) -> ColumnElement[bool]:
    """Whether a list is to be asked for again, and nobody does: its time, or its end, has come."""
    has_ended = and_(
        NewErrors.due_at.is_not(None),
        NewErrors.failure_count == 0,
        Verdict.ended_at <= now - LAG,
        Verdict.ended_at > func.coalesce(NewErrors.asked_until, Verdict.began_at),
    )
    is_free = or_(NewErrors.claimed_until.is_(None), NewErrors.claimed_until <= now)
    return and_(is_free, or_(NewErrors.due_at <= now, has_ended))


def is_usual_due(now: datetime) -> ColumnElement[bool]:
    """Whether a source's usual number is to be asked for again, and nobody does."""
    is_free = or_(UsualNewErrors.claimed_until.is_(None), UsualNewErrors.claimed_until <= now)
    return and_(UsualNewErrors.due_at <= now, is_free)


def may_be_asked(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Whether a source's tracker can tell what is new, and is not to be left alone."""
    able = [
        slug
        for slug, each in registry().trackers.items()
        if each.info.capabilities.reports_new_errors
    ]
    return (
        Integration.provider.in_(sorted(able)),
        Integration.paused_at.is_(None),
        ImpactSource.paused_at.is_(None),
        or_(Integration.retry_at.is_(None), Integration.retry_at <= now),
    )
