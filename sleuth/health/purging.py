"""Deleting for good what a disabled integration has left, verdicts included."""

from __future__ import annotations

import time
from datetime import datetime

from sqlalchemy import delete, func, select

from sleuth import clock
from sleuth.accounts import audit
from sleuth.disabling import SEES_DISABLED
from sleuth.extensions import db, write
from sleuth.health.models import Verdict
from sleuth.impact.models import ImpactSource
from sleuth.integrations.models import Integration
from sleuth.trackers import name_of

SECONDS_OF_WORK = 20.0


def count_verdicts(integration_id: int) -> int:
    """Return how many deploys an integration's impact sources have judged."""
    judged = (
        select(func.count(Verdict.deploy_id.distinct()))
        .join(ImpactSource, ImpactSource.id == Verdict.impact_source_id)
        .where(ImpactSource.integration_id == integration_id)
    )
    return db.session.scalar(judged, execution_options=SEES_DISABLED) or 0


def due_integration_ids(now: datetime) -> list[int]:
    """Return the disabled integrations that nobody restored in time."""
    due = select(Integration.id).where(Integration.purge_at <= now)
    return list(db.session.scalars(due, execution_options=SEES_DISABLED))


def purge_integration(integration_id: int) -> None:
    """Delete what is left, one impact source after the other, for 20 s at most.

    The tick goes on with the rest.
    """
    stop_at = time.monotonic() + SECONDS_OF_WORK
    while time.monotonic() < stop_at and _purge_some(integration_id):
        pass


def _purge_some(integration_id: int) -> bool:
    """Delete a source with its counts and verdicts, or at last the integration.

    Returns:
        Whether there may be more.
    """
    with write():
        integration = db.session.scalar(
            select(Integration)
            .where(Integration.id == integration_id, Integration.purge_at <= clock.now())
            .with_for_update()
            .execution_options(**SEES_DISABLED)
        )
        if integration is None:
            return False
        source_id = db.session.scalar(
            select(ImpactSource.id).where(ImpactSource.integration_id == integration_id).limit(1),
            execution_options=SEES_DISABLED,
        )
        if source_id is None:
            _delete_integration(integration)
            return False
        # First, for with its source a verdict would lose what tells whose it was.
        db.session.execute(delete(Verdict).where(Verdict.impact_source_id == source_id))
        db.session.execute(
            delete(ImpactSource).where(ImpactSource.id == source_id),
            execution_options={**SEES_DISABLED, "synchronize_session": False},
        )
    return True


def _delete_integration(integration: Integration) -> None:
    organization_id, provider = integration.organization_id, integration.provider
    audit.record(organization_id, "integration.purged", name_of(provider), provider=provider)
    audit.publish(organization_id, "integrationChanged", provider)
    audit.publish(organization_id, "impactSourceChanged", provider)
    db.session.delete(integration)
