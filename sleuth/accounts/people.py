"""People's accounts: one for each e-mail address, whatever organizations they are in."""

from __future__ import annotations

from sqlalchemy import select

from sleuth import clock
from sleuth.accounts import audit, passwords
from sleuth.accounts.models import Membership, User
from sleuth.accounts.rules import (
    RuleError,
    checked_email,
    checked_name,
    checked_password,
    normal_email,
)
from sleuth.extensions import db, lock_table, write


def find_person(email: str) -> User | None:
    """Return whose e-mail address this is, or None."""
    return db.session.scalar(select(User).where(User.email == normal_email(email)))


def new_person(name: str, email: str, password: str) -> User:
    """Return an account that is not stored yet; hashes, so call it before ``write()``.

    Args:
        name: What others see; the part of the e-mail address before the @ if empty.

    Raises:
        RuleError: Something entered is refused.
    """
    email = checked_email(email)
    return User(
        email=email,
        name=checked_name(name or email.partition("@")[0]),
        password_hash=passwords.hash_password(checked_password(password, email)),
        session_version=1,
        created_at=clock.now(),
    )


def add_person(person: User) -> None:
    """Store a new account inside ``with write():``.

    Raises:
        RuleError: The e-mail address is taken.
    """
    lock_table(User)
    if find_person(person.email):
        raise RuleError(f"{person.email} already has an account.", "email")
    db.session.add(person)
    db.session.flush()


def change_password(user_id: int, current: str, new: str) -> User:
    """Replace a person's password, which ends all their other sessions.

    Raises:
        RuleError: The current password is wrong, or the new one is refused.
    """
    person = db.session.get_one(User, user_id)
    known_hash = person.password_hash
    if not passwords.matches(known_hash, current):
        raise RuleError("That is not your current password.", "current_password")
    new_hash = passwords.hash_password(checked_password(new, person.email, "new_password"))
    with write():
        person = db.session.get_one(User, user_id, with_for_update=True)
        if person.password_hash != known_hash:
            raise RuleError("Your password has just been changed elsewhere.")
        _store_password(person, new_hash)
        note(person, "person.password_changed")
    return person


def reset_password(email: str, new: str) -> None:
    """Set the password of somebody who forgot it, which ends all their sessions.

    Raises:
        RuleError: Nobody has that e-mail address, or the password is refused.
    """
    new_hash = passwords.hash_password(checked_password(new, email))
    with write():
        person = find_person(email)
        if person is None:
            raise RuleError(f"Nobody has the e-mail address {normal_email(email)}.", "email")
        _store_password(person, new_hash)
        note(person, "person.password_reset")


def note(person: User, action: str) -> None:
    """Record what concerns a person in the log of every organization they are in."""
    mine = select(Membership.organization_id).where(Membership.user_id == person.id)
    organization_ids: list[int | None] = list(db.session.scalars(mine))
    for organization_id in organization_ids or [None]:
        audit.record(organization_id, action, person.email)


def _store_password(person: User, password_hash: str) -> None:
    person.password_hash = password_hash
    person.session_version += 1
