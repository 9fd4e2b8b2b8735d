"""Rows for the dashboard's tests: deploys of every health, with counts that look like counts."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sleuth import clock
from sleuth.deploys.models import CodeDeployment, Deploy
from sleuth.extensions import db
from sleuth.health import words
from sleuth.health.detector import DEFAULT, Assessment
from sleuth.health.models import Verdict, VerdictChange
from sleuth.ids import new_public_id
from sleuth.impact.models import ImpactSource
from sleuth.integrations.models import Integration
from sleuth.projects.models import Environment, Project

BEFORE = 60
AFTER = 61
HOSTILE = "<script>alert('x')</script> " + "Überlanger-Name-ohne-Trennung" * 4

RATES = {
    "improved": (9.0, 2.5),
    "healthy": (3.2, 3.3),
    "ailing": (3.2, 5.6),
    "unhealthy": (2.1, 14.0),
}
REASONS = {"improved": "fall", "healthy": "usual", "ailing": "rise", "unhealthy": "rise"}


def add_deployment(project: Project, name: str, slug: str = "") -> CodeDeployment:
    """Add a code deployment inside ``with write():``."""
    deployment = CodeDeployment(
        organization_id=project.organization_id,
        project_id=project.id,
        name=name,
        slug=slug or name.lower().replace(" ", "-"),
        created_at=clock.now(),
    )
    db.session.add(deployment)
    db.session.flush()
    return deployment


def add_deploy(
    deployment: CodeDeployment, environment: Environment | None = None, **values: Any
) -> Deploy:
    """Add a deploy inside ``with write():``; what is not given is as plain as can be."""
    now = clock.now()
    plain: dict[str, Any] = {"revision": "b450349", "deployed_at": now, "registered_at": now}
    deploy = Deploy(
        public_id=new_public_id(),
        organization_id=deployment.organization_id,
        code_deployment_id=deployment.id,
        environment_id=(environment or deployment.project.default_environment).id,
        **plain | values,
    )
    db.session.add(deploy)
    db.session.flush()
    return deploy


def add_integration(project: Project, provider: str = "sentry") -> Integration:
    """Connect the project's organization inside ``with write():``."""
    integration = Integration(
        organization_id=project.organization_id,
        provider=provider,
        credentials={"token": "never shown"},
        connected_at=clock.now(),
    )
    db.session.add(integration)
    db.session.flush()
    return integration


def add_source(
    integration: Integration, environment: Environment, name: str = "Sentry web", **values: Any
) -> ImpactSource:
    """Add an impact source that works since yesterday, inside ``with write():``."""
    now = clock.now()
    plain: dict[str, Any] = {
        "created_at": now - timedelta(days=1),
        "judges_from": now - timedelta(days=7),
        "collected_at": now,
    }
    source = ImpactSource(
        public_id=new_public_id(),
        organization_id=integration.organization_id,
        project_id=environment.project_id,
        environment_id=environment.id,
        integration_id=integration.id,
        provider=integration.provider,
        name=name,
        error_project_key="1",
        error_project_label="web",
        **plain | values,
    )
    db.session.add(source)
    db.session.flush()
    return source


def add_verdict(
    deploy: Deploy,
    source: ImpactSource | None,
    health: str,
    reason: str = "",
    *,
    counts: list[int | None] | None = None,
    **values: Any,
) -> Verdict:
    """Add a verdict inside ``with write():``, with a picture to match."""
    minutes = values.pop("minutes_of_data", 0 if reason == "pending" else 1440)
    rates = values.pop("rates", RATES.get(health, (None, None)))
    made = _assessment(health, reason, minutes, rates, values.pop("is_final", minutes >= 1440))
    start = int(deploy.deployed_at.timestamp()) // 60 * 60 - BEFORE * 60
    figures = {"picture_start": start, "picture_step": 60, "deploy_index": BEFORE}
    figures["next_look"] = next_look(minutes) if not made.is_final else None
    plain: dict[str, Any] = {
        "source_name": source.name if source else "Old Sentry",
        "provider": source.provider if source else "sentry",
        "sentence": words.sentence(made.as_json()),
        "picture": counts if counts is not None else _picture(deploy, rates, minutes),
        "assessment": {**made.as_json(), **figures},
    }
    verdict = Verdict(
        deploy_id=deploy.id,
        impact_source_id=source.id if source else None,
        health=health,
        reason=made.reason,
        is_final=made.is_final,
        rate_before=made.rate_before,
        rate_after=made.rate_after,
        minutes_of_data=minutes,
        assessed_at=clock.now(),
        **plain | values,
    )
    db.session.add(verdict)
    db.session.flush()
    return verdict


def add_change(verdict: Verdict, minutes: int, health: str, *, is_revision: bool = False) -> None:
    """Add what a look made of a verdict inside ``with write():``, as soon as it was known."""
    at = verdict.deploy.deployed_at + timedelta(minutes=minutes + 3)
    reason = REASONS.get(health, "")
    verdict.changes.append(
        VerdictChange(
            at=at,
            minutes_of_data=minutes,
            health=health,
            reason=reason,
            is_revision=is_revision,
        )
    )


def _assessment(
    health: str, reason: str, minutes: int, rates: tuple[Any, Any], is_final: bool
) -> Assessment:
    before, after = rates
    return Assessment(
        health=health,
        reason=reason or ("" if health == "unknown" else REASONS[health]),
        is_final=is_final,
        minutes_of_data=minutes,
        known_minutes=minutes,
        observed=None if after is None else round(after * minutes),
        expected=None if before is None else before * minutes,
        ratio=after / before if before and after is not None else None,
        history_days=28.0,
    )


def next_look(minutes: int) -> int | None:
    """Return the look that follows."""
    return next((look for look in DEFAULT.looks if look > minutes), None)


def _picture(
    deploy: Deploy, rates: tuple[float | None, float | None], minutes: int
) -> list[int | None]:
    seeded = random.Random(deploy.public_id)
    before, after = (1.2 if rate is None else rate for rate in rates)

    def draw(rate: float) -> int:
        return max(0, round(seeded.gauss(rate, rate**0.5)))

    known = [draw(before) for _ in range(BEFORE)] + [
        draw(after) for _ in range(min(minutes, AFTER) + 1)
    ]
    return [*known, *([None] * AFTER)][: BEFORE + AFTER]


@dataclass
class Story:
    """An organization in full swing.

    Args:
        deploys: Newest first.
    """

    deployments: list[CodeDeployment] = field(default_factory=list)
    deploys: list[Deploy] = field(default_factory=list)


AUTHORS = (
    ("Dora Developer", "dora@acme.test"),
    ("Ada Lovelace", "ada@acme.test"),
    ("", "ci-bot@acme.test"),
    ("Grace Hopper", "grace@acme.test"),
)
BRANCHES = ("main", "main", "release/2026-03", "hotfix/checkout", "main")
MESSAGES = (
    "Retry the payment when the card network times out",
    "Cache the product list for five minutes",
    "Stop asking for the address twice",
    "Upgrade the image library",
)
HEALTHS = (
    ("healthy", ""),
    ("unhealthy", ""),
    ("healthy", ""),
    ("improved", ""),
    ("unknown", "too_few_errors"),
    ("healthy", ""),
    ("ailing", ""),
    ("healthy", ""),
    ("unknown", "gap"),
    ("healthy", ""),
    ("unknown", "short_history"),
)


def tell_story(project: Project, others: list[Project], now: datetime) -> Story:
    """Write forty deploys of all healths inside ``with write():``."""
    story = Story()
    production, staging = project.environments
    sentry = add_integration(project)
    web = add_source(sentry, production, "Sentry web")
    worker = add_source(sentry, production, "Sentry worker")
    for name in ("Web shop", "Payments API"):
        story.deployments.append(add_deployment(project, name))
    for other in others:
        story.deployments.append(add_deployment(other, HOSTILE[:110], "hostile"))
    at = now - timedelta(minutes=1)
    for number in range(40):
        deployment = story.deployments[number % len(story.deployments)]
        is_first = deployment.project_id == project.id
        place = deployment.project.environments[1 if number % 7 == 6 else 0]
        deploy = add_deploy(deployment, place, **_change(number), deployed_at=at, registered_at=at)
        story.deploys.append(deploy)
        if is_first and place is production:
            _judge(deploy, number, (web, worker), now)
        at -= timedelta(minutes=7 + number * 9)
    assert staging.project_id == project.id
    return story


def _change(number: int) -> dict[str, Any]:
    seeded = random.Random(number)
    name, email = AUTHORS[number % len(AUTHORS)]
    revision = f"{seeded.getrandbits(160):040x}"
    message = MESSAGES[number % len(MESSAGES)]
    author = {"name": name or "ci-bot", "email": email}
    commits = [
        {"revision": revision, "message": message, "author": author, "url": "https://git.test/c"}
        for _ in range(number % 4)
    ]
    files = [
        {"path": f"shop/checkout/{n}.py", "additions": 12 * n, "deletions": n} for n in range(1, 6)
    ]
    return {
        "revision": "v2.14.0" if number % 9 == 8 else revision,
        "branch": BRANCHES[number % len(BRANCHES)],
        "author_name": name,
        "author_email": email,
        "commits": commits,
        "files": files[: number % 6],
        "pull_requests": [{"title": message, "url": "https://git.test/pull/7"}] * (number % 3 == 1),
        "tags": ["#checkout", "#flag-on"] if number % 5 == 3 else [],
        "links": {"Build log": "https://ci.test/1"} if number % 4 == 1 else {},
    }


def _judge(
    deploy: Deploy, number: int, sources: tuple[ImpactSource, ImpactSource], now: datetime
) -> None:
    web, worker = sources
    age = int((now - deploy.deployed_at).total_seconds() // 60)
    if age < 4:
        add_verdict(deploy, web, "unknown", "pending", minutes_of_data=0)
        return
    health, reason = HEALTHS[number % len(HEALTHS)]
    minutes = max(look for look in (0, *DEFAULT.looks) if look <= age - 2)
    add_verdict(deploy, web, health, reason, minutes_of_data=minutes, **_gap(deploy, reason))
    if number % 3:
        add_verdict(deploy, worker, "healthy", minutes_of_data=minutes, rates=(0.4, 0.38))
    if number % 11 == 7:
        add_verdict(deploy, None, "ailing", minutes_of_data=minutes)


def _gap(deploy: Deploy, reason: str) -> dict[str, Any]:
    if reason != "gap":
        return {}
    counts = _picture(deploy, (2.0, 2.0), 60)
    counts[70:95] = [None] * 25
    return {"counts": counts}
