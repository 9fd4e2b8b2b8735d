"""What tests of verdicts tell: counts that come in, deploys, and what was judged when."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select, update

from sleuth import clock
from sleuth.deploys.models import Deploy
from sleuth.extensions import db, write
from sleuth.health import due, revising, service, timelines
from sleuth.health.models import Verdict, VerdictChange
from sleuth.impact import series
from sleuth.impact.models import ImpactSource
from tests.conftest import NOW

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
LONG_AGO = NOW - 8 * DAY


def count(source: ImpactSource, since: datetime, until: datetime, per_minute: int) -> None:
    """Collect counts: as many errors in each minute, and the newest known from now on."""
    begin, end = int(since.timestamp()), int(until.timestamp())
    with write():
        points = [(minute, per_minute) for minute in range(begin, end, 60)]
        series.replace_counts([series.Replacement(source.id, begin, end, points)])
        is_older = (ImpactSource.complete_until.is_(None)) | (ImpactSource.complete_until < until)
        db.session.execute(
            update(ImpactSource)
            .where(ImpactSource.id == source.id, is_older)
            .values(complete_until=until)
        )


def correct(source: ImpactSource, since: datetime, until: datetime, per_minute: int) -> None:
    """Let the tracker say otherwise of known minutes, and somebody notice."""
    count(source, since, until, per_minute)
    with write():
        row = db.session.get_one(ImpactSource, source.id)
        row.changed_since, row.changed_until = int(since.timestamp()), int(until.timestamp())
        row.changed_at = NOW - DAY


def verdicts(deploy: Deploy) -> list[Verdict]:
    db.session.rollback()
    return list(db.session.scalars(select(Verdict).where(Verdict.deploy_id == deploy.id)))


def verdict_of(deploy: Deploy) -> Verdict:
    [verdict] = verdicts(deploy)
    return verdict


def judge(deploy: Deploy, at: datetime = NOW) -> Verdict:
    with clock.frozen(at):
        service.assess_deploy(deploy.id)
    return verdict_of(deploy)


def tick(at: datetime) -> list[int]:
    """Do what is due at some time; return the deploys that were judged."""
    with clock.frozen(at):
        if due.due_timelines(at):
            timelines.follow_timelines()
        if due.due_changes(at):
            revising.follow_changes()
        ids = due.due_deploy_ids(at)
        for deploy_id in ids:
            service.assess_deploy(deploy_id)
        db.session.rollback()
    return ids


def course(deploy: Deploy) -> list[tuple[int, str, bool]]:
    """Return how the verdict on a deploy went: minutes of data, health, whether revised."""
    [verdict] = verdicts(deploy)
    changes: list[VerdictChange] = verdict.changes
    return [(each.minutes_of_data, each.health, each.is_revision) for each in changes]
