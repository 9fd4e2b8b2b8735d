"""Beginning a replay, and deciding what becomes of what it proposes."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, exists, or_, select
from sqlalchemy.exc import IntegrityError

from sleuth import clock, queue
from sleuth.accounts import audit
from sleuth.accounts.models import User
from sleuth.deploys.models import Deploy
from sleuth.extensions import db, write
from sleuth.health.replaying import applying, due
from sleuth.health.replaying.applying import PROPOSED_ELSE, NotAppliedError
from sleuth.health.replaying.models import Replay, ReplayFinding, ReplayKind, ReplayState
from sleuth.ids import new_public_id
from sleuth.impact import service as impact
from sleuth.impact.models import ImpactSource
from sleuth.impact.service import SourceSettings
from sleuth.projects import judging
from sleuth.projects.judging import Judging
from sleuth.projects.models import Environment, Project

JOB = "sleuth.health.jobs.replay"
LIFETIME = timedelta(hours=2)
AGAIN = "again"
NEW = "new"
CANCEL = "cancel"
CHANGED_SINCE = "Deploys or counts have changed since, so they were judged anew: look again."


def find(organization_id: int, public_id: str) -> Replay | None:
    """Return an organization's replay, or None; so of a source that is disabled."""
    is_there = or_(Replay.impact_source_id.is_(None), ImpactSource.id.is_not(None))
    return db.session.scalar(
        select(Replay)
        .outerjoin(Replay.impact_source)
        .where(Replay.organization_id == organization_id, Replay.public_id == public_id, is_there)
    )


def choices_of(replay: Replay) -> tuple[str, ...]:
    """Return what can be decided: an added source judges new deploys anyway."""
    return (AGAIN, CANCEL) if replay.kind == ReplayKind.ADDED else (AGAIN, NEW, CANCEL)


def begin_for_sensitivity(project: Project, wanted: Judging, user_id: int | None) -> Replay | None:
    """Begin to look at another sensitivity; None where there is nothing to look at.

    Raises:
        RuleError: The minutes are out of bounds.
    """
    judging.check(wanted)
    measured = select(ImpactSource.environment_id).where(ImpactSource.project_id == project.id)
    if wanted.sensitivity == project.sensitivity or not _has_deploys(measured):
        return None
    was = asdict(judging.judging_of(project))
    proposal = {"judging": asdict(wanted), "before": project.sensitivity, "was": was}
    return _begin(ReplayKind.SENSITIVITY, project, None, proposal, user_id)


def begin_for_threshold(
    source: ImpactSource, settings: SourceSettings, user_id: int
) -> Replay | None:
    """Begin to look at another limit of a source; None where there is nothing to look at.

    One that moves to another environment judges other deploys, so there is nothing either.
    """
    before = source.manually_set_health_threshold
    is_moved = settings.environment_id != source.environment_id
    here = select(Environment.id).where(Environment.id == source.environment_id)
    if settings.threshold == before or is_moved or not _has_deploys(here):
        return None
    was = {"name": source.name, "environment_id": source.environment_id}
    proposal = {"settings": asdict(settings), "before": before, "was": was}
    return _begin(ReplayKind.THRESHOLD, source.project, source, proposal, user_id)


def begin_for_added(source_id: int) -> None:
    """Begin to look at what an added source says of the past, once; for whoever is asked later."""
    with write():
        source = db.session.get(ImpactSource, source_id, with_for_update=True)
        if source is None or source_id not in due.added_source_ids(clock.now()):
            return
        replay = _new(ReplayKind.ADDED, source.project, source, {}, None)
        replay.expires_at = source.created_at + due.LOOKED_AT
        db.session.flush()
        replay_id = replay.id
    queue.enqueue(JOB, replay_id)


def _has_deploys(environment_ids: Any) -> bool:
    since = clock.now() - due.LOOKED_AT
    found = exists().where(Deploy.environment_id.in_(environment_ids), Deploy.deployed_at >= since)
    return bool(db.session.scalar(select(found)))


def _begin(
    kind: ReplayKind,
    project: Project,
    source: ImpactSource | None,
    proposal: dict[str, Any],
    user_id: int | None,
) -> Replay:
    project_id, source_id = project.id, source.id if source else None
    with write():
        current = db.session.get_one(Project, project_id)
        measured = db.session.get_one(ImpactSource, source_id) if source_id else None
        replay = _new(kind, current, measured, proposal, user_id)
        db.session.flush()
        replay_id = replay.id
    queue.enqueue(JOB, replay_id)
    return db.session.get_one(Replay, replay_id)


def _new(
    kind: ReplayKind,
    project: Project,
    source: ImpactSource | None,
    proposal: dict[str, Any],
    user_id: int | None,
) -> Replay:
    now = clock.now()
    replay = Replay(
        public_id=new_public_id(),
        organization_id=project.organization_id,
        project_id=project.id,
        impact_source_id=source.id if source else None,
        kind=kind,
        proposal=proposal,
        created_by_id=user_id,
        created_at=now,
        expires_at=now + LIFETIME,
    )
    db.session.add(replay)
    return replay


def dismiss(replay: Replay) -> None:
    """Leave everything as it is, in a transaction of its own."""
    replay_id = replay.id
    with write():
        current = db.session.get_one(Replay, replay_id, with_for_update=True)
        if current.state not in {ReplayState.APPLIED, ReplayState.DISMISSED}:
            _settle(current, ReplayState.DISMISSED, "This was given up.")


def look_again(replay: Replay) -> bool:
    """Judge anew if what the preview was made from is not so any more; tell whether it is not."""
    if replay.fingerprint == due.fingerprint(replay):
        return False
    replay_id = replay.id
    with write():
        current = db.session.get_one(Replay, replay_id, with_for_update=True)
        if current.state != ReplayState.DONE:
            return True
        db.session.execute(delete(ReplayFinding).where(ReplayFinding.replay_id == replay_id))
        current.state, current.message, current.fingerprint = ReplayState.QUEUED, CHANGED_SINCE, ""
        current.judged_at, current.done, current.total, current.reached_id = None, 0, 0, 0
    queue.enqueue(JOB, replay_id)
    return True


def apply(replay: Replay, user: User, *, again: bool) -> int:
    """Let what is proposed hold; return how many deploys are to be judged again.

    Args:
        again: Whether those that the preview listed are; otherwise only new ones are judged so.

    Raises:
        NotAppliedError: Somebody has decided already, or changed what it was made for.
        NoResultFound: It is gone.
    """
    replay_id, name = replay.id, user.name
    try:
        with write():
            current = db.session.get_one(Replay, replay_id, with_for_update=True)
            if current.state != ReplayState.DONE:
                raise NotAppliedError(current.message or PROPOSED_ELSE)
            applying.save(current)
            count = applying.judge_again(current, name) if again else 0
            _settle(current, ReplayState.APPLIED, f"{name} has applied this.")
    except (impact.NameTakenError, IntegrityError):
        raise NotAppliedError("Another impact source has this name now. Begin again.") from None
    return count


def _settle(replay: Replay, state: ReplayState, message: str) -> None:
    """Decide inside ``with write():``; what was found is not needed any more."""
    replay.state, replay.message, replay.claimed_until = state, message, None
    db.session.execute(delete(ReplayFinding).where(ReplayFinding.replay_id == replay.id))
    source = replay.impact_source
    if source is not None:
        if state == ReplayState.DISMISSED and replay.kind == ReplayKind.ADDED:
            audit.record(
                replay.organization_id,
                "impact_source.replay_declined",
                source.name,
                provider=source.provider,
                project=replay.project.name,
            )
        audit.publish(replay.organization_id, "impactSourceChanged", source.provider)


def offers_of(project_id: int) -> dict[int, Replay]:
    """Return by impact source what somebody is to decide about: what it says of the past."""
    found = db.session.scalars(
        select(Replay)
        .join(Replay.impact_source)
        .where(
            Replay.project_id == project_id,
            Replay.kind == ReplayKind.ADDED,
            Replay.state == ReplayState.DONE,
            Replay.total > 0,
            ImpactSource.judges_from >= ImpactSource.created_at,
        )
    )
    return {each.impact_source_id: each for each in found if each.impact_source_id is not None}
