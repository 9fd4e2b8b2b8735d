"""Where verdicts lie among an environment's deploys, and what a registered or deleted one moves."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import cache
from itertools import pairwise

from sqlalchemy import and_, or_, select, update

from sleuth import clock
from sleuth.deploys.models import Deploy
from sleuth.extensions import db, write
from sleuth.health.due import changed_environment_ids, fingerprints
from sleuth.health.groups import LONGEST_WINDOW, Moment, Place, places
from sleuth.health.judging import sensitivity_of, window_of
from sleuth.health.models import Timeline, Verdict
from sleuth.health.spans import BASELINE
from sleuth.projects.models import Environment

AT_ONCE = 10
BLOCK = 100
SLICE = 500
SECONDS_OF_WORK = 20.0

Position = tuple[datetime | None, datetime | None, int, int]


def place_of(deploy: Deploy, window: timedelta) -> Place | None:
    """Return where the verdict on a deploy lies, with the deploys of four weeks before.

    None if the deploy was deleted meanwhile.
    """
    deploy_id, deployed_at = deploy.id, deploy.deployed_at
    since, until = deployed_at - BASELINE, deployed_at + LONGEST_WINDOW
    moments = _moments(deploy.environment_id, since, until, window)
    found = next((each for each in places(moments, window) if deploy_id in each.deploy_ids), None)
    if found is None:
        return None
    earlier = tuple(
        int(each.at.timestamp())
        for each in moments
        if found.began_at - BASELINE <= each.at < found.began_at
    )
    return Place(found.deploy_ids, found.began_at, found.ended_at, earlier)


def _moments(
    environment_id: int, since: datetime, until: datetime, window: timedelta
) -> list[Moment]:
    """Read a part of the timeline, from the beginning of the group that its first belongs to."""
    found = _read(environment_id, since, until)
    while True:
        before = _read_before(environment_id, found[0] if found else Moment(0, since))
        for index, (one, next_) in reversed(list(enumerate(pairwise([*before, *found[:1]])))):
            if next_.at - one.at >= window:
                return before[index + 1 :] + found
        found = before + found
        if len(before) < BLOCK:
            return found


def _read(environment_id: int, since: datetime, until: datetime) -> list[Moment]:
    rows = db.session.execute(
        select(Deploy.id, Deploy.deployed_at)
        .where(
            Deploy.environment_id == environment_id,
            Deploy.deployed_at >= since,
            Deploy.deployed_at < until,
        )
        .order_by(Deploy.deployed_at, Deploy.id)
    )
    return [Moment(*row) for row in rows]


def _read_before(environment_id: int, moment: Moment) -> list[Moment]:
    is_earlier = or_(
        Deploy.deployed_at < moment.at,
        and_(Deploy.deployed_at == moment.at, Deploy.id < moment.deploy_id),
    )
    rows = db.session.execute(
        select(Deploy.id, Deploy.deployed_at)
        .where(Deploy.environment_id == environment_id, is_earlier)
        .order_by(Deploy.deployed_at.desc(), Deploy.id.desc())
        .limit(BLOCK)
    )
    return [Moment(*row) for row in rows][::-1]


def follow_timelines() -> None:
    """Make verdicts due again whose neighbours came or went, for 20 s at most."""
    stop_at = time.monotonic() + SECONDS_OF_WORK
    while (some := changed_environment_ids(AT_ONCE)) and time.monotonic() < stop_at:
        with write():
            for environment_id in some:
                _regroup(environment_id)


def _regroup(environment_id: int) -> None:
    environment = db.session.get(Environment, environment_id)
    of_it = fingerprints().where(Deploy.environment_id == environment_id)
    seen = db.session.execute(of_it).one_or_none()
    if environment is None or seen is None:
        return
    timeline = lock_timeline(environment_id)
    if timeline is None:
        timeline = Timeline(environment_id=environment_id)
        db.session.add(timeline)
    timeline.deploy_count, timeline.newest_id = seen.deploy_count, seen.newest_id
    timeline.newest_at = seen.newest_at
    _make_due(_moved(environment))


def lock_timeline(environment_id: int) -> Timeline | None:
    """Keep an environment's verdicts from being grouped anew until ``with write():`` ends."""
    return db.session.get(Timeline, environment_id, with_for_update=True)


def _moved(environment: Environment) -> list[int]:
    """Return the verdicts that do not lie any more where they were made.

    One that has begun is looked at by the sensitivity of its time: another one since then
    changes nothing of it.
    """
    since = clock.now() - BASELINE
    current = sensitivity_of(environment)
    positions = _positions(environment.id, since)
    rows = db.session.execute(
        select(
            Verdict.id,
            Verdict.deploy_id,
            Verdict.began_at,
            Verdict.ended_at,
            Verdict.group_size,
            Verdict.group_index,
            Verdict.has_begun,
            Verdict.sensitivity,
        )
        .join(Verdict.deploy)
        .where(
            Deploy.environment_id == environment.id,
            Deploy.deployed_at >= since,
            Verdict.began_at.is_not(None),
            Verdict.impact_source_id.is_not(None),
        )
    )
    return [
        id_
        for id_, deploy_id, *position, has_begun, sensitivity in rows
        if positions(sensitivity if has_begun else current).get(deploy_id) != tuple(position)
    ]


def _positions(environment_id: int, since: datetime) -> Callable[[str], dict[int, Position]]:
    """Return what tells, for a sensitivity, where the verdict on each deploy belongs."""

    @cache
    def of(sensitivity: str) -> dict[int, Position]:
        window = window_of(sensitivity)
        moments = _moments(environment_id, since, clock.now() + LONGEST_WINDOW, window)
        return {
            deploy_id: (place.began_at, place.ended_at, len(place.deploy_ids), number)
            for place in places(moments, window)
            for number, deploy_id in enumerate(place.deploy_ids, start=1)
        }

    return of


def _make_due(verdict_ids: Sequence[int]) -> None:
    for first in range(0, len(verdict_ids), SLICE):
        db.session.execute(
            update(Verdict)
            .where(Verdict.id.in_(verdict_ids[first : first + SLICE]))
            .values(due_at=clock.now())
            .execution_options(synchronize_session=False)
        )
