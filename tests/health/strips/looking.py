"""Looking at how an environment has been, and at who hears of it."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from sleuth import clock
from sleuth.accounts.models import Event
from sleuth.extensions import db
from sleuth.health import jobs, strips
from sleuth.health.models import EnvironmentHealth
from tests.conftest import NOW

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
NOON = int(NOW.timestamp())


def row() -> EnvironmentHealth:
    db.session.rollback()
    return db.session.scalars(select(EnvironmentHealth)).one()


def refresh(at: datetime = NOW) -> EnvironmentHealth:
    with clock.frozen(at):
        jobs.refresh_strips(0)
    return row()


def view(at: datetime = NOW) -> None:
    strips.note_views([(each.environment_id, each.viewed_at) for each in [row()]], at)
    db.session.rollback()


def healths(kept: EnvironmentHealth) -> list[str]:
    return [each["health"] for each in kept.windows]


def reasons(kept: EnvironmentHealth) -> list[str]:
    return [each["reason"] for each in kept.windows]


def events() -> list[str]:
    found = db.session.scalars(select(Event).where(Event.name == strips.CHANGED))
    return [each.subject for each in found]
