"""How environments have been of late: which are looked at, by whom it is known, what is kept.

A strip is looked at again when it may have become another: once in three minutes. Web and
tick use this module, so it does without the detector.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select, update

from sleuth.accounts import audit
from sleuth.deploys.models import Deploy
from sleuth.extensions import db, lock_table, write, write_if_free
from sleuth.health.models import EnvironmentHealth
from sleuth.impact.models import ImpactSource
from sleuth.integrations.models import Integration
from sleuth.projects.models import Environment
from sleuth.queue import JOB_TIMEOUT_SECONDS

CHANGED = "environmentChanged"
VIEWED_FOR = timedelta(minutes=10)
VIEWED_EVERY = timedelta(minutes=1)
DEPLOYED_FOR = timedelta(hours=1)
PATIENCE = timedelta(minutes=3)
"""How long after a window ends its counts are waited for, before it is shown without them."""

LEASE = timedelta(seconds=JOB_TIMEOUT_SECONDS)
AT_ONCE = 10


@dataclass(frozen=True, slots=True)
class Strip:
    """What is kept of an environment.

    Args:
        windows: Oldest first; start (epoch seconds), health, reason, observed, expected.
        next_end_at, next_whole_at: When to look again, as the model says.
    """

    windows: list[dict[str, Any]]
    window_seconds: int
    next_end_at: datetime
    next_whole_at: datetime


def due(now: datetime) -> list[int]:
    """Return one number if any environment has to be looked at.

    Of a thousand environments all are due at about the same time; a job for each would keep
    everybody else waiting.
    """
    has_new = db.session.scalar(_without_row().limit(1)) is not None
    return [0] if has_new or db.session.scalar(_due(now).limit(1)) is not None else []


def claim(now: datetime) -> list[int]:
    """Take a few environments that are due, those that have waited longest first.

    What somebody has taken and not stored comes last, lest it fail for ever in front of others.

    Returns:
        Their ids; nobody else is given them until they are stored, or for 75 seconds.
    """
    with write():
        _add_rows()
        ids = list(
            db.session.scalars(
                _due(now)
                .order_by(
                    EnvironmentHealth.claimed_until.nulls_first(),
                    EnvironmentHealth.refreshed_at.nulls_first(),
                )
                .limit(AT_ONCE)
                .with_for_update(skip_locked=True, of=EnvironmentHealth)
            )
        )
        _set(ids, claimed_until=now + LEASE)
    return ids


def store(environment_id: int, strip: Strip, now: datetime) -> None:
    """Keep what was seen, and let those hear of it who look at the environment."""
    with write():
        row = db.session.get(EnvironmentHealth, environment_id, with_for_update=True)
        if row is None:
            return
        has_changed = row.windows != strip.windows
        row.windows, row.window_seconds = strip.windows, strip.window_seconds
        row.next_end_at, row.next_whole_at = strip.next_end_at, strip.next_whole_at
        row.refreshed_at, row.claimed_until = now, None
        if has_changed and row.viewed_at is not None and row.viewed_at >= now - VIEWED_FOR:
            project = row.environment.project
            audit.publish(project.organization_id, CHANGED, project.slug)


def note_views(seen: Collection[tuple[int, datetime | None]], now: datetime) -> None:
    """Note that somebody looks at environments, for each once a minute at most.

    Skips what is locked: the page asks again.

    Args:
        seen: Their ids, and when each was looked at before.
    """
    ids = [id_ for id_, viewed_at in seen if viewed_at is None or viewed_at <= now - VIEWED_EVERY]
    if not ids:
        return
    free = (
        select(EnvironmentHealth.environment_id)
        .where(EnvironmentHealth.environment_id.in_(ids))
        .with_for_update(skip_locked=True)
    )
    write_if_free(
        update(EnvironmentHealth)
        .where(EnvironmentHealth.environment_id.in_(free))
        .values(viewed_at=now)
    )


def _add_rows() -> None:
    if db.session.scalar(_without_row().limit(1)) is None:
        return
    lock_table(EnvironmentHealth)
    for id_ in db.session.scalars(_without_row()).all():
        db.session.add(EnvironmentHealth(environment_id=id_))
    db.session.flush()


def _set(environment_ids: Collection[int], **values: Any) -> None:
    of_these = EnvironmentHealth.environment_id.in_(environment_ids)
    db.session.execute(
        update(EnvironmentHealth)
        .where(of_these)
        .values(**values)
        .execution_options(synchronize_session=False)
    )


def _without_row() -> Select[int]:
    has_row = select(EnvironmentHealth.environment_id).where(
        EnvironmentHealth.environment_id == Environment.id
    )
    return select(Environment.id).where(_has_source(Environment.id), ~has_row.exists())


def _due(now: datetime) -> Select[int]:
    own = EnvironmentHealth
    is_wanted = or_(own.viewed_at >= now - VIEWED_FOR, _was_deployed_to(now))
    is_late = own.next_end_at <= now - PATIENCE
    was_set_back = own.refreshed_at > now
    return select(own.environment_id).where(
        _has_source(own.environment_id),
        or_(own.claimed_until.is_(None), own.claimed_until <= now, own.claimed_until > now + LEASE),
        or_(
            own.refreshed_at.is_(None),
            and_(is_wanted, or_(is_late, was_set_back, _is_whole())),
        ),
    )


def _was_deployed_to(now: datetime) -> ColumnElement[bool]:
    return (
        select(Deploy.id)
        .where(
            Deploy.environment_id == EnvironmentHealth.environment_id,
            Deploy.deployed_at >= now - DEPLOYED_FOR,
            Deploy.deployed_at <= now,
        )
        .exists()
    )


def _is_whole() -> ColumnElement[bool]:
    """Whether every source that is collected has come far enough for another window."""
    own = EnvironmentHealth
    collected = (
        select(ImpactSource.id)
        .join(Integration, Integration.id == ImpactSource.integration_id)
        .where(
            ImpactSource.environment_id == own.environment_id,
            ImpactSource.paused_at.is_(None),
            Integration.paused_at.is_(None),
        )
    )
    lags = or_(
        ImpactSource.complete_until.is_(None), ImpactSource.complete_until < own.next_whole_at
    )
    return and_(collected.exists(), ~collected.where(lags).exists())


def _has_source(environment_id: Any) -> ColumnElement[bool]:
    return select(ImpactSource.id).where(ImpactSource.environment_id == environment_id).exists()
