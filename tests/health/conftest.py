"""An impact source with four weeks behind it, and deploys that it judges."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sleuth.deploys.models import CodeDeployment, Deploy
from sleuth.extensions import db, write
from sleuth.ids import new_public_id
from sleuth.impact.models import ImpactSource
from sleuth.integrations.models import Integration
from tests.conftest import NOW, Cast
from tests.dashboard.conftest import counting

__all__ = ["counting"]

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def source(cast: Cast) -> ImpactSource:
    """An impact source of Acme's shop in production, made four weeks ago."""
    with write():
        integration = Integration(
            organization_id=cast.acme.id, provider="sentry", credentials={}, connected_at=NOW
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
            error_project_key="1",
            error_project_label="web",
            created_at=NOW - 28 * DAY,
            judges_from=NOW - 28 * DAY,
        )
        db.session.add(row)
    return row


@pytest.fixture
def deploy(cast: Cast):
    """Register a deploy to production some minutes before noon."""
    with write():
        code = CodeDeployment(
            organization_id=cast.acme.id,
            project_id=cast.project.id,
            slug="web",
            name="Web",
            created_at=NOW,
        )
        db.session.add(code)

    def register(minutes_ago: int, code: CodeDeployment = code) -> Deploy:
        row = Deploy(
            public_id=new_public_id(),
            organization_id=cast.acme.id,
            code_deployment_id=code.id,
            environment_id=cast.project.default_environment.id,
            revision=f"r{minutes_ago}",
            deployed_at=NOW - minutes_ago * MINUTE,
            registered_at=NOW - minutes_ago * MINUTE,
        )
        with write():
            db.session.add(row)
        return row

    return register
