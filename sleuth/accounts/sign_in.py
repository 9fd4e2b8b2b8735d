"""Who is at the door: signing in, signing out, and knowing somebody again."""

from __future__ import annotations

import logging

from sleuth.accounts import audit, passwords
from sleuth.accounts.models import User
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

    Args:
        session_id: What ``User.get_id`` returned when it began.
    """
    user_id = session_id.partition(".")[0]
    person = db.session.get(User, int(user_id)) if user_id.isdecimal() else None
    return person if person is not None and person.get_id() == session_id else None


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
