"""Finding the demo's organization and its people; the audit log remembers how far it is."""

from __future__ import annotations

from datetime import datetime

from flask import current_app
from sqlalchemy import select

from sleuth.accounts import audit
from sleuth.accounts.models import AuditEntry, Membership, Organization, Role, User
from sleuth.accounts.people import note
from sleuth.demo.cast import MEMBERS, PEOPLE
from sleuth.extensions import db, write

BEGAN = "demo.began"
CONNECTED = "demo.connected"


def is_demo() -> bool:
    """Tell whether this installation is a demo."""
    return bool(current_app.config["SLEUTH_DEMO"])


def find_demo() -> Organization | None:
    """Return the organization of the demo's owner, or None before it is made."""
    return db.session.scalar(
        select(Organization)
        .join(AuditEntry, AuditEntry.organization_id == Organization.id)
        .where(AuditEntry.action == BEGAN)
        .limit(1)
    )


def began_at(organization_id: int) -> datetime | None:
    """Return the anchor of the plan: when the demo began, for the last time."""
    return _last(organization_id, BEGAN)


def is_connected(organization_id: int) -> bool:
    """Tell whether the integration and its impact sources have been made."""
    return _last(organization_id, CONNECTED) is not None


def find_member(organization_id: int, role: Role) -> User | None:
    """Return one of the demo's own people who has this role now, or None."""
    own = [person.email for person in PEOPLE.values()]
    return db.session.scalar(
        select(User)
        .join(Membership, Membership.user_id == User.id)
        .where(
            Membership.organization_id == organization_id,
            Membership.role == role,
            User.email.in_(own),
        )
        .order_by(User.email != MEMBERS[role].email, User.id)
        .limit(1)
    )


def let_in(user_id: int) -> User:
    """Note in the log that somebody came in through the demo's door."""
    with write():
        person = db.session.get_one(User, user_id)
        with audit.acting_as(person.email, person.id):
            note(person, "person.signed_in")
    return person


def _last(organization_id: int, action: str) -> datetime | None:
    return db.session.scalar(
        select(AuditEntry.created_at)
        .where(AuditEntry.organization_id == organization_id, AuditEntry.action == action)
        .order_by(AuditEntry.id.desc())
        .limit(1)
    )
