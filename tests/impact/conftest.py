"""A connected integration and impact sources, over the sandbox."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sleuth import clock
from sleuth.extensions import db, write
from sleuth.impact.models import ImpactSource
from sleuth.impact.service import SourceSettings, add_impact_source
from sleuth.integrations.models import Integration
from tests.conftest import Cast

ACME = "1001"
TOKEN = "sntryu_ada_full"


@pytest.fixture
def integration(sandbox, cast: Cast) -> Integration:
    """Acme's connection to the sandbox."""
    row = Integration(
        organization_id=cast.acme.id,
        provider="sentry",
        credentials={"token": TOKEN, "organization": ""},
        connected_by_id=cast.developer.id,
        connected_at=clock.now(),
    )
    with write():
        db.session.add(row)
    return row


def source_settings(cast: Cast, sandbox, name: str = "Web errors", **changes) -> SourceSettings:
    """What a user would have entered for Acme's project in the sandbox."""
    acme = sandbox.world.organization("acme")
    project = acme.projects[0]
    values = {
        "name": name,
        "environment_id": cast.project.default_environment.id,
        "error_org_key": acme.id,
        "error_project_key": project.id,
        "error_project_label": project.name,
        "error_environment": "production",
        "attributes": {"region_url": sandbox.urls["us"], "org_slug": "acme", "slug": project.slug},
        "field_values": {},
    }
    return SourceSettings(**{**values, **changes})


@pytest.fixture
def declare(app):
    """Let Sentry's plugin declare buckets of another width, as after an update of it."""

    def change(step_seconds: int) -> None:
        tracker = app.extensions["sleuth_trackers"].trackers["sentry"]
        able = replace(tracker.info.capabilities, interval_seconds=step_seconds)
        tracker.info = replace(tracker.info, capabilities=able)

    return change


@pytest.fixture
def source(integration: Integration, cast: Cast, sandbox) -> ImpactSource:
    """An impact source that has collected nothing yet."""
    with write():
        return add_impact_source(
            db.session.get_one(Integration, integration.id),
            source_settings(cast, sandbox),
            interval_seconds=60,
            warning="",
        )
