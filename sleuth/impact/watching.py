"""Telling live pages when an integration begins to feel otherwise, because time passed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from sleuth import clock
from sleuth.accounts import audit
from sleuth.extensions import db, write
from sleuth.impact import states, tallying
from sleuth.impact.tallying import Tally
from sleuth.integrations.models import Integration


def changed_ids(now: datetime) -> list[int]:
    """Return the integrations that feel otherwise than was last announced.

    However many there are, it takes two statements.
    """
    integrations = db.session.scalars(select(Integration).order_by(Integration.id)).all()
    tallies = tallying.tallies(now)
    return [
        each.id
        for each in integrations
        if each.announced != _gist(each, tallies.get(each.id, Tally()), now)
    ]


def announce(integration_id: int) -> None:
    """Let live pages draw an integration and its sources afresh."""
    with write():
        integration, now = db.session.get(Integration, integration_id), clock.now()
        if integration is None:
            return
        gist = _gist(integration, tallying.tally(integration, now), now)
        if integration.announced == gist:
            return
        integration.announced = gist
        for event in ("integrationChanged", "impactSourceChanged"):
            audit.publish(integration.organization_id, event, integration.provider)


def _gist(integration: Integration, tally: Tally, now: datetime) -> str:
    state = states.state_of_integration(integration, tally, now)
    return f"{state} {bool(tally.late)} {bool(tally.troubled)}"
