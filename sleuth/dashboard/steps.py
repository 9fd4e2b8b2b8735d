"""What is still to be done before the first verdict, in order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, exists, func, select, true

from sleuth import clock
from sleuth.deploys.models import CodeDeployment, Deploy
from sleuth.extensions import db
from sleuth.impact.models import ImpactSource
from sleuth.integrations.models import Integration
from sleuth.integrations.service import registry
from sleuth.projects.models import Project

TOLD_FOR = timedelta(minutes=10)
"""How long after the first deploy it is said that all is done."""

NEEDED = {"impact": ("integration", "project"), "deploy": ("project",)}


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do.

    Args:
        name: ``integration``, ``project``, ``impact`` or ``deploy``.
        is_next: The first that is not done.
        is_possible: What it needs is there.
        project_slug: Of the only project; empty if there are more, or none.
        provider: Of the only integration, if its plugin is loaded; empty otherwise.
        deployment_slug: Of a code deployment; empty if there is none.
    """

    name: str
    is_done: bool
    is_next: bool
    is_possible: bool
    project_slug: str = ""
    provider: str = ""
    deployment_slug: str = ""


def read_steps(organization_id: int) -> list[Step]:
    """Return what an organization has to do, in order; nothing once all has long been done."""
    found = _found(organization_id, clock.now() - TOLD_FOR)
    done = {
        "integration": found.integrations > 0,
        "project": found.projects > 0,
        "impact": bool(found.has_impact),
        "deploy": bool(found.has_deploy),
    }
    if all(done.values()) and found.has_old_deploy:
        return []
    following = next((name for name, is_done in done.items() if not is_done), "")
    return [
        Step(
            name,
            is_done=is_done,
            is_next=name == following,
            is_possible=all(done[each] for each in NEEDED.get(name, ())),
            project_slug=found.project_slug if found.projects == 1 else "",
            provider=found.provider if found.integrations == 1 and _is_loaded(found) else "",
            deployment_slug=found.deployment_slug or "",
        )
        for name, is_done in done.items()
    ]


def _is_loaded(found: Row[Any]) -> bool:
    return registry().get(found.provider) is not None


def _found(organization_id: int, before: datetime) -> Row[Any]:
    """Look for one of each kind, in one statement."""
    id_ = organization_id
    integrations = (
        select(func.count().label("number"), func.min(Integration.provider).label("provider"))
        .where(Integration.organization_id == id_)
        .subquery()
    )
    projects = (
        select(func.count().label("number"), func.min(Project.slug).label("slug"))
        .where(Project.organization_id == id_)
        .subquery()
    )
    deployment = select(func.min(CodeDeployment.slug)).where(CodeDeployment.organization_id == id_)
    deploy = exists().where(Deploy.organization_id == id_)
    return db.session.execute(
        select(
            integrations.c.number.label("integrations"),
            integrations.c.provider,
            projects.c.number.label("projects"),
            projects.c.slug.label("project_slug"),
            exists().where(ImpactSource.organization_id == id_).label("has_impact"),
            deployment.scalar_subquery().label("deployment_slug"),
            deploy.label("has_deploy"),
            deploy.where(Deploy.registered_at <= before).label("has_old_deploy"),
        ).select_from(integrations.join(projects, true()))
    ).one()
