"""Names are unique among their siblings; so are slugs, which never change."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from sleuth.accounts.models import Organization
from sleuth.accounts.rules import RuleError, checked_name
from sleuth.extensions import db
from sleuth.text import one_line


def lock_organization(organization_id: int) -> None:
    """Let nobody else name things in the organization until this transaction ends."""
    db.session.execute(
        select(Organization.id)
        .where(Organization.id == organization_id)
        .with_for_update(key_share=True)
    )


def free_name(text: str, siblings: Iterable[str], sentence: str, field: str = "name") -> str:
    """Return the name that ``text`` makes, on one line.

    Args:
        siblings: The names that are taken, whatever their case.
        sentence: What to say if it is one of them; ``{}`` stands for the name.
        field: The form field that the name came from.

    Raises:
        RuleError: It is empty, too long or taken.
    """
    name = checked_name(one_line(text), field=field)
    for each in siblings:
        if each.casefold() == name.casefold():
            raise RuleError(sentence.format(each), field)
    return name
