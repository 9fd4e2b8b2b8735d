"""Disabling a tracker for the whole organization; for a while that can be taken back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, delete, func, select, update

from sleuth import clock, queue
from sleuth.accounts import audit
from sleuth.disabling import SEES_DISABLED
from sleuth.extensions import db, write
from sleuth.impact.models import ImpactSource
from sleuth.integrations import checks, choice_lists
from sleuth.integrations.models import CheckState, Integration, TrackerProject

KEPT_FOR = timedelta(days=30)
PURGE_JOB = "sleuth.health.jobs.purge_integration"


@dataclass(frozen=True, slots=True)
class Kept:
    """What is left of a tracker that an organization has disabled, once or more often.

    Args:
        until: When the first of it is deleted for good.
        accounts: Labels of the accounts it was connected with.
        sources: Impact sources that can be restored.
    """

    until: datetime
    accounts: tuple[str, ...]
    sources: int


def disable_integration(organization_id: int, provider: str, name: str) -> bool:
    """Disconnect a tracker for the whole organization; False if it was not connected.

    The token goes at once. Impact sources and their counts are kept unseen for
    ``KEPT_FOR``, so that they can be restored; verdicts keep their words as long.
    """
    with write():
        integration = db.session.scalar(
            select(Integration)
            .where(Integration.organization_id == organization_id, Integration.provider == provider)
            .with_for_update()
        )
        if integration is None:
            return False
        _forget_secrets(integration, name)
        now = clock.now()
        integration.disabled_at, integration.purge_at = now, now + KEPT_FOR
        db.session.execute(
            update(ImpactSource)
            .where(ImpactSource.integration_id == integration.id)
            .values(disabled_at=now)
            .execution_options(synchronize_session=False)
        )
        audit.record(organization_id, "integration.disabled", name, provider=provider)
        audit.publish(organization_id, "integrationChanged", provider)
        audit.publish(organization_id, "impactSourceChanged", provider)
    return True


def _forget_secrets(integration: Integration, name: str) -> None:
    """Erase what was pasted, also by those who try just now, and take the lease away."""
    integration.credentials, integration.masked_token = {}, ""
    integration.claimed_by, integration.claimed_until = "", None
    for check in checks.open_ones(integration.organization_id, integration.provider):
        checks.decide(check, CheckState.FAILED, f"{name} has been disabled meanwhile.")
    choice_lists.forget_lists(integration.id)
    db.session.execute(
        delete(TrackerProject).where(TrackerProject.integration_id == integration.id)
    )


def kept_of(organization_id: int, now: datetime) -> dict[str, Kept]:
    """Return what can be restored in an organization, by provider."""
    counted = (
        select(func.count(ImpactSource.id))
        .where(ImpactSource.integration_id == Integration.id)
        .correlate(Integration)
        .scalar_subquery()
    )
    rows = db.session.execute(kept_integrations(organization_id, now).add_columns(counted))
    found: dict[str, list[tuple[Integration, int]]] = {}
    for row, sources in rows:
        found.setdefault(row.provider, []).append((row, sources))
    return {provider: _kept(integrations) for provider, integrations in found.items()}


def kept_integrations(organization_id: int, now: datetime) -> Select[Integration]:
    """Select the disabled integrations that can be restored, the last disabled first."""
    return (
        select(Integration)
        .where(
            Integration.disabled_at.is_not(None),
            Integration.purge_at > now,
            Integration.organization_id == organization_id,
        )
        .order_by(Integration.disabled_at.desc(), Integration.id.desc())
        .execution_options(**SEES_DISABLED)
    )


def _kept(integrations: list[tuple[Integration, int]]) -> Kept:
    until = min(each.purge_at for each, _ in integrations if each.purge_at is not None)
    accounts = {each.account_label: None for each, _ in integrations if each.account_label}
    return Kept(until, tuple(accounts), sum(sources for _, sources in integrations))


def purge_now(organization_id: int, provider: str, name: str) -> None:
    """Give up what could be restored of a tracker; a job deletes it for good."""
    ids: list[int] = []
    with write():
        now = clock.now()
        kept = kept_integrations(organization_id, now).where(Integration.provider == provider)
        for integration in db.session.scalars(kept.with_for_update()):
            integration.purge_at = now
            ids.append(integration.id)
        if ids:
            action = "integration.purge_requested"
            audit.record(organization_id, action, name, provider=provider)
            audit.publish(organization_id, "integrationChanged", provider)
    for integration_id in ids:
        queue.enqueue(PURGE_JOB, integration_id)
