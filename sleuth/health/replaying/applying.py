"""Saving what a replay proposes, and having the deploys that it listed judged again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from sqlalchemy import exists, func, select, update

from sleuth import clock
from sleuth.accounts import audit
from sleuth.extensions import db
from sleuth.health.models import Verdict
from sleuth.health.replaying import due
from sleuth.health.replaying.models import Replay, ReplayFinding, ReplayKind
from sleuth.impact import service as impact
from sleuth.impact.models import ImpactSource
from sleuth.impact.service import SourceSettings
from sleuth.projects import judging
from sleuth.projects.judging import Judging

PROPOSED_ELSE = "Somebody has changed this meanwhile, so nothing was applied. Begin again."


class NotAppliedError(Exception):
    """Nothing was applied, for a reason that is for the user."""


def _save_judging(replay: Replay) -> None:
    project = judging.lock(replay.project_id)
    if asdict(judging.judging_of(project)) != replay.proposal["was"]:
        raise NotAppliedError(PROPOSED_ELSE)
    judging.apply(project, Judging(**replay.proposal["judging"]))


def _save_threshold(replay: Replay) -> None:
    source = db.session.get_one(ImpactSource, replay.impact_source_id, with_for_update=True)
    settings = SourceSettings(**replay.proposal["settings"])
    is_same = source.manually_set_health_threshold == replay.proposal["before"]
    is_same &= all(getattr(source, name) == value for name, value in replay.proposal["was"].items())
    if not is_same or impact.measures_something_else(source, settings):
        raise NotAppliedError(PROPOSED_ELSE)
    impact.change_impact_source(source, settings, source.warning)


def _judge_by_added(replay: Replay) -> None:
    source = db.session.get_one(ImpactSource, replay.impact_source_id, with_for_update=True)
    source.judges_from = min(source.judges_from, (replay.judged_at or clock.now()) - due.LOOKED_AT)


_KINDS: dict[ReplayKind, Callable[[Replay], None]] = {
    ReplayKind.SENSITIVITY: _save_judging,
    ReplayKind.THRESHOLD: _save_threshold,
    ReplayKind.ADDED: _judge_by_added,
}


def save(replay: Replay) -> None:
    """Let what is proposed hold from now on, inside ``with write():``.

    Raises:
        NotAppliedError: What it takes the place of is another one meanwhile.
        NoResultFound: What it is about is gone.
        NameTakenError: Another impact source has its name meanwhile.
    """
    _KINDS[ReplayKind(replay.kind)](replay)


def judge_again(replay: Replay, name: str) -> int:
    """Make due inside ``with write():`` what the preview listed; return how many deploys.

    The ordinary job judges them.
    """
    found = ReplayFinding.replay_id == replay.id
    values: dict[str, Any] = {"due_at": clock.now(), "judged_again_by": name}
    if replay.kind == ReplayKind.SENSITIVITY:
        values["sensitivity"] = replay.proposal["judging"]["sensitivity"]
    is_listed = exists().where(
        found,
        ReplayFinding.deploy_id == Verdict.deploy_id,
        ReplayFinding.impact_source_id == Verdict.impact_source_id,
    )
    db.session.execute(
        update(Verdict)
        .where(is_listed)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    of_deploys = select(func.count(ReplayFinding.deploy_id.distinct())).where(found)
    count = db.session.scalar(of_deploys) or 0
    _note(replay, count)
    return count


def _note(replay: Replay, count: int) -> None:
    project, source = replay.project, replay.impact_source
    if source is None:
        audit.record(
            project.organization_id,
            "project.judged_again",
            project.name,
            deploys=count,
            sensitivity=replay.proposal["judging"]["sensitivity"],
            sensitivity_before=replay.proposal["before"],
        )
        return
    limits = {}
    if replay.kind == ReplayKind.THRESHOLD:
        limits["threshold"] = replay.proposal["settings"]["threshold"]
        limits["threshold_before"] = replay.proposal["before"]
    audit.record(
        project.organization_id,
        "impact_source.judged_again",
        source.name,
        provider=source.provider,
        project=project.name,
        deploys=count,
        **limits,
    )
