"""Asking what is new since a deploy: once for all deploys that share a verdict, kept for each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from sleuth import clock
from sleuth.deploys.models import Deploy
from sleuth.extensions import db, rows_changed, write
from sleuth.health.models import NewErrors, UsualNewErrors, Verdict
from sleuth.health.new_errors import looks, questions
from sleuth.health.new_errors.due import is_due
from sleuth.health.new_errors.questions import LEASE, Question
from sleuth.health.telling import tell
from sleuth.impact.models import ImpactSource
from sleuth.plugin_api import NewError, TrackerError

MOST_KEPT = 100
TOP = 3


def ask(verdict_id: int) -> None:
    """Ask what is new since the deploys that share a verdict, if that is due."""
    now = clock.now()
    try:
        question = _claimed(verdict_id, now)
    except IntegrityError:
        return  # another worker has just begun with the same deploys
    if question is not None:
        _keep(verdict_id, question, questions.put(question), now)


def _claimed(verdict_id: int, now: datetime) -> Question | None:
    """Take the lease on a group's lists, made here where they are missing."""
    with write():
        verdict = db.session.get(Verdict, verdict_id)
        source = questions.askable_source(verdict.impact_source_id if verdict else None, now)
        if verdict is None or source is None or verdict.began_at is None:
            return None
        group = _group(verdict)
        _begin(group)
        taken = rows_changed(
            update(NewErrors)
            .where(
                NewErrors.verdict_id.in_(
                    select(NewErrors.verdict_id)
                    .join(NewErrors.verdict)
                    .where(NewErrors.verdict_id.in_([each.id for each in group]), is_due(now))
                )
            )
            .values(claimed_until=now + LEASE)
            .execution_options(synchronize_session=False)
        )
        return _question(verdict, source, group, now) if taken else None


def _group(verdict: Verdict) -> list[Verdict]:
    """Return the verdicts that are shared with this one, in the order of their deploys."""
    return list(
        db.session.scalars(
            select(Verdict)
            .join(Verdict.deploy)
            .where(
                Verdict.impact_source_id == verdict.impact_source_id,
                Verdict.began_at == verdict.began_at,
                Deploy.environment_id == verdict.deploy.environment_id,
            )
            .order_by(Deploy.deployed_at, Deploy.id)
        )
    )


def _begin(group: Sequence[Verdict]) -> None:
    """Make the lists that are missing; a deploy that came later takes over what is known."""
    there = {
        row.verdict_id: row
        for row in db.session.scalars(
            select(NewErrors).where(NewErrors.verdict_id.in_([each.id for each in group]))
        )
    }
    known = next(iter(there.values()), None)
    for verdict in group:
        if verdict.id not in there and verdict.began_at is not None:
            row = NewErrors(verdict_id=verdict.id, **_taken_over(known))
            if known is None:
                began_at, ended_at = verdict.began_at, verdict.ended_at
                row.due_at = looks.next_look(began_at, ended_at, began_at)
            db.session.add(row)
    db.session.flush()


def _taken_over(known: NewErrors | None) -> dict[str, Any]:
    names = [
        *("total", "events", "top", "errors", "usual_kinds", "usual_hours"),
        *("asked_until", "asked_at", "due_at", "last_error"),
    ]
    return {} if known is None else {name: getattr(known, name) for name in names}


def _question(
    verdict: Verdict, source: ImpactSource, group: Sequence[Verdict], now: datetime
) -> Question | None:
    if verdict.began_at is None:
        return None
    revisions = {each.deploy.revision for each in group}
    return Question(
        source.id,
        source.provider,
        source.config,
        verdict.began_at,
        looks.until_of(verdict.began_at, verdict.ended_at, now),
        # Of several the tracker knows several releases: then whatever is new counts.
        revisions.pop() if len(revisions) == 1 else "",
    )


def _keep(
    verdict_id: int, question: Question, answer: list[NewError] | TrackerError, now: datetime
) -> None:
    """Store what was heard with every deploy of the group, and have them judged again."""
    with write():
        verdict = db.session.get(Verdict, verdict_id)
        source = db.session.get(ImpactSource, question.source_id)
        if verdict is None or verdict.began_at != question.since:
            return
        rows = {row.verdict_id: row for row in _rows(verdict)}
        is_right = question.is_still_right(source)
        for member in _group(verdict):
            row = rows.get(member.id)
            if row is None:
                continue
            row.claimed_until = None
            if is_right and _renew(row, member, question, answer, now):
                tell(member.deploy, is_other_health=False)


def _rows(verdict: Verdict) -> list[NewErrors]:
    ids = [each.id for each in _group(verdict)]
    return list(
        db.session.scalars(select(NewErrors).where(NewErrors.verdict_id.in_(ids)).with_for_update())
    )


def _renew(
    row: NewErrors,
    verdict: Verdict,
    question: Question,
    answer: list[NewError] | TrackerError,
    now: datetime,
) -> bool:
    """Write an answer into a row; tell whether there is anything new to see."""
    before = (row.total, row.events, row.last_error)
    asked = question.until
    if isinstance(answer, TrackerError):
        row.failure_count += 1
        row.last_error = answer.message
        row.due_at = questions.retry_at(answer, row.failure_count, now)
    else:
        _fill(row, [each for each in answer if question.since <= each.first_seen_at < asked])
        row.asked_until, row.asked_at = asked, now
    if not isinstance(answer, TrackerError) or row.due_at is None:
        row.failure_count = 0
        row.due_at = looks.next_look(question.since, verdict.ended_at, asked)
    if row.due_at is None and row.last_error:
        row.due_at = now + questions.LATER  # nobody else would notice that it is well again
    is_other = (row.total, row.events) != before[:2]
    if is_other:
        verdict.due_at = now
    if is_other or row.usual_kinds is None:
        _note_usual(row, question.source_id)
    return (row.total, row.events, row.last_error) != before


def _fill(row: NewErrors, found: Sequence[NewError]) -> None:
    row.last_error = ""
    row.total, row.events = len(found), sum(each.count for each in found)
    row.errors = [_as_json(each) for each in found[:MOST_KEPT]]
    row.top = row.errors[:TOP]


def _note_usual(row: NewErrors, source_id: int) -> None:
    """Keep with what was found what is usual now, if that is known."""
    usual = db.session.get(UsualNewErrors, source_id)
    if usual is not None and usual.kinds is not None:
        row.usual_kinds, row.usual_hours = usual.kinds, usual.hours


def _as_json(error: NewError) -> dict[str, Any]:
    return {
        "title": error.title,
        "url": error.url,
        "first_seen": int(error.first_seen_at.timestamp()),
        "count": error.count,
        "users": error.users,
    }
