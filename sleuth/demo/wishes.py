"""Which situations somebody wants to be on, and whether the stand-in has heard of it.

The audit log remembers both: the last order for a situation counts, and so does what was
noted after it.
"""

from __future__ import annotations

import enum
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from sleuth import clock
from sleuth.accounts import audit
from sleuth.accounts.models import AuditEntry
from sleuth.demo import declaration, service
from sleuth.demo.declaration import Situation
from sleuth.extensions import db, write

BEGUN = "situation.begun"
ENDED = "situation.ended"
APPLIED = "situation.applied"
FAILED = "situation.failed"
CHANGED = "situationChanged"
STAND_IN = "the demo's stand-in"
PATIENCE = timedelta(seconds=20)


class Standing(enum.StrEnum):
    """Where a situation stands."""

    OFF = "off"
    BEGINNING = "beginning"
    ON = "on"
    ENDING = "ending"


@dataclass(frozen=True, slots=True)
class Wish:
    """A situation and what was last ordered and heard of it.

    Args:
        order_id: Of the order, 0 without one.
        since: When it was ordered.
        until: When it is to end by itself.
        error: Why the order is not carried out yet.
    """

    situation: Situation
    standing: Standing = Standing.OFF
    order_id: int = 0
    since: datetime | None = None
    until: datetime | None = None
    error: str = ""

    @property
    def is_wanted(self) -> bool:
        """Whether it is to be on."""
        return self.standing in (Standing.BEGINNING, Standing.ON)

    @property
    def is_waiting(self) -> bool:
        """Whether the stand-in has not carried it out yet."""
        return self.standing in (Standing.BEGINNING, Standing.ENDING)

    def is_waiting_long(self, now: datetime) -> bool:
        """Tell whether nobody has tried for longer than people wait gladly."""
        is_untried = self.is_waiting and not self.error and self.since is not None
        return is_untried and now - (self.since or now) > PATIENCE


def wishes_of(organization_id: int) -> dict[str, Wish]:
    """Return how every situation stands, by name."""
    entries = _last_entries(organization_id)
    situations = declaration.current().situations
    return {name: _wish(each, entries.get(name, {})) for name, each in situations.items()}


def due_organization_ids(now: datetime) -> list[int]:
    """Return the demo's organization while a situation is on, or has not been ended yet."""
    demo = service.find_demo() if service.is_demo() else None
    is_due = demo and any(each.standing != Standing.OFF for each in wishes_of(demo.id).values())
    return [demo.id] if demo and is_due else []


def begin(organization_id: int, situation: Situation) -> None:
    """Order a situation, unless it is on."""
    until = clock.now() + situation.lasts
    with write():
        if not wishes_of(organization_id)[situation.name].is_wanted:
            _order(organization_id, BEGUN, situation.name, until=until.isoformat())


def end(organization_id: int, names: Collection[str]) -> None:
    """Order those of the situations to end that are on."""
    with write():
        for name, wish in wishes_of(organization_id).items():
            if name in names and wish.is_wanted:
                _order(organization_id, ENDED, name)


def end_what_is_over(organization_id: int, now: datetime) -> None:
    """Order the end of every situation whose time is over."""
    found = wishes_of(organization_id).values()
    over = {each.situation.name for each in found if each.until and each.until <= now}
    if over:
        with audit.acting_as(STAND_IN):
            end(organization_id, over)


def note_applied(organization_id: int, carried_out: Collection[Wish]) -> None:
    """Note which orders the stand-in has carried out, unless they were changed meanwhile."""
    _note(organization_id, [each for each in carried_out if each.is_waiting], APPLIED)


def note_failed(organization_id: int, attempted: Collection[Wish], message: str) -> None:
    """Note why orders could not be carried out."""
    news = [each for each in attempted if each.is_waiting and each.error != message]
    _note(organization_id, news, FAILED, message=message)


def _note(organization_id: int, orders: Collection[Wish], action: str, **detail: str) -> None:
    if not orders:
        return
    with write(), audit.acting_as(STAND_IN):
        current = wishes_of(organization_id)
        for each in orders:
            name = each.situation.name
            if current[name].order_id == each.order_id:
                _order(organization_id, action, name, **detail)


def _order(organization_id: int, action: str, name: str, **detail: str) -> None:
    audit.record(organization_id, action, name, **detail)
    audit.publish(organization_id, CHANGED, name)
    db.session.flush()


def _last_entries(organization_id: int) -> dict[str, dict[str, AuditEntry]]:
    """Return the last entry of each kind, by situation and action."""
    newest = (
        select(func.max(AuditEntry.id))
        .where(
            AuditEntry.organization_id == organization_id,
            AuditEntry.action.in_((BEGUN, ENDED, APPLIED, FAILED)),
        )
        .group_by(AuditEntry.subject, AuditEntry.action)
    )
    found: dict[str, dict[str, AuditEntry]] = {}
    for entry in db.session.scalars(select(AuditEntry).where(AuditEntry.id.in_(newest))):
        found.setdefault(entry.subject, {})[entry.action] = entry
    return found


def _wish(situation: Situation, entries: dict[str, AuditEntry]) -> Wish:
    orders = [entries[action] for action in (BEGUN, ENDED) if action in entries]
    if not orders:
        return Wish(situation)
    order = max(orders, key=lambda each: each.id)
    applied, failed = (_after(order, entries.get(action)) for action in (APPLIED, FAILED))
    is_done = applied is not None
    if order.action == ENDED:
        standing, until = (Standing.OFF if is_done else Standing.ENDING), None
    else:
        standing = Standing.ON if is_done else Standing.BEGINNING
        until = datetime.fromisoformat(order.detail["until"])
    error = str(failed.detail["message"]) if failed and not is_done else ""
    return Wish(situation, standing, order.id, order.created_at, until, error)


def _after(order: AuditEntry, answer: AuditEntry | None) -> AuditEntry | None:
    return answer if answer is not None and answer.id > order.id else None
