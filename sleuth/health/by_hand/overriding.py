"""Setting a deploy's health by hand, and taking that back; what was judged stays beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, and_, func, select
from sqlalchemy.orm import aliased

from sleuth import clock
from sleuth.accounts import audit
from sleuth.accounts.models import Membership, User
from sleuth.accounts.rules import RuleError
from sleuth.deploys.models import Deploy
from sleuth.extensions import db, write
from sleuth.health.by_hand.models import Override
from sleuth.health.by_hand.people import Person, called, members
from sleuth.health.failures import note_failure
from sleuth.health.models import Timeline
from sleuth.health.telling import tell
from sleuth.health.words import HEALTH_NAMES
from sleuth.ids import new_public_id
from sleuth.text import one_line

CHOICES = ("improved", "healthy", "ailing", "unhealthy")
LONGEST_REASON = 500
_Setter = aliased(User)
STANDING = (
    Override,
    func.coalesce(func.nullif(_Setter.name, ""), _Setter.email).label("setter_name"),
)
"""What :func:`standing_of` reads, of a statement that :func:`with_standing` joined."""

NO_REASON = "Say why, for whoever reads this later."
TOO_LONG = f"The reason may have {LONGEST_REASON} characters at most."


@dataclass(frozen=True, slots=True)
class Shown:
    """A health that was set by hand, as a page shows it.

    Args:
        who: Who set it.
        ended_at: When it came to an end; None while it stands.
        ended_by: Who ended it, "" while it stands.
        was_undone: It was taken back, and not followed by another.
    """

    public_id: str
    health: str
    reason: str
    who: str
    set_at: datetime
    ended_at: datetime | None
    ended_by: str
    was_undone: bool


def standing(deploy: Deploy) -> Shown | None:
    """Return what stands by hand on a deploy."""
    found = _standing(deploy.id)
    return _shown(deploy.organization_id, [found])[0] if found else None


def with_standing(statement: Select[*tuple[Any, ...]], deploy_id: Any) -> Select[*tuple[Any, ...]]:
    """Join what stands by hand, if anything does, and who set it, to a statement over deploys."""
    stands = and_(Override.deploy_id == deploy_id, Override.ended_at.is_(None))
    is_member = and_(
        Membership.user_id == Override.set_by_id,
        Membership.organization_id == Deploy.organization_id,
    )
    joined = statement.outerjoin(Override, stands).outerjoin(Membership, is_member)
    return joined.outerjoin(_Setter, _Setter.id == Membership.user_id)


def standing_of(row: Row[*tuple[Any, ...]]) -> Shown | None:
    """Return what stands by hand on the deploy of a row, None if nothing does.

    Args:
        row: With ``STANDING``.
    """
    if row.Override is None:
        return None
    known = {row.Override.set_by_id: row.setter_name} if row.setter_name else {}
    return _as_shown(row.Override, known)


def past(organization_id: int, public_id: str) -> tuple[Shown, ...]:
    """Return what was once set by hand on a deploy and does not stand any more, newest first."""
    rows = db.session.scalars(
        select(Override)
        .join(Deploy, Deploy.id == Override.deploy_id)
        .where(
            Deploy.organization_id == organization_id,
            Deploy.public_id == public_id,
            Override.ended_at.is_not(None),
        )
        .order_by(Override.id.desc())
    ).all()
    return tuple(_shown(organization_id, rows))


def set_override(deploy_id: int, health: str, reason: str, by: Person, seen: str) -> None:
    """Let a deploy have this health, whatever is judged now or later.

    Args:
        reason: Why, in the person's own words.
        seen: Public id of what stood when the person decided, "" if nothing did.

    Raises:
        RuleError: Health or reason will not do, or somebody else was quicker.
        NoResultFound: The deploy is gone.
    """
    if health not in CHOICES:
        raise RuleError("Choose a health.", "health")
    reason = checked_reason(reason)
    with write():
        deploy, before = _held(deploy_id, seen)
        now = clock.now()
        if before is not None:
            _end(before, by, now)
        override = Override(
            public_id=new_public_id(),
            deploy_id=deploy.id,
            health=health,
            reason=reason,
            set_at=now,
            set_by_id=by.id,
            set_by=by.name,
        )
        db.session.add(override)
        _note(deploy, "deploy.health_set", health=HEALTH_NAMES[health], reason=reason)


def undo_override(deploy_id: int, by: Person, seen: str) -> None:
    """Let what was judged count again.

    Args:
        seen: Public id of what the person wants to take back.

    Raises:
        RuleError: That does not stand any more.
        NoResultFound: The deploy is gone.
    """
    with write():
        deploy, before = _held(deploy_id, seen)
        if before is None:
            raise RuleError("Nothing is set by hand here.")
        _end(before, by, clock.now())
        before.was_undone = True
        _note(deploy, "deploy.health_set_undone", health=HEALTH_NAMES[before.health])


def checked_reason(text: str) -> str:
    """Return a reason as it is kept.

    Raises:
        RuleError: There is none, or it is too long.
    """
    reason = one_line(text)
    if not reason:
        raise RuleError(NO_REASON, "reason")
    if len(reason) > LONGEST_REASON:
        raise RuleError(TOO_LONG, "reason")
    return reason


def _held(deploy_id: int, seen: str) -> tuple[Deploy, Override | None]:
    """Return a deploy that nobody overrides or judges meanwhile, and what stands.

    Whoever stores verdicts holds the timeline, and would note failures by what stood before.
    """
    environment_id = db.session.get_one(Deploy, deploy_id).environment_id
    db.session.get(Timeline, environment_id, with_for_update=True)
    deploy = db.session.get_one(Deploy, deploy_id, with_for_update={"key_share": True})
    stands = _standing(deploy_id)
    if (stands.public_id if stands else "") != seen:
        raise RuleError(_told(deploy, stands))
    return deploy, stands


def _standing(deploy_id: int) -> Override | None:
    return db.session.scalar(
        select(Override).where(Override.deploy_id == deploy_id, Override.ended_at.is_(None))
    )


def _told(deploy: Deploy, stands: Override | None) -> str:
    if stands is None:
        return "Meanwhile somebody took back what was set by hand. Look again before you go on."
    known = members(deploy.organization_id, [stands.set_by_id])
    who = called(known, stands.set_by_id, stands.set_by)
    reason = stands.reason.rstrip(".")
    return (
        f"Meanwhile {who} set this deploy to {HEALTH_NAMES[stands.health]}: “{reason}”. "
        "Look again before you go on."
    )


def _end(override: Override, by: Person, now: datetime) -> None:
    override.ended_at, override.ended_by_id, override.ended_by = now, by.id, by.name
    db.session.flush()  # the database knows that one stands at any time


def _note(deploy: Deploy, action: str, **detail: str) -> None:
    note_failure(deploy)
    audit.record(
        deploy.organization_id,
        action,
        deploy.revision,
        code_deployment=deploy.code_deployment.name,
        environment=deploy.environment.name,
        **detail,
    )
    tell(deploy, is_other_health=True)


def _shown(organization_id: int, rows: Sequence[Override]) -> list[Shown]:
    """Return rows as pages show them, in one statement at most."""
    ids = [id_ for row in rows for id_ in (row.set_by_id, row.ended_by_id)]
    known = members(organization_id, ids)
    return [_as_shown(row, known) for row in rows]


def _as_shown(row: Override, known: Mapping[int | None, str]) -> Shown:
    return Shown(
        public_id=row.public_id,
        health=row.health,
        reason=row.reason,
        who=called(known, row.set_by_id, row.set_by),
        set_at=row.set_at,
        ended_at=row.ended_at,
        ended_by=called(known, row.ended_by_id, row.ended_by) if row.ended_at else "",
        was_undone=row.was_undone,
    )
