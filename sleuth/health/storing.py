"""Keeping verdicts: on every deploy that shares one, with each change of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from sleuth import clock
from sleuth.deploys.models import Deploy
from sleuth.extensions import db
from sleuth.health import words
from sleuth.health.failures import note_failure
from sleuth.health.groups import Place
from sleuth.health.judging import NEW_ERRORS, Judgement
from sleuth.health.models import Verdict, VerdictChange
from sleuth.health.sharing import as_of
from sleuth.health.telling import tell
from sleuth.health.watching import is_watched
from sleuth.impact.models import ImpactSource

NOT_SAID = {"pending", "paused"}
"""Reasons of an unknown health that only tell to wait."""


def store(place: Place, judgements: dict[int, Judgement], now: datetime) -> None:
    """Keep what was judged, inside ``with write():``, and announce what became another."""
    found = select(ImpactSource).where(ImpactSource.id.in_(judgements)).order_by(ImpactSource.id)
    sources = db.session.scalars(found).all()
    deploys = {
        deploy.id: deploy
        for deploy in db.session.scalars(select(Deploy).where(Deploy.id.in_(place.deploy_ids)))
    }
    for number, deploy_id in enumerate(place.deploy_ids, start=1):
        deploy = deploys.get(deploy_id)
        if deploy is None or deploy.deployed_at > now:
            continue
        watching = [each for each in sources if is_watched(deploy, each, now)]
        verdicts = _verdicts(deploy_id)
        is_other = _close_orphans(verdicts, [each.id for each in watching], now)
        is_other_health = False
        for source in watching:
            verdict = _verdict_by(source, verdicts, deploy)
            before = verdict.health or "unknown"
            judgement = as_of(judgements[source.id], place, deploy.deployed_at)
            is_other |= _renew(verdict, judgement, source, place, number, now)
            is_other_health |= before != verdict.health
        is_other_health |= note_failure(deploy)
        if is_other or is_other_health:
            tell(deploy, is_other_health=is_other_health)


def _verdicts(deploy_id: int) -> Sequence[Verdict]:
    return db.session.scalars(
        select(Verdict)
        .where(Verdict.deploy_id == deploy_id)
        .order_by(Verdict.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()


def _close_orphans(verdicts: Sequence[Verdict], source_ids: Collection[int], now: datetime) -> bool:
    """End the verdicts whose impact source went, or measures another environment now."""
    due = [each for each in verdicts if each.due_at is not None]
    orphans = [verdict for verdict in due if verdict.impact_source_id not in source_ids]
    for verdict in orphans:
        verdict.due_at, verdict.is_final, verdict.assessed_at = None, True, now
        if verdict.health == "unknown":
            verdict.reason = "no_source"
            verdict.sentence = words.reason_in_words("no_source")
        verdict.assessment = {**verdict.assessment, **_closed(verdict)}
    return bool(orphans)


def _closed(verdict: Verdict) -> dict[str, Any]:
    """Return what an assessment has to say of itself once its verdict has ended."""
    return {
        "health": verdict.health,
        "reason": verdict.reason,
        "is_final": True,
        "next_look": None,
    }


def _verdict_by(source: ImpactSource, verdicts: Sequence[Verdict], deploy: Deploy) -> Verdict:
    """Return what a source says of a deploy, made here if it has said nothing so far."""
    verdict = next((each for each in verdicts if each.impact_source_id == source.id), None)
    if verdict is None:
        verdict = Verdict(deploy=deploy, impact_source_id=source.id, health="", reason="")
        db.session.add(verdict)
    verdict.source_name, verdict.provider = source.name, source.provider
    return verdict


def _renew(
    verdict: Verdict,
    judgement: Judgement,
    source: ImpactSource,
    place: Place,
    number: int,
    now: datetime,
) -> bool:
    """Write a judgement into a verdict; tell whether there is anything new to see.

    A newer one by another worker stands, one by another sensitivity, and one that is done:
    what another source, or somebody's wish about it, called for does not touch it.
    """
    is_newer = verdict.assessed_at is not None and now < verdict.assessed_at <= clock.now()
    is_settled = verdict.has_begun and verdict.sensitivity != judgement.sensitivity
    is_in_vain = _is_done(verdict, place, number) or _is_overtaken(verdict, now)
    if is_newer or is_settled or is_in_vain:
        return False
    before, is_wanted = _gist(verdict), verdict.judged_again_by is not None
    called_for_at = verdict.due_at
    _note_change(verdict, judgement, now)
    _apply(verdict, judgement)
    if called_for_at is not None and now < called_for_at <= clock.now():
        # Counts or neighbours became others after this judgement had read them.
        verdict.due_at = called_for_at
    verdict.group_size, verdict.group_index = len(place.deploy_ids), number
    verdict.began_at, verdict.ended_at = place.began_at, place.ended_at
    verdict.assessed_at, verdict.counted_until = now, source.complete_until
    return is_wanted or before != _gist(verdict)


def _is_done(verdict: Verdict, place: Place, number: int) -> bool:
    """Tell whether a verdict is the last one, nobody called for another, and it lies there yet."""
    lies = (verdict.began_at, verdict.ended_at, verdict.group_size, verdict.group_index)
    is_last = verdict.is_final and verdict.due_at is None
    return is_last and lies == (place.began_at, place.ended_at, len(place.deploy_ids), number)


def _is_overtaken(verdict: Verdict, now: datetime) -> bool:
    """Tell whether somebody wanted other rules after a judgement had read the old ones."""
    if verdict.judged_again_by is None or verdict.due_at is None:
        return False
    return now < verdict.due_at <= clock.now()


def _gist(verdict: Verdict) -> tuple[object, ...]:
    return (
        verdict.health,
        verdict.reason,
        verdict.minutes_of_data,
        verdict.is_final,
        verdict.group_size,
        verdict.picture,
    )


def _note_change(verdict: Verdict, judgement: Judgement, now: datetime) -> None:
    """Keep that a verdict became another; waiting for the first counts is no verdict yet."""
    made = judgement.assessment
    is_waiting = made.health == "unknown" and made.reason in NOT_SAID
    again_by, verdict.judged_again_by = verdict.judged_again_by, None
    if again_by is None and (made.health, made.reason) == (verdict.health, verdict.reason):
        return
    if is_waiting and not verdict.minutes_of_data:
        return
    is_seen_before = 0 < made.minutes_of_data <= (verdict.minutes_of_data or 0)
    is_other = bool(verdict.was_final or (is_seen_before and verdict.changes))
    is_news = NEW_ERRORS in {made.reason, verdict.reason}
    is_revision = is_other and not is_waiting and not is_news and again_by is None
    if is_revision:
        verdict.revised_at = now
    verdict.changes.append(
        VerdictChange(
            at=now,
            minutes_of_data=made.minutes_of_data,
            health=made.health,
            reason=made.reason,
            observed=made.observed,
            expected=made.expected,
            ratio=made.ratio,
            is_revision=is_revision,
            judged_again_by=again_by,
        )
    )


def _apply(verdict: Verdict, judgement: Judgement) -> None:
    made = judgement.assessment
    verdict.health, verdict.reason, verdict.is_final = made.health, made.reason, made.is_final
    verdict.was_final = bool(verdict.was_final or made.is_final)
    verdict.rate_before, verdict.rate_after = made.rate_before, made.rate_after
    verdict.minutes_of_data = made.minutes_of_data
    verdict.sentence = words.sentence(judgement.details)
    verdict.assessment, verdict.picture = judgement.details, judgement.picture
    verdict.sensitivity, verdict.known_hours = judgement.sensitivity, judgement.known_hours
    verdict.look_at, verdict.due_at = judgement.look_at, judgement.due_at
