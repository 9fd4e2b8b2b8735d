"""The audit log and the outbox, both written in the transaction of the change itself."""

from __future__ import annotations

from typing import Any

from flask import g, has_request_context
from flask_login import current_user
from sqlalchemy import select

from sleuth import clock
from sleuth.accounts.models import AuditEntry, Event
from sleuth.extensions import db

SYSTEM = "system"


def record(organization_id: int | None, action: str, subject: str, **detail: Any) -> None:
    """Note inside ``with write():`` who did what.

    Args:
        organization_id: Whose log it is; None for changes outside any organization.
        action: ``<noun>.<past participle>``, e.g. ``integration.connected``.
        subject: What it was done to, as a person knows it; never a secret.
        detail: JSON-serializable particulars; never a secret.
    """
    actor_id, actor_label = _actor()
    db.session.add(
        AuditEntry(
            organization_id=organization_id,
            actor_id=actor_id,
            actor_label=actor_label,
            action=action,
            subject=subject[:254],
            detail=detail,
            created_at=clock.now(),
        )
    )


def publish(organization_id: int, name: str, subject: str = "") -> None:
    """Put an event into the outbox inside ``with write():``; live pages hear of it."""
    db.session.add(
        Event(organization_id=organization_id, name=name, subject=subject, created_at=clock.now())
    )


def entries(organization_id: int, limit: int = 200) -> list[AuditEntry]:
    """Return the newest entries of an organization, newest first."""
    newest_first = (
        select(AuditEntry)
        .where(AuditEntry.organization_id == organization_id)
        .order_by(AuditEntry.id.desc())
        .limit(limit)
    )
    return list(db.session.scalars(newest_first))


def _actor() -> tuple[int | None, str]:
    if not has_request_context():
        return None, SYSTEM
    token = g.get("access_token")
    if token is not None:
        return None, f"access token {token.name}"
    if current_user.is_authenticated:
        return current_user.id, current_user.email
    return None, SYSTEM
