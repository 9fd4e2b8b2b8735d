"""Which replays are due, who has the lease on one, and what they look at; loads nothing heavy."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Select, and_, delete, exists, func, or_, select, update

from sleuth import clock, queue
from sleuth.deploys.models import Deploy
from sleuth.extensions import db, rows_changed, write
from sleuth.health.models import Verdict
from sleuth.health.replaying.models import OPEN_STATES, Replay, ReplayKind, ReplayState
from sleuth.health.watching import watched
from sleuth.impact import series
from sleuth.impact.models import ErrorCount, ImpactSource, Sweep, SweepKind

LOOKED_AT = timedelta(days=30)
BEFORE = timedelta(days=29)
"""How long before a deploy counts and other deploys matter, and a day more."""

OPEN_FOR = timedelta(days=1)
LEASE = timedelta(seconds=queue.JOB_TIMEOUT_SECONDS)
PRIME = 99_991


def due_ids(now: datetime) -> list[int]:
    """Return the replays that nobody is working on."""
    is_free = or_(Replay.claimed_until.is_(None), Replay.claimed_until <= now)
    found = select(Replay.id).where(Replay.state.in_(OPEN_STATES), is_free)
    return list(db.session.scalars(found.order_by(Replay.id)))


def added_source_ids(now: datetime) -> list[int]:
    """Return the sources added of late whose past is read and has not been judged by them."""
    has_replay = exists().where(
        Replay.impact_source_id == ImpactSource.id, Replay.kind == ReplayKind.ADDED
    )
    has_deploy = exists().where(
        Deploy.environment_id == ImpactSource.environment_id,
        Deploy.deployed_at >= now - LOOKED_AT,
        ~watched(now),
    )
    is_read = and_(
        Sweep.impact_source_id == ImpactSource.id,
        Sweep.kind == SweepKind.ALL,
        Sweep.confirmed_at.is_not(None),
    )
    return list(
        db.session.scalars(
            select(ImpactSource.id)
            .join(Sweep, is_read)
            .where(
                ImpactSource.created_at > now - LOOKED_AT,
                ImpactSource.judges_from >= ImpactSource.created_at,
                has_deploy,
                ~has_replay,
            )
        )
    )


def claim(replay_id: int, now: datetime) -> Replay | None:
    """Take the lease on a replay that is not done; None if it is, or somebody has it."""
    is_free = or_(Replay.claimed_until.is_(None), Replay.claimed_until <= now)
    with write():
        taken = rows_changed(
            update(Replay)
            .where(Replay.id == replay_id, Replay.state.in_(OPEN_STATES), is_free)
            .values(claimed_until=now + LEASE, state=ReplayState.RUNNING)
        )
        if taken:
            replay = db.session.get_one(Replay, replay_id, populate_existing=True)
            replay.judged_at = replay.judged_at or now
    return db.session.get(Replay, replay_id) if taken else None


def give_back(replay_id: int) -> None:
    """End the lease on a replay, in a transaction of its own; it is due again."""
    with write():
        db.session.execute(update(Replay).where(Replay.id == replay_id).values(claimed_until=None))


def erase_expired() -> None:
    """Erase what nobody has decided about in time, and what has long been decided."""
    with write():
        db.session.execute(delete(Replay).where(Replay.expires_at <= clock.now()))


def environment_ids_of(replay: Replay) -> list[int]:
    """Return the environments whose deploys a replay is about: those that are measured."""
    if replay.impact_source is not None:
        return [replay.impact_source.environment_id]
    found = select(ImpactSource.environment_id).where(ImpactSource.project_id == replay.project_id)
    return sorted(set(db.session.scalars(found)))


def source_ids_of(replay: Replay) -> list[int]:
    """Return the impact sources by which a replay judges."""
    if replay.impact_source_id is not None:
        return [replay.impact_source_id]
    found = select(ImpactSource.id).where(ImpactSource.project_id == replay.project_id)
    return list(db.session.scalars(found.order_by(ImpactSource.id)))


def deploys_between(
    environment_ids: Sequence[int], since: datetime, until: datetime
) -> Select[int, datetime]:
    """Select the deploys to some environments, in the order of their ids.

    Args:
        until: The last moment that counts.
    """
    return (
        select(Deploy.id, Deploy.deployed_at)
        .where(
            Deploy.environment_id.in_(environment_ids),
            Deploy.deployed_at >= since,
            Deploy.deployed_at <= until,
        )
        .order_by(Deploy.id)
    )


def fingerprint(replay: Replay) -> str:
    """Return what tells the deploys, sources and counts that a replay is made from now.

    Of the last day before it, in which counts still come in and are put right all the time,
    and in which no verdict has to be the last one, the counts are left out.
    """
    at = replay.judged_at or clock.now()
    deploys = db.session.execute(
        deploys_between(environment_ids_of(replay), at - LOOKED_AT - BEFORE, at)
    )
    moments = [(id_, deployed_at.timestamp()) for id_, deployed_at in deploys]
    since, until = int((at - LOOKED_AT - BEFORE).timestamp()), int((at - OPEN_FOR).timestamp())
    counts = [_counts(id_, since, until) for id_ in source_ids_of(replay)]
    told = json.dumps([moments, counts, _sensitivities(replay, at)])
    return hashlib.sha256(told.encode()).hexdigest()


def _sensitivities(replay: Replay, at: datetime) -> list[list[object]]:
    """Return by what sensitivity the deploys are judged that a replay leaves at theirs."""
    if replay.kind == ReplayKind.SENSITIVITY:
        return []
    rows = db.session.execute(
        select(Verdict.deploy_id, Verdict.sensitivity)
        .join(Verdict.deploy)
        .where(
            Deploy.environment_id.in_(environment_ids_of(replay)),
            Deploy.deployed_at >= at - LOOKED_AT,
            Deploy.deployed_at <= at - OPEN_FOR,
            Verdict.has_begun,
        )
        .distinct()
        .order_by(Verdict.deploy_id, Verdict.sensitivity)
    )
    return [list(row) for row in rows]


def _counts(source_id: int, since: int, until: int) -> list[object]:
    source = db.session.get(ImpactSource, source_id)
    seen = db.session.execute(
        select(
            func.count(),
            func.coalesce(func.sum(ErrorCount.count), 0),
            func.coalesce(func.sum(ErrorCount.count * (ErrorCount.bucket_start % PRIME)), 0),
        ).where(
            ErrorCount.impact_source_id == source_id,
            ErrorCount.bucket_start >= since,
            ErrorCount.bucket_start < until,
        )
    ).one()
    rules = [source.environment_id, source.manually_set_health_threshold] if source else []
    return [source_id, *rules, *map(int, seen), series.covered(source_id, since, until)]
