"""A company with a long past, for measuring pages: projects, sources, thousands of deploys."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import cycle, islice
from typing import Any

from sqlalchemy import func, insert, select

from benchmarks import floor
from sleuth import clock
from sleuth.deploys.models import CodeDeployment, Deploy
from sleuth.extensions import db, write
from sleuth.health.models import Timeline, Verdict, VerdictChange
from sleuth.ids import new_public_id
from sleuth.impact.models import Coverage, ImpactSource, Sweep, SweepKind
from sleuth.impact.schedule import SWEEP_INTERVALS, floor_to
from sleuth.projects.models import Environment
from tests.dashboard import seed

PROJECTS = ("Shop", "Payments", "Search", "Accounts", "Billing")
PROJECTS += ("Catalogue", "Delivery", "Mail", "Reports", "Studio")
SOURCES = {"Production": ("Web", "Worker"), "Staging": ("Web", "Worker"), "Preview": ("Web",)}
SERVICES = ("web", "api")
DAYS = 90
STAGED = 5
"""Every so many deploys one goes to staging."""

AT_ONCE = 2000
EVERY = ("healthy", "healthy", "unhealthy", "healthy", "improved", "healthy", "ailing")
LOOK = 2
LATE = 3


@dataclass(frozen=True)
class Place:
    """Where deploys go: a code deployment, an environment, and what measures it."""

    deployment: CodeDeployment
    environment: Environment
    sources: Sequence[ImpactSource]


def fill(deploys: int, collected_from: str = "") -> None:
    """Add an organization with ten projects, 50 impact sources and so many judged deploys.

    Args:
        deploys: Spread evenly over the last 90 days; every one has a final verdict of each
            source, as if a day had passed.
        collected_from: Address of the stand-in that is asked for counts, if anything runs that
            asks.
    """
    now = clock.now()
    with write():
        places = _places(collected_from)
        samples = _samples(places[0], now)
    with write():
        for first in range(0, deploys, AT_ONCE):
            numbers = range(first, min(first + AT_ONCE, deploys))
            _add_deploys(places, numbers, deploys, now)
        _judge(places, samples)
        _group()


def _places(collected_from: str) -> list[Place]:
    """Add everything that is there before the first deploy."""
    organization = floor.add_organization()
    integration = None
    places = []
    for name in PROJECTS:
        project = floor.add_project(organization, name, tuple(SOURCES))
        integration = integration or seed.add_integration(project)
        for environment in project.environments:
            names = SOURCES[environment.name]
            sources = [seed.add_source(integration, environment, f"Sentry {n}") for n in names]
            for source in sources:
                _begin(source, collected_from)
            places.append((environment, sources))
    deployments = {
        environment.project_id: [
            seed.add_deployment(environment.project, f"{environment.project.name} {service}")
            for service in SERVICES
        ]
        for environment, _ in places[:: len(SOURCES)]
    }
    return [
        Place(deployment, environment, sources)
        for environment, sources in places
        for deployment in deployments[environment.project_id]
    ]


def _begin(source: ImpactSource, collected_from: str) -> None:
    """Let a source have collected its past already."""
    now = clock.now()
    complete_until = floor_to(now, 60) - timedelta(minutes=LATE)
    source.error_org_key, source.error_project_key = "1", str(source.id)
    source.error_environment = "production"
    source.attributes = {"region_url": collected_from, "slug": "w"} if collected_from else {}
    source.created_at = source.judges_from = now - timedelta(days=DAYS + 1)
    source.complete_until = complete_until
    source.due_at = source.scheduled_at = now
    until = int(complete_until.timestamp())
    db.session.add(Coverage(impact_source_id=source.id, since=until - 29 * 86400, until=until))
    db.session.add_all(
        Sweep(
            impact_source_id=source.id,
            integration_id=source.integration_id,
            kind=kind,
            confirmed_at=now,
            scheduled_at=now,
            due_at=now + SWEEP_INTERVALS[kind],
        )
        for kind in SweepKind
        if kind != SweepKind.GAP
    )


def _samples(place: Place, now: datetime) -> dict[str, dict[str, Any]]:
    """Return the columns of one final verdict of each health, made by the tests' own means."""
    at = now - timedelta(days=DAYS + 2)
    made = {}
    for health in sorted(set(EVERY)):
        deploy = seed.add_deploy(place.deployment, place.environment, deployed_at=at)
        made[health] = seed.add_verdict(deploy, place.sources[0], health)
    columns = [each.key for each in Verdict.__table__.columns if each.key not in _OWN]
    samples = {health: {n: getattr(row, n) for n in columns} for health, row in made.items()}
    for verdict in made.values():
        db.session.delete(verdict)
        db.session.delete(verdict.deploy)
    db.session.flush()
    return samples


_OWN = {"id", "public_id", "deploy_id", "impact_source_id"}


def _add_deploys(
    places: Sequence[Place], numbers: Sequence[int], deploys: int, now: datetime
) -> None:
    """Insert some deploys, the newest first."""
    step = timedelta(days=DAYS) / deploys
    by_environment = [
        [each for each in places if each.environment.is_default is is_default]
        for is_default in (False, True)
    ]
    rows = []
    for number in numbers:
        own = by_environment[number % STAGED > 0]
        place = own[number // STAGED % len(own)]
        at = now - step * number - timedelta(minutes=1)
        rows.append(
            {
                **seed._change(number),  # noqa: SLF001 - what the tests registered, too
                "public_id": new_public_id(),
                "organization_id": place.deployment.organization_id,
                "code_deployment_id": place.deployment.id,
                "environment_id": place.environment.id,
                "deployed_at": at,
                "registered_at": at,
            }
        )
    db.session.execute(insert(Deploy), rows)


def _judge(places: Sequence[Place], samples: dict[str, dict[str, Any]]) -> None:
    """Give each deploy a final verdict of each source of its environment."""
    sources = {place.environment.id: place.sources for place in places}
    deploys = db.session.execute(
        select(Deploy.id, Deploy.environment_id, Deploy.deployed_at).order_by(Deploy.id)
    ).all()
    healths = cycle(EVERY)
    rows = _verdicts(deploys, sources, samples, healths)
    while some := list(islice(rows, AT_ONCE)):
        db.session.execute(insert(Verdict), some)
    changes = db.session.execute(select(Verdict.id, Verdict.health, Verdict.reason)).all()
    db.session.execute(insert(VerdictChange), [_change(*row) for row in changes])


def _verdicts(
    deploys: Sequence[Any],
    sources: dict[int, Sequence[ImpactSource]],
    samples: dict[str, dict[str, Any]],
    healths: Iterator[str],
) -> Iterator[dict[str, Any]]:
    for deploy_id, environment_id, deployed_at in deploys:
        start = int(deployed_at.timestamp()) // 60 * 60 - seed.BEFORE * 60
        for source in sources[environment_id]:
            sample = samples[next(healths)]
            yield {
                **sample,
                "public_id": new_public_id(),
                "deploy_id": deploy_id,
                "impact_source_id": source.id,
                "source_name": source.name,
                "assessment": {**sample["assessment"], "picture_start": start},
            }


def _change(verdict_id: int, health: str, reason: str) -> dict[str, Any]:
    return {
        "verdict_id": verdict_id,
        "at": clock.now(),
        "minutes_of_data": LOOK,
        "health": health,
        "reason": reason,
    }


def _group() -> None:
    """Note that verdicts were grouped by these very deploys, so that nobody does it again."""
    found = db.session.execute(
        select(
            Deploy.environment_id,
            func.count(),
            func.max(Deploy.id),
            func.max(Deploy.deployed_at),
        ).group_by(Deploy.environment_id)
    )
    names = ("environment_id", "deploy_count", "newest_id", "newest_at")
    db.session.execute(insert(Timeline), [dict(zip(names, row, strict=True)) for row in found])
