"""The page of an environment: how it is, what runs there, what measures it, what came last."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import contains_eager, joinedload

from sleuth.dashboard import changes
from sleuth.dashboard.deployed import Deployed, latest_of, live_in, read_deployed
from sleuth.dashboard.environments import EnvironmentStrip, read_strips
from sleuth.extensions import db
from sleuth.impact.models import ImpactSource
from sleuth.projects.models import Environment, Project

LATEST = 10


@dataclass(frozen=True, slots=True)
class EnvironmentPage:
    """What is shown.

    Args:
        strip: How it has been of late; None if nothing measures it.
        live: What runs there now, one deploy for each code deployment, by name.
        latest: The newest deploys, newest first.
        sources: What measures it, by name.
    """

    last_event: int
    environment: Environment
    strip: EnvironmentStrip | None
    live: tuple[Deployed, ...]
    latest: tuple[Deployed, ...]
    sources: tuple[ImpactSource, ...]

    @property
    def shown_deploys(self) -> list[str]:
        """The public ids of all deploys on the page."""
        return list(dict.fromkeys(each.public_id for each in (*self.live, *self.latest)))


def read_environment(
    organization_id: int, project_slug: str, slug: str, now: datetime
) -> EnvironmentPage | None:
    """Return an environment's page; None if the organization has no such environment."""
    last_event = changes.latest(organization_id)
    environment = db.session.scalar(
        select(Environment)
        .join(Environment.project)
        .options(contains_eager(Environment.project))
        .where(
            Project.organization_id == organization_id,
            Project.slug == project_slug,
            Environment.slug == slug,
        )
    )
    if environment is None:
        return None
    live, latest = _deploys(environment, now)
    return EnvironmentPage(
        last_event=last_event,
        environment=environment,
        strip=next(iter(read_strips(organization_id, project_slug, slug, now)), None),
        live=tuple(live),
        latest=tuple(latest),
        sources=tuple(_sources(environment)),
    )


def _deploys(environment: Environment, now: datetime) -> tuple[list[Deployed], list[Deployed]]:
    """Return what runs there now, and what came last, in one statement."""
    found = read_deployed(
        [
            live_in(environment.id, environment.project_id, now),
            latest_of(environment.id, now, LATEST),
        ]
    )
    newest: dict[str, Deployed] = {}
    for each in found:
        newest.setdefault(each.deployment_slug, each)
    live = sorted(newest.values(), key=lambda each: each.deployment_name.casefold())
    return live, found[:LATEST]


def _sources(environment: Environment) -> list[ImpactSource]:
    rows = db.session.scalars(
        select(ImpactSource)
        .where(ImpactSource.environment_id == environment.id)
        .options(joinedload(ImpactSource.integration), joinedload(ImpactSource.sweeps))
        .order_by(ImpactSource.name, ImpactSource.id)
    )
    return list(rows.unique())
