"""What is still to be done before the first verdict, in order."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import exists, select

from sleuth.deploys.models import CodeDeployment, Deploy
from sleuth.extensions import db
from sleuth.impact.models import ImpactSource
from sleuth.integrations.models import Integration
from sleuth.projects.models import Project

STEPS = {
    "project": Project.organization_id,
    "deployment": CodeDeployment.organization_id,
    "deploy": Deploy.organization_id,
    "integration": Integration.organization_id,
    "impact": ImpactSource.organization_id,
}


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do.

    Args:
        name: A key of ``STEPS``.
        is_next: The first that is not done.
    """

    name: str
    is_done: bool
    is_next: bool


def read_steps(organization_id: int) -> list[Step]:
    """Return what an organization has to do, in order; nothing once all is done."""
    row = db.session.execute(
        select(*(exists().where(owner == organization_id) for owner in STEPS.values()))
    ).one()
    done = dict(zip(STEPS, row, strict=True))
    following = next((name for name, is_done in done.items() if not is_done), None)
    if following is None:
        return []
    return [Step(name, bool(is_done), name == following) for name, is_done in done.items()]
