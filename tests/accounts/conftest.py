"""Passwords that are cheap to hash, and rows as they are now."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import Flask
from sqlalchemy import select

from sleuth.accounts import members, passwords
from sleuth.accounts.models import AuditEntry, Membership
from sleuth.extensions import db
from tests.conftest import Cast

HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def quick_hasher(monkeypatch: pytest.MonkeyPatch) -> PasswordHasher:
    """Hash in microseconds, with the parameters of the cast's own hashes."""
    hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "hasher", hasher)
    return hasher


@pytest.fixture
def actions(app: Flask) -> Callable[[], list[tuple[str, str, str]]]:
    """Read the audit log as (who, what, subject), oldest first."""

    def read() -> list[tuple[str, str, str]]:
        db.session.rollback()
        entries = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id))
        return [(each.actor_label, each.action, each.subject) for each in entries]

    return read


@pytest.fixture
def roles(app: Flask, cast: Cast) -> Callable[[], dict[str, str]]:
    """Read who has which role in Acme, by name."""

    def read() -> dict[str, str]:
        db.session.rollback()
        return {each.user.name: each.role for each in members.members_of(cast.acme.id)}

    return read


@pytest.fixture
def member(app: Flask, cast: Cast) -> Callable[[str], Membership]:
    """Find a member of Acme by the name they have in the cast."""

    def find(who: str) -> Membership:
        user = getattr(cast, who)
        return db.session.scalars(select(Membership).where(Membership.user_id == user.id)).one()

    return find


def as_kind(kind: str) -> dict[str, Any]:
    """Return the headers of a plain browser's or an HTMX request."""
    return HTMX if kind == "htmx" else {}
