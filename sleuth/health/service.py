"""Verdicts on deploys: which are due, made from stored counts, kept with their words."""

from __future__ import annotations

import time
from collections.abc import Collection
from datetime import datetime, timedelta
from itertools import islice

from sqlalchemy import Select, and_, exists, func, or_, select, update
from sqlalchemy.exc import IntegrityError

from sleuth import clock
from sleuth.accounts import audit
from sleuth.deploys.models import Deploy
from sleuth.extensions import db, write
from sleuth.health import words
from sleuth.health.detector import looks_for
from sleuth.health.judging import BASELINE, Judgement, judge
from sleuth.health.models import Verdict
from sleuth.impact import schedule
from sleuth.impact.models import ImpactSource
from sleuth.impact.service import changed_source_ids, sources_of_environment, take_changes

RETRY_SECONDS = 15
SLOW_RETRY_SECONDS = 300
PATIENCE = timedelta(minutes=15)
MOST_DUE = 200
AT_ONCE = 100
SECONDS_OF_WORK = 20.0


def due_deploy_ids(now: datetime) -> list[int]:
    """Return the deploys that lack a verdict, or whose next look has come; the newest first.

    Of more than can be judged at once, those that have waited longest.
    """
    has_more_counts = and_(
        Verdict.due_at.is_not(None),
        or_(
            and_(Verdict.counted_until.is_(None), ImpactSource.complete_until.is_not(None)),
            ImpactSource.complete_until > Verdict.counted_until,
        ),
    )
    overdue = db.session.scalars(
        select(Verdict.deploy_id)
        .outerjoin(Verdict.impact_source)
        .where(or_(Verdict.due_at <= now, has_more_counts))
        .group_by(Verdict.deploy_id)
        .order_by(func.min(Verdict.due_at))
        .limit(MOST_DUE)
    )
    missing = db.session.scalars(_without_verdict(now).order_by(Deploy.id).limit(MOST_DUE))
    return sorted({*overdue, *missing}, reverse=True)


def _without_verdict(now: datetime) -> Select[int]:
    has_verdict = exists().where(
        and_(Verdict.deploy_id == Deploy.id, Verdict.impact_source_id == ImpactSource.id)
    )
    return (
        select(Deploy.id)
        .join(ImpactSource, ImpactSource.environment_id == Deploy.environment_id)
        .where(
            ~has_verdict,
            Deploy.deployed_at <= now,
            Deploy.deployed_at >= ImpactSource.judges_from,
        )
        .distinct()
    )


def assess_deploy(deploy_id: int) -> None:
    """Make or renew the verdict of every impact source on a deploy."""
    deploy = db.session.get(Deploy, deploy_id)
    if deploy is None:
        return
    now = clock.now()
    sources = [
        source
        for source in sources_of_environment(deploy.environment_id)
        if deploy.deployed_at >= source.judges_from
    ]
    replaced_at = _replaced_at(deploy)
    made = {source.id: judge(source, deploy.deployed_at, replaced_at, now) for source in sources}
    try:
        _store(deploy_id, made, now)
    except IntegrityError:
        # Another worker has just made the same first verdict, or a source went meanwhile;
        # what is still due is found again by the tick.
        db.session.rollback()


def due_changes(now: datetime) -> list[int]:
    """Return one number if the known past of any impact source has become another.

    Of very many sources most change in most minutes; a job for each would keep everybody
    else waiting.
    """
    return [0] if changed_source_ids(now) else []


def follow_changes() -> None:
    """Make verdicts due again that rest on counts which became others, for 20 s at most.

    Counts that came late, after an outage or a back-fill, or that the tracker corrected.
    """
    stop_at = time.monotonic() + SECONDS_OF_WORK
    changed = iter(changed_source_ids(clock.now()))
    while (some := list(islice(changed, AT_ONCE))) and time.monotonic() < stop_at:
        with write():
            for source_id in some:
                _make_due_again(source_id)


def _make_due_again(source_id: int) -> None:
    changed = take_changes(source_id)
    if changed is None:
        return
    since, until = changed
    step = db.session.get_one(ImpactSource, source_id).interval_seconds
    last_look = timedelta(minutes=looks_for(step)[-1], seconds=step)
    db.session.execute(
        update(Verdict)
        .where(
            Verdict.impact_source_id == source_id,
            Verdict.deploy_id.in_(
                select(Deploy.id).where(
                    Deploy.deployed_at > since - last_look,
                    Deploy.deployed_at < until + BASELINE,
                )
            ),
        )
        .values(due_at=clock.now())
        .execution_options(synchronize_session=False)
    )


def _replaced_at(deploy: Deploy) -> datetime | None:
    return db.session.scalar(
        select(Deploy.deployed_at)
        .where(
            Deploy.code_deployment_id == deploy.code_deployment_id,
            Deploy.environment_id == deploy.environment_id,
            Deploy.deployed_at > deploy.deployed_at,
        )
        .order_by(Deploy.deployed_at)
        .limit(1)
    )


def _store(deploy_id: int, judgements: dict[int, Judgement], now: datetime) -> None:
    with write():
        deploy = db.session.get(Deploy, deploy_id)
        if deploy is None:
            return
        changed = _close_orphans(deploy_id, judgements.keys(), now)
        found = select(ImpactSource).where(ImpactSource.id.in_(judgements))
        for source in db.session.scalars(found.order_by(ImpactSource.id)):
            changed |= _apply(_verdict(deploy, source), judgements[source.id], source, now)
        if changed:
            audit.publish(deploy.organization_id, "deployChanged", deploy.public_id)


def _close_orphans(deploy_id: int, source_ids: Collection[int], now: datetime) -> bool:
    """End the verdicts whose impact source went, or measures another environment now."""
    due = db.session.scalars(
        select(Verdict).where(Verdict.deploy_id == deploy_id, Verdict.due_at.is_not(None))
    )
    orphans = [verdict for verdict in due if verdict.impact_source_id not in source_ids]
    for verdict in orphans:
        verdict.due_at, verdict.is_final, verdict.assessed_at = None, True, now
        if verdict.health == "unknown":
            verdict.reason = "no_source"
            verdict.sentence = words.reason_in_words("no_source")
    return bool(orphans)


def _verdict(deploy: Deploy, source: ImpactSource) -> Verdict:
    verdict = db.session.scalar(
        select(Verdict).where(Verdict.deploy_id == deploy.id, Verdict.impact_source_id == source.id)
    )
    if verdict is None:
        verdict = Verdict(deploy=deploy, impact_source_id=source.id, health="", reason="")
        db.session.add(verdict)
    verdict.source_name, verdict.provider = source.name, source.provider
    return verdict


def _apply(verdict: Verdict, judgement: Judgement, source: ImpactSource, now: datetime) -> bool:
    before, made = (_gist(verdict), verdict.picture), judgement.assessment
    if verdict.was_final and (made.health, made.reason) != (verdict.health, verdict.reason):
        verdict.revised_at = now
    verdict.was_final = verdict.was_final or made.is_final
    verdict.health, verdict.reason, verdict.is_final = made.health, made.reason, made.is_final
    verdict.rate_before, verdict.rate_after = made.rate_before, made.rate_after
    verdict.minutes_of_data = made.minutes_of_data
    verdict.sentence = words.sentence(made, source.interval_seconds)
    verdict.assessment, verdict.picture = judgement.details, judgement.picture
    verdict.assessed_at, verdict.counted_until = now, source.complete_until
    verdict.due_at = None if made.is_final else _next_look_at(verdict, source, now)
    return before != (_gist(verdict), verdict.picture)


def _gist(verdict: Verdict) -> tuple[str, str, int | None, bool | None]:
    return verdict.health, verdict.reason, verdict.minutes_of_data, verdict.is_final


def _next_look_at(verdict: Verdict, source: ImpactSource, now: datetime) -> datetime:
    """The next look comes when its minutes can have been collected; late ones are retried.

    Counts that come in meanwhile bring it forward.
    """
    step = source.interval_seconds
    looks = looks_for(step)
    look = next((each for each in looks if each > verdict.minutes_of_data), looks[-1])
    last_bucket = schedule.floor_to(verdict.deploy.deployed_at, step) + timedelta(minutes=look)
    collected_at = schedule.next_due_at(last_bucket, source.id, step)
    is_late = now - collected_at > PATIENCE
    pause = timedelta(seconds=SLOW_RETRY_SECONDS if is_late else RETRY_SECONDS)
    return max(collected_at, now + pause)
