"""Organizations, and the very first of them."""

from __future__ import annotations

from sqlalchemy import select

from sleuth import clock
from sleuth.accounts import audit
from sleuth.accounts.members import add_membership
from sleuth.accounts.models import Membership, Organization, Role, User
from sleuth.accounts.people import add_person, find_person, new_person
from sleuth.accounts.rules import RuleError, checked_name
from sleuth.extensions import db, lock_table, write
from sleuth.ids import unique_slug

ALREADY_SET_UP = "Sleuth is already set up; sign in instead."


def is_set_up() -> bool:
    """Tell whether anybody has an account yet."""
    return db.session.scalar(select(User.id).limit(1)) is not None


def find_organization(slug: str) -> Organization | None:
    """Return the organization with this slug, or None."""
    return db.session.scalar(select(Organization).where(Organization.slug == slug))


def organizations_of(user_id: int) -> list[Organization]:
    """Return the organizations that a person is a member of, by name."""
    mine = (
        select(Organization)
        .join(Membership)
        .where(Membership.user_id == user_id)
        .order_by(Organization.name, Organization.id)
    )
    return list(db.session.scalars(mine))


def set_up(organization: str, name: str, email: str, password: str) -> User:
    """Create the first organization and its owner; of two at once, one succeeds.

    Args:
        organization: Name of the organization; its slug follows from it.
        name: The owner's name.

    Raises:
        RuleError: Something entered is refused, or somebody has an account already.
    """
    organization = checked_name(organization, "organization's name", "organization")
    owner = new_person(name, email, password)
    with write():
        lock_table(User)
        if is_set_up():
            raise RuleError(ALREADY_SET_UP)
        add_person(owner)
        with audit.acting_as(owner.email, owner.id):
            _create(organization, owner)
    return owner


def create_organization(name: str, owner_email: str) -> Organization:
    """Create a further organization for somebody who has an account.

    Raises:
        RuleError: The name is refused, or nobody has that e-mail address.
    """
    name = checked_name(name, "organization's name", "organization")
    with write():
        owner = find_person(owner_email)
        if owner is None:
            raise RuleError(f"Nobody has the e-mail address {owner_email}.", "email")
        return _create(name, owner)


def create_organization_with_owner(
    organization: str, name: str, email: str, password: str
) -> Organization:
    """Create a further organization and the account of its owner.

    Raises:
        RuleError: Something entered is refused, or the e-mail address is taken.
    """
    organization = checked_name(organization, "organization's name", "organization")
    owner = new_person(name, email, password)
    with write():
        add_person(owner)
        return _create(organization, owner)


def rename_organization(organization_id: int, name: str) -> None:
    """Give an organization another name; its slug, and so every address, stays.

    Raises:
        RuleError: The name is refused.
    """
    name = checked_name(name, "organization's name")
    with write():
        organization = db.session.get_one(Organization, organization_id)
        before, organization.name = organization.name, name
        audit.record(organization_id, "organization.renamed", name, before=before)
        audit.publish(organization_id, "organizationChanged")


def _create(name: str, owner: User) -> Organization:
    lock_table(Organization)
    organization = Organization(
        name=name,
        slug=unique_slug(name, lambda slug: find_organization(slug) is not None),
        created_at=clock.now(),
    )
    db.session.add(organization)
    db.session.flush()
    add_membership(organization.id, owner, Role.OWNER)
    audit.record(organization.id, "organization.created", name, owner=owner.email)
    return organization
