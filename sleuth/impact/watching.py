"""Telling live pages when an integration begins to feel otherwise, because time passed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from sleuth import clock
from sleuth.accounts import audit
from sleuth.extensions import db, write
from sleuth.impact import states
from sleuth.integrations.models import Integration


def changed_ids(now: datetime) -> list[int]:
    """Return the integrations that feel otherwise than was last announced."""
    integrations = db.session.scalars(select(Integration).order_by(Integration.id))
    return [each.id for each in integrations if each.announced != _gist(each, now)]


def announce(integration_id: int) -> None:
    """Let live pages draw an integration and its sources afresh."""
    with write():
        integration = db.session.get(Integration, integration_id)
        if integration is None or integration.announced == (
            gist := _gist(integration, clock.now())
        ):
            return
        integration.announced = gist
        for event in ("integrationChanged", "impactSourceChanged"):
            audit.publish(integration.organization_id, event, integration.provider)


def _gist(integration: Integration, now: datetime) -> str:
    tally = states.tally(integration, now)
    state = states.state_of_integration(integration, tally, now)
    return f"{state} {bool(tally.late)} {bool(tally.troubled)}"
