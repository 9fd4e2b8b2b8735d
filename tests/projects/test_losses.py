"""What a dialog says will be lost is what the database deletes."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from sleuth import clock
from sleuth.deploys.models import CodeDeployment, Deploy
from sleuth.deploys.parameters import Registration
from sleuth.deploys.registration import register_deploy
from sleuth.deploys.service import create_code_deployment, delete_code_deployment
from sleuth.extensions import Model, db, write
from sleuth.impact.models import ImpactSource
from sleuth.integrations.models import Integration
from sleuth.projects import service
from sleuth.projects.losses import count_losses
from sleuth.projects.models import Environment
from tests.conftest import Cast

TABLES: dict[str, type[Model]] = {
    "environment": Environment,
    "code deployment": CodeDeployment,
    "impact source": ImpactSource,
    "deploy": Deploy,
}


@pytest.fixture
def web(cast: Cast) -> CodeDeployment:
    """Deploys to both environments of Shop, one impact source, and other people's rows."""
    web = create_code_deployment(cast.project.id, "Web")
    for slug, revision in [("production", "a1"), ("production", "b2"), ("staging", "b2")]:
        register_deploy(web.id, Registration(revision, environment=slug), clock.now())
    reactor = create_code_deployment(cast.outside_project.id, "Core")
    register_deploy(reactor.id, Registration("c3"), clock.now())
    measure(cast)
    return web


def measure(cast: Cast) -> None:
    """Let production have an impact source."""
    with write():
        integration = Integration(
            organization_id=cast.acme.id,
            provider="sentry",
            credentials={"token": "t"},
            connected_at=clock.now(),
        )
        db.session.add(integration)
        db.session.flush()
        db.session.add(
            ImpactSource(
                public_id="source",
                organization_id=cast.acme.id,
                project_id=cast.project.id,
                environment_id=cast.project.default_environment.id,
                integration_id=integration.id,
                provider="sentry",
                name="Errors",
                error_project_key="1",
                error_project_label="web",
                judges_from=clock.now(),
                created_at=clock.now(),
            )
        )


def totals() -> dict[str, int]:
    db.session.rollback()
    return {
        noun: db.session.execute(select(func.count()).select_from(table)).scalar_one()
        for noun, table in TABLES.items()
    }


def test_nothing_hangs_on_an_empty_project_but_its_environments(cast: Cast) -> None:
    assert count_losses(cast.project) == {
        "environment": 2,
        "code deployment": 0,
        "impact source": 0,
        "deploy": 0,
    }


def test_a_project_takes_everything_along(cast: Cast, web: CodeDeployment) -> None:
    losses, before = count_losses(cast.project), totals()
    assert losses == {"environment": 2, "code deployment": 1, "impact source": 1, "deploy": 3}
    service.delete_project(cast.project.id)
    assert totals() == {noun: before[noun] - losses[noun] for noun in TABLES}


def test_an_environment_takes_its_deploys_and_impact_sources_along(
    cast: Cast, web: CodeDeployment
) -> None:
    losses, before = count_losses(cast.project.default_environment), totals()
    assert losses == {"impact source": 1, "deploy": 2}
    service.delete_environment(cast.project.default_environment.id)
    assert {noun: before[noun] - count for noun, count in totals().items()} == {
        "environment": 1,
        "code deployment": 0,
        "impact source": 1,
        "deploy": 2,
    }


def test_a_code_deployment_takes_its_deploys_along(cast: Cast, web: CodeDeployment) -> None:
    assert count_losses(web) == {"deploy": 3}
    delete_code_deployment(web.id)
    assert totals() == {"environment": 4, "code deployment": 1, "impact source": 1, "deploy": 1}
