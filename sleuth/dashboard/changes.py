"""What live pages hear: the events since they last asked, in one statement."""

from __future__ import annotations

from dataclasses import dataclass

from flask import g
from sqlalchemy import ScalarSelect, bindparam, func, select

from sleuth.accounts.models import Event
from sleuth.deploys.service import LIST_CHANGED
from sleuth.extensions import db
from sleuth.health import strips
from sleuth.health.telling import DEPLOY_CHANGED, HEALTH_CHANGED

MUCH_CHANGED = "muchChanged"
MOST_EVENTS = 200
MOST_NAMES = 50
"""They travel in a header, for which proxies have little room."""

TOLD_BY_SUBJECT = {DEPLOY_CHANGED, strips.CHANGED}
TOLD_OF_ALL_AND_ONE = {LIST_CHANGED, HEALTH_CHANGED}
"""Heard by what shows the deploys of all projects, and by subject by what shows those of one."""

_AFTER = (
    select(Event.id, Event.name, Event.subject)
    .where(Event.organization_id == bindparam("organization_id"), Event.id >= bindparam("after"))
    .order_by(Event.id)
    .limit(MOST_EVENTS + 1)
)
"""Built once: every tab that is looked at asks for it every four seconds."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What happened.

    Args:
        names: Events in the words of HTMX; ``deployChanged:ID`` concerns one card,
            ``deploysChanged`` lists of all projects, ``deploysChanged:SLUG`` those of one,
            ``healthChanged`` and ``healthChanged:SLUG`` what counts or chooses by health,
            ``environmentChanged:SLUG`` the strips of a project,
            ``muchChanged`` all that a page shows.
        last: The id to ask from next time.
    """

    names: tuple[str, ...]
    last: int


def latest(organization_id: int) -> int:
    """Return the id of an organization's newest event; read it before what it is about.

    Nothing is read before the person is recognized, and that tells it.
    """
    membership = g.get("membership")
    if membership is not None and membership.organization_id == organization_id:
        return int(g.last_event)
    return db.session.scalar(select(newest(organization_id))) or 0


def newest(organization_id: int) -> ScalarSelect[int | None]:
    """Return the same as part of another statement; None if there is no event."""
    ids = select(func.max(Event.id)).where(Event.organization_id == organization_id)
    return ids.scalar_subquery()


def changes_after(organization_id: int, after: int) -> Changes:
    """Return what an organization's live pages must draw again.

    A page that slept for long hears of all at once: that much happened, or that what it heard
    last is forgotten, and with it maybe what came next. So does one that has heard of more than
    there is, as after a backup was restored.
    """
    last = latest(organization_id)
    if after > last:
        return Changes((MUCH_CHANGED,), last)
    if after == last:
        return Changes((), after)
    since = max(0, after)
    rows = db.session.execute(_AFTER, {"organization_id": organization_id, "after": since}).all()
    is_forgotten = since > 0 and bool(rows) and rows[0].id != since
    if is_forgotten or len(rows) > MOST_EVENTS:
        return Changes((MUCH_CHANGED,), last)
    rows = [row for row in rows if row.id != since]
    told = (name for row in rows for name in _names(row.name, row.subject))
    names = tuple(dict.fromkeys(told))
    heard = rows[-1].id if rows else after
    return Changes(names if len(names) <= MOST_NAMES else (MUCH_CHANGED,), heard)


def _names(name: str, subject: str) -> tuple[str, ...]:
    if not subject:
        return (name,)
    if name in TOLD_OF_ALL_AND_ONE:
        return name, f"{name}:{subject}"
    return (f"{name}:{subject}" if name in TOLD_BY_SUBJECT else name,)
