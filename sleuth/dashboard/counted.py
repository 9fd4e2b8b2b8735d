"""The window of counts that a verdict rests on, and where all of it is shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, select

from sleuth.buckets import MINUTE, duration
from sleuth.deploys.models import CodeDeployment, Deploy, shortened
from sleuth.extensions import db
from sleuth.health.models import Verdict
from sleuth.impact import schedule
from sleuth.impact.models import ImpactSource
from sleuth.projects.models import Project

AT_FIRST = 60
"""Minutes that are shown of a verdict which rests on none yet."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What a verdict rests on.

    Args:
        since, until: Whole buckets of its impact source.
        observed: How many errors came by then, None if nothing has been judged.
        source_id: The impact source's row.
        deploy_name: What was deployed, with its revision.
    """

    verdict_id: str
    since: datetime
    until: datetime
    step_seconds: int
    health: str
    reason: str
    observed: int | None
    source_id: int
    source_public_id: str
    project_slug: str
    deploy_id: str
    deploy_name: str

    @property
    def is_empty(self) -> bool:
        """Whether nothing has been counted yet."""
        return self.observed is None

    @property
    def lasted(self) -> str:
        """How long was counted, in words."""
        minutes = int((self.until - self.since).total_seconds()) // MINUTE
        return duration(minutes, self.step_seconds)


def read_counted(
    organization_id: int, verdict_id: str, minutes: int | None = None
) -> Counted | None:
    """Return what a verdict rests on; None if its impact source is gone, or there is none such.

    Args:
        verdict_id: Its public id.
        minutes: How much of it, as of an earlier look; all if that is not part of it.
    """
    row = db.session.execute(
        select(
            Verdict,
            ImpactSource.id,
            ImpactSource.public_id,
            ImpactSource.interval_seconds,
            Project.slug,
            Deploy.public_id.label("deploy_id"),
            Deploy.revision,
            Deploy.deployed_at,
            CodeDeployment.name,
        )
        .join(Verdict.deploy)
        .join(Deploy.code_deployment)
        .join(Verdict.impact_source)
        .join(ImpactSource.project)
        .where(Verdict.public_id == verdict_id, Deploy.organization_id == organization_id)
    ).one_or_none()
    return None if row is None else _counted(row, minutes)


def _counted(row: Row[*tuple[Any, ...]], minutes: int | None) -> Counted:
    verdict: Verdict = row.Verdict
    figures = verdict.assessment
    step: int = figures.get("picture_step", row.interval_seconds)
    since = _first_whole(verdict.began_at or row.deployed_at, step)
    whole = verdict.minutes_of_data
    length = minutes if minutes and 0 < minutes < whole else whole or AT_FIRST
    seen = figures.get("observed")
    return Counted(
        verdict_id=verdict.public_id,
        since=since,
        until=since + timedelta(minutes=length),
        step_seconds=step,
        health=verdict.health or "unknown",
        reason=verdict.reason,
        observed=None if seen is None else round(seen),
        source_id=row.id,
        source_public_id=row.public_id,
        project_slug=row.slug,
        deploy_id=row.deploy_id,
        deploy_name=f"{row.name} {shortened(row.revision)}",
    )


def _first_whole(at: datetime, step: int) -> datetime:
    """Return where the first bucket begins that lies after a moment as a whole."""
    begin = schedule.floor_to(at, step)
    return begin if begin == at else begin + timedelta(seconds=step)
