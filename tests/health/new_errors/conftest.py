"""A source of Acme's in the sandbox that hardly ever has an error, and ways to hear of new ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from plugins.sentry.sandbox import Kind, Sandbox
from sleuth import clock
from sleuth.deploys.models import Deploy
from sleuth.extensions import db, write
from sleuth.health.models import NewErrors, UsualNewErrors, Verdict
from sleuth.health.new_errors import asking, due, usual
from sleuth.ids import new_public_id
from sleuth.impact.models import ImpactSource
from sleuth.integrations.models import Integration
from tests.conftest import NOW, Cast
from tests.health.story import LONG_AGO, MINUTE, count


@pytest.fixture
def app(sandbox: Sandbox, app: Flask) -> Flask:
    """The application, made once the sandbox answers."""
    return app


@pytest.fixture
def source(sandbox: Sandbox, cast: Cast) -> ImpactSource:
    """Acme's web in production: one error eight days ago, and none since."""
    with write():
        integration = Integration(
            organization_id=cast.acme.id,
            provider="sentry",
            credentials={"token": "sntryu_ada_full", "organization": ""},
            connected_at=NOW,
        )
        db.session.add(integration)
        db.session.flush()
        row = ImpactSource(
            public_id=new_public_id(),
            organization_id=cast.acme.id,
            project_id=cast.project.id,
            environment_id=cast.project.default_environment.id,
            integration_id=integration.id,
            provider="sentry",
            name="Web errors",
            error_org_key="1001",
            error_project_key="4501",
            error_project_label="web",
            error_environment="production",
            attributes={"region_url": sandbox.urls["us"], "slug": "web"},
            created_at=NOW - timedelta(days=28),
            judges_from=NOW - timedelta(days=28),
        )
        db.session.add(row)
    count(row, LONG_AGO - MINUTE, LONG_AGO, 1)
    count(row, LONG_AGO, NOW, 0)
    return row


@dataclass
class Tracker:
    """The sandbox as these tests use it: what turns up there, and what it was asked."""

    sandbox: Sandbox
    ids: list[str] = field(default_factory=list)

    def shows(self, title: str, minutes_ago: float = 15, events: int = 7, **more: Any) -> None:
        """Let a kind of error turn up in Acme's web, some minutes before noon."""
        self.ids.append(title)
        first_seen = (NOW - minutes_ago * MINUTE).timestamp()
        plain: dict[str, Any] = {
            "id": str(len(self.ids)),
            "environment": "production",
            "title": title,
            "first_seen": first_seen,
            "spacing": 1.0,
            "events": events,
        }
        self.sandbox.add_kind("acme", "web", Kind(**plain | more))

    @property
    def asked(self) -> int:
        """How often issues were asked for."""
        return sum(each.path.endswith("/issues/") for each in self.sandbox.requests)


@pytest.fixture
def tracker(sandbox: Sandbox) -> Tracker:
    return Tracker(sandbox)


@pytest.fixture
def hear(source: ImpactSource) -> Callable[..., int]:
    """Ask what is due, as the tick would have it done; return how many lists were asked for."""

    def ask(at: datetime = NOW, *, with_usual: bool = True) -> int:
        with clock.frozen(at):
            for source_id in due.due_source_ids(at) if with_usual else ():
                usual.ask(source_id)
            verdict_ids = due.due_verdict_ids(at)
            for verdict_id in verdict_ids:
                asking.ask(verdict_id)
        db.session.rollback()
        return len(verdict_ids)

    return ask


def list_of(deploy: Deploy) -> NewErrors | None:
    """Return what is kept of new errors for a deploy."""
    db.session.rollback()
    return db.session.scalar(
        select(NewErrors).join(NewErrors.verdict).where(Verdict.deploy_id == deploy.id)
    )


def titles_of(deploy: Deploy) -> list[str]:
    """Return the titles that are kept for a deploy."""
    found = list_of(deploy)
    return [each["title"] for each in found.errors] if found else []


def usual_of(source: ImpactSource) -> UsualNewErrors | None:
    """Return what is known of how much is usual."""
    db.session.rollback()
    return db.session.get(UsualNewErrors, source.id)
