"""How much is usually new to a source: asked once a day, where there are deploys."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload

from sleuth import clock
from sleuth.deploys.models import Deploy
from sleuth.extensions import db, rows_changed, write
from sleuth.health.models import NewErrors, UsualNewErrors, Verdict
from sleuth.health.new_errors import questions
from sleuth.health.new_errors.due import is_usual_due
from sleuth.health.new_errors.looks import LAG, RECENT
from sleuth.health.new_errors.questions import LEASE, Question
from sleuth.impact import schedule
from sleuth.impact.models import ErrorCount, HourlyCount, ImpactSource
from sleuth.integrations.service import registry
from sleuth.plugin_api import NewError, TrackerError

LOOK_BACK = timedelta(days=7)
EVERY = timedelta(days=1)
AFTER_A_DEPLOY = timedelta(hours=1)
"""What is new so soon after a deploy came with it, and is not usual."""


def ask(source_id: int) -> None:
    """Ask how many new kinds of errors the last week brought, if that is due."""
    now = clock.now()
    try:
        question = _claimed(source_id, now)
    except IntegrityError:
        return  # another worker has just begun with the same source
    if question is not None:
        _keep(question, questions.put(question), now)


def without_deploys(
    moments: Iterable[datetime], deploys: Sequence[datetime], since: datetime, until: datetime
) -> tuple[int, float]:
    """Count what happened in a window, leaving out an hour after each deploy. Pure.

    Args:
        deploys: In order.

    Returns:
        How many moments, in how many hours.
    """
    left_out: list[tuple[datetime, datetime]] = []
    for at in deploys:
        begin, end = max(at, since), min(at + AFTER_A_DEPLOY, until)
        if left_out and begin < left_out[-1][1]:
            begin = left_out[-1][1]
        if begin < end:
            left_out.append((begin, end))
    unheard = sum((end - begin for begin, end in left_out), timedelta())
    hours = (until - since - unheard) / timedelta(hours=1)
    counted = sum(
        since <= at < until and not any(begin <= at < end for begin, end in left_out)
        for at in moments
    )
    return counted, hours


def _claimed(source_id: int, now: datetime) -> Question | None:
    with write():
        source = questions.askable_source(source_id, now)
        if source is None:
            return None
        if db.session.get(UsualNewErrors, source_id) is None:
            db.session.add(UsualNewErrors(impact_source_id=source_id, due_at=now))
            db.session.flush()
        taken = rows_changed(
            update(UsualNewErrors)
            .where(UsualNewErrors.impact_source_id == source_id, is_usual_due(now))
            .values(claimed_until=now + LEASE)
            .execution_options(synchronize_session=False)
        )
        return _question(source, now) if taken else None


def _question(source: ImpactSource, now: datetime) -> Question | None:
    tracker = registry().get(source.provider)
    if tracker is None:
        return None
    days = timedelta(days=tracker.info.capabilities.look_back_days)
    since, until = now - min(LOOK_BACK, days), now - LAG
    return Question(source.id, source.provider, source.config, since, until)


def _keep(question: Question, answer: list[NewError] | TrackerError, now: datetime) -> None:
    with write():
        row = db.session.get(UsualNewErrors, question.source_id, with_for_update=True)
        source = db.session.get(ImpactSource, question.source_id)
        if row is None or source is None:
            return
        row.claimed_until = None
        if not question.is_still_right(source):
            return
        if isinstance(answer, TrackerError):
            row.failure_count += 1
            row.last_error = answer.message
            row.due_at = questions.retry_at(answer, row.failure_count, now) or now + EVERY
            return
        is_first = row.kinds is None
        row.kinds, row.hours = _counted(source, question, answer)
        row.asked_at, row.due_at = now, now + EVERY
        row.last_error, row.failure_count = "", 0
        if is_first:
            _judge_again(row, now)


def _counted(
    source: ImpactSource, question: Question, answer: Sequence[NewError]
) -> tuple[int, float]:
    """Count from when the source is known to report on: before that, nothing could be new."""
    first = _first_count(source.id)
    since = question.until if first is None else max(question.since, first)
    if since >= question.until:
        return 0, 0.0
    deploys = db.session.scalars(
        select(Deploy.deployed_at)
        .where(
            Deploy.environment_id == source.environment_id,
            Deploy.deployed_at > since - AFTER_A_DEPLOY,
            Deploy.deployed_at < question.until,
        )
        .order_by(Deploy.deployed_at)
    ).all()
    moments = [each.first_seen_at for each in answer]
    return without_deploys(moments, deploys, since, question.until)


def _first_count(source_id: int) -> datetime | None:
    """Return when the first error came that is known of, None if there is none."""
    firsts = db.session.execute(
        select(
            select(func.min(ErrorCount.bucket_start))
            .where(ErrorCount.impact_source_id == source_id)
            .scalar_subquery(),
            select(func.min(HourlyCount.hour_start))
            .where(HourlyCount.impact_source_id == source_id)
            .scalar_subquery(),
        )
    ).one()
    known = [each for each in firsts if each is not None]
    return schedule.from_epoch(min(known)) if known else None


def _judge_again(usual: UsualNewErrors, now: datetime) -> None:
    """Have the verdicts weighed that had something new before it was known what is usual."""
    lists = db.session.scalars(
        select(NewErrors)
        .join(NewErrors.verdict)
        .options(joinedload(NewErrors.verdict))
        .where(
            Verdict.impact_source_id == usual.impact_source_id,
            Verdict.began_at >= now - RECENT,
            NewErrors.asked_at.is_not(None),
        )
    )
    for each in lists:
        each.usual_kinds, each.usual_hours = usual.kinds, usual.hours
        if each.total:
            each.verdict.due_at = now
