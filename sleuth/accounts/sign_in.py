"""Who is at the door: signing in, signing out, and knowing somebody again."""

from __future__ import annotations

import logging
from functools import cache

from flask import g
from sqlalchemy import Select, and_, bindparam, func, select
from sqlalchemy.orm import contains_eager

from sleuth.accounts import audit, passwords
from sleuth.accounts.models import Event, Membership, Organization, User
from sleuth.accounts.people import find_person, note
from sleuth.extensions import db, write

log = logging.getLogger(__name__)


def sign_in(email: str, password: str) -> User | None:
    """Return whose e-mail address and password these are, having noted it in the log.

    Returns:
        None if they do not belong together; an unknown address takes as long to refuse.
    """
    person = find_person(email)
    known_hash = person.password_hash if person else None
    is_right = passwords.matches(known_hash, password)
    if person is None or known_hash is None or not is_right:
        # Whoever has no account may have entered a password where the address belongs.
        log.warning("Sign-in was refused for %s.", repr(person.email) if person else "nobody here")
        return None
    return _admit(person.id, known_hash, _better_hash(known_hash, password))


def sign_out(user_id: int) -> None:
    """Note in the log that somebody signed out."""
    with write():
        note(db.session.get_one(User, user_id), "person.signed_out")


def load_user(session_id: str) -> User | None:
    """Return the person of a session, unless their password has changed since it began.

    Every request begins with this, so that one statement also finds what every page of an
    organization needs next: ``g.own_membership`` in it, its newest event, ``g.last_event``,
    and of how many the person is a member, ``g.organization_count``.

    Args:
        session_id: What ``User.get_id`` returned when it began.
    """
    user_id = session_id.partition(".")[0]
    if not user_id.isdecimal():
        return None
    asked = {"user_id": int(user_id), "slug": g.get("organization_slug") or ""}
    row = db.session.execute(_person(), asked).first()
    if row is None or row.User.get_id() != session_id:
        return None
    g.own_membership, g.last_event = row.Membership, row.last_event or 0
    g.organization_count = row.organization_count
    return row.User  # type: ignore[no-any-return]


@cache
def _person() -> Select[User, Membership, int, int | None]:
    """Select a person as a page needs them; built once, because every request asks."""
    own = select(func.count(Membership.id)).where(Membership.user_id == User.id)
    newest = select(func.max(Event.id)).where(Event.organization_id == Organization.id)
    in_it = and_(Membership.user_id == User.id, Membership.organization_id == Organization.id)
    return (
        select(
            User,
            Membership,
            own.correlate(User).scalar_subquery().label("organization_count"),
            newest.correlate(Organization).scalar_subquery().label("last_event"),
        )
        .select_from(User)
        .outerjoin(Organization, Organization.slug == bindparam("slug"))
        .outerjoin(Membership, in_it)
        .options(contains_eager(Membership.organization))
        .where(User.id == bindparam("user_id"))
    )


def _better_hash(known_hash: str, password: str) -> str:
    return passwords.hash_password(password) if passwords.needs_rehash(known_hash) else known_hash


def _admit(user_id: int, known_hash: str, better_hash: str) -> User | None:
    with write():
        person = db.session.get(User, user_id)
        if person is None or person.password_hash != known_hash:
            return None
        person.password_hash = better_hash
        with audit.acting_as(person.email, person.id):
            note(person, "person.signed_in")
    return person
