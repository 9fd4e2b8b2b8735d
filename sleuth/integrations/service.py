"""Connecting trackers, and pausing them."""

from __future__ import annotations

from datetime import datetime

from flask import current_app
from sqlalchemy import ColumnElement, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload

from sleuth import clock, queue
from sleuth.accounts import audit, history
from sleuth.extensions import db, write
from sleuth.integrations import attempts, checks
from sleuth.integrations.attempts import Tried
from sleuth.integrations.models import (
    CheckKind,
    CheckState,
    ConnectionCheck,
    Integration,
)
from sleuth.plugin_api import TokenCheck
from sleuth.trackers import Registry

CONNECT_JOB = "sleuth.integrations.jobs.check_connection"
PROJECTS_JOB = "sleuth.integrations.jobs.refresh_projects"


def registry() -> Registry:
    """Return the trackers that loaded with this application."""
    loaded: Registry = current_app.extensions["sleuth_trackers"]
    return loaded


def has_plugin(integration: Integration) -> bool:
    """Tell whether the tracker's plugin is loaded; without it all is kept and nothing is asked."""
    return integration.provider in registry().trackers


def can_be_asked() -> ColumnElement[bool]:
    """Whether an integration's plugin is loaded, as a condition on its row."""
    return Integration.provider.in_(sorted(registry().trackers))


def get_integration(organization_id: int, provider: str) -> Integration | None:
    """Return the organization's live integration with ``provider``, or None."""
    return db.session.scalar(
        select(Integration).where(
            Integration.organization_id == organization_id, Integration.provider == provider
        )
    )


def integrations_of(organization_id: int) -> dict[str, Integration]:
    """Return an organization's live integrations by provider."""
    rows = db.session.scalars(
        select(Integration)
        .where(Integration.organization_id == organization_id)
        .options(joinedload(Integration.connected_by))
    )
    return {row.provider: row for row in rows}


def connect_integration(
    organization_id: int, provider: str, credentials: dict[str, str], user_id: int
) -> str:
    """Start validating credentials; returns the public id of the attempt to watch."""
    return checks.begin(
        CONNECT_JOB,
        organization_id=organization_id,
        provider=provider,
        kind=CheckKind.CONNECT,
        payload={"credentials": credentials},
        user_id=user_id,
    )


def kept_credentials(check: ConnectionCheck | None, user_id: int) -> dict[str, str]:
    """Return what was pasted in an attempt that waits for one more field, for its author."""
    if check is None or check.state != CheckState.INCOMPLETE or check.created_by_id != user_id:
        return {}
    pasted = (check.payload or {}).get("credentials", {})
    wanted = check.result.get("asks_for", [])
    return {name: value for name, value in pasted.items() if name not in wanted}


def validate_connection(check_id: int) -> None:
    """Decide an attempt to connect: ask the tracker, then connect or say why not."""
    tried = attempts.try_credentials(check_id, attempts.validated)
    if tried is None:
        return
    integration_id = None
    try:
        with write():
            if check := checks.still_running(check_id):
                with checks.as_author(check):
                    integration_id = _decide(check, tried)
    except IntegrityError:
        checks.fail(check_id, f"{tried.info.name} has just been connected by somebody else.")
    if integration_id is not None:
        queue.enqueue(PROJECTS_JOB, integration_id)


def _decide(check: ConnectionCheck, tried: Tried[TokenCheck]) -> int | None:
    info, answer = tried.info, tried.answer
    if attempts.is_refused(check, answer):
        return None
    integration = Integration(
        organization_id=check.organization_id,
        provider=info.slug,
        connected_by_id=check.created_by_id,
        connected_at=clock.now(),
        projects_due_at=clock.now(),
    )
    attempts.adopt(integration, info, tried.credentials, answer)
    db.session.add(integration)
    db.session.flush()
    checks.decide(check, CheckState.SUCCEEDED, f"{info.name} is connected")
    audit.record(
        check.organization_id,
        "integration.connected",
        info.name,
        provider=info.slug,
        account=answer.account_label,
        scopes_missing=list(answer.scopes_missing),
    )
    return integration.id


def pause_integration(organization_id: int, provider: str, name: str) -> bool:
    """Collect nothing from a tracker until it is resumed; False if there was nothing to pause."""
    with write():
        integration = get_integration(organization_id, provider)
        if integration is None or integration.paused_at is not None:
            return False
        integration.paused_at = clock.now()
        audit.record(organization_id, "integration.paused", name, provider=provider)
        audit.publish(organization_id, "integrationChanged", provider)
    return True


def resume_integration(organization_id: int, provider: str, name: str) -> bool:
    """Go on with a paused tracker; what was missed is read behind the present."""
    with write():
        integration = get_integration(organization_id, provider)
        if integration is None or integration.paused_at is None:
            return False
        integration.paused_at, integration.resumed_at = None, clock.now()
        integration.retry_at = integration.told_to_wait_until
        audit.record(organization_id, "integration.resumed", name, provider=provider)
        audit.publish(organization_id, "integrationChanged", provider)
    return True


def is_known(organization_id: int, provider: str) -> bool:
    """Tell whether a tracker is offered, or was ever connected or tried by the organization."""
    return registry().get(provider) is not None or history.has_any(organization_id, provider)


def due_check_ids(now: datetime) -> list[int]:
    """Return the attempts to connect that nobody is working on."""
    return checks.due_ids(CheckKind.CONNECT, now)
