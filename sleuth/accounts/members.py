"""The people in an organization; exactly one of them owns it."""

from __future__ import annotations

from sqlalchemy import Select, case, select
from sqlalchemy.orm import contains_eager

from sleuth import clock
from sleuth.accounts import audit
from sleuth.accounts.models import Membership, Role, User
from sleuth.accounts.people import add_person, find_person, new_person
from sleuth.accounts.rules import RuleError
from sleuth.extensions import db, lock_table, write
from sleuth.ids import new_public_id

GIVEN_ROLES = (Role.ADMINISTRATOR, Role.DEVELOPER, Role.OBSERVER)
"""What a member can be made; ownership is transferred instead."""

_BY_ROLE = case({role.value: rank for rank, role in enumerate(Role)}, value=Membership.role)


def members_of(organization_id: int) -> list[Membership]:
    """Return the members with their accounts, the owner first, then by role and name."""
    everybody = (
        select(Membership)
        .join(Membership.user)
        .options(contains_eager(Membership.user))
        .where(Membership.organization_id == organization_id)
        .order_by(_BY_ROLE, User.name, User.email)
    )
    return list(db.session.scalars(everybody))


def find_member(organization_id: int, public_id: str) -> Membership | None:
    """Return the member with this public id, or None."""
    return db.session.scalar(_member(organization_id, public_id))


def add_member(
    organization_id: int, email: str, role: Role, *, name: str = "", password: str = ""
) -> Membership:
    """Add a person with a new account.

    An account that exists is refused: nobody has proven whose it is, and an administrator
    of another organization may have chosen its password.

    Raises:
        RuleError: They have an account, or something entered is refused.
    """
    _refuse_ownership(role)
    known = find_person(email)
    if known is not None:
        raise _refusal(organization_id, known)
    person = new_person(name, email, password)
    with write():
        add_person(person)
        return _join(organization_id, person, role)


def add_known_member(organization_id: int, email: str, role: Role) -> Membership:
    """Add a person who has an account, for the operator, who answers for whose it is.

    Raises:
        RuleError: They are a member already, or nobody has that e-mail address.
    """
    _refuse_ownership(role)
    person = find_person(email)
    if person is None:
        raise RuleError(f"Nobody has the e-mail address {email}.", "email")
    return _add_known(organization_id, person.id, role)


def change_role(organization_id: int, public_id: str, role: Role) -> None:
    """Give a member another role.

    Raises:
        RuleError: It is the owner, whose role only a transfer changes, or nobody.
    """
    _refuse_ownership(role)
    with write():
        member = _locked_member(organization_id, public_id)
        if member.role == Role.OWNER:
            raise RuleError("The owner's role changes when ownership is transferred.", "role")
        before, member.role = member.role, role
        _note(member, "member.role_changed", before=before, role=role)


def remove_member(organization_id: int, public_id: str) -> None:
    """Remove a member; their account stays, for other organizations.

    Raises:
        RuleError: It is the owner, or nobody.
    """
    with write():
        member = _locked_member(organization_id, public_id)
        if member.role == Role.OWNER:
            raise RuleError("The owner cannot be removed; transfer ownership first.")
        _note(member, "member.removed", role=member.role)
        db.session.delete(member)


def transfer_ownership(organization_id: int, public_id: str) -> None:
    """Make a member the owner; who was it becomes an administrator.

    Raises:
        RuleError: Nobody is there to take it, or they own the organization already.
    """
    with write():
        lock_table(Membership)
        heir = _locked_member(organization_id, public_id)
        if heir.role == Role.OWNER:
            raise RuleError("They own the organization already.")
        owner = db.session.scalars(
            select(Membership).where(
                Membership.organization_id == organization_id, Membership.role == Role.OWNER
            )
        ).one()
        owner.role = Role.ADMINISTRATOR
        db.session.flush()  # the database knows that there is one owner at any time
        heir.role = Role.OWNER
        _note(heir, "organization.ownership_transferred", before=owner.user.email)


def add_membership(organization_id: int, person: User, role: Role) -> Membership:
    """Make a person a member inside ``with write():``."""
    membership = Membership(
        public_id=new_public_id(),
        organization_id=organization_id,
        user_id=person.id,
        role=role,
        created_at=clock.now(),
    )
    db.session.add(membership)
    db.session.flush()
    return membership


def _add_known(organization_id: int, user_id: int, role: Role) -> Membership:
    with write():
        lock_table(Membership)
        person = db.session.get_one(User, user_id)
        is_member = select(Membership.id).where(
            Membership.organization_id == organization_id, Membership.user_id == user_id
        )
        if db.session.scalar(is_member):
            raise RuleError(f"{person.email} is a member already.", "email")
        return _join(organization_id, person, role)


def _refusal(organization_id: int, known: User) -> RuleError:
    is_member = select(Membership.id).where(
        Membership.organization_id == organization_id, Membership.user_id == known.id
    )
    if db.session.scalar(is_member):
        return RuleError(f"{known.email} is a member already.", "email")
    return RuleError(
        f"{known.email} already has an account on this server; whoever runs it can add them "
        "with ./run sleuth member add.",
        "email",
    )


def _join(organization_id: int, person: User, role: Role) -> Membership:
    member = add_membership(organization_id, person, role)
    _note(member, "member.added", role=role)
    return member


def _note(member: Membership, action: str, **detail: str) -> None:
    audit.record(member.organization_id, action, member.user.email, **detail)
    audit.publish(member.organization_id, "memberChanged", member.public_id)


def _locked_member(organization_id: int, public_id: str) -> Membership:
    member = db.session.scalar(_member(organization_id, public_id).with_for_update())
    if member is None:
        raise RuleError("They are no longer a member.")
    return member


def _member(organization_id: int, public_id: str) -> Select[Membership]:
    return select(Membership).where(
        Membership.organization_id == organization_id, Membership.public_id == public_id
    )


def _refuse_ownership(role: Role) -> None:
    if role not in GIVEN_ROLES:
        raise RuleError("There is one owner: ownership is transferred, not given.", "role")
