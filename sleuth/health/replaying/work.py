"""Judging the past by what is proposed: a slice at a time, with progress.

Loads NumPy, so only workers import it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from sleuth import clock, queue
from sleuth.accounts import audit
from sleuth.deploys.models import Deploy
from sleuth.extensions import db, write
from sleuth.health import words
from sleuth.health.detector import looks_for, next_bucket
from sleuth.health.groups import Place
from sleuth.health.judging import Judgement, Rules, judge_by, window_of
from sleuth.health.models import Verdict
from sleuth.health.replaying import due
from sleuth.health.replaying.history import History
from sleuth.health.replaying.models import Replay, ReplayFinding, ReplayKind, ReplayState
from sleuth.health.service import sensitivity_of_deploy
from sleuth.health.sharing import as_of
from sleuth.health.timelines import place_of
from sleuth.health.watching import is_watched
from sleuth.impact.models import ImpactSource
from sleuth.impact.schedule import from_epoch
from sleuth.impact.service import sources_of_environment

JOB = "sleuth.health.jobs.replay"
SECONDS_OF_WORK = 10.0
SECONDS_BETWEEN_NEWS = 1.0
FIRST_HOUR = 60

Course = list[tuple[int, Judgement]]


def go_on(replay_id: int) -> None:
    """Judge for 10 s at most, and enqueue the rest."""
    replay = due.claim(replay_id, clock.now())
    if replay is None:
        return
    stop_at = time.monotonic() + SECONDS_OF_WORK
    left = _begin(replay)
    judges = _Judges.of(replay)
    while left and time.monotonic() < stop_at and not queue.is_stopping():
        found, left = _some(judges, left)
        if not _keep(replay_id, found, left):
            return
    if left:
        due.give_back(replay_id)
        queue.enqueue(JOB, replay_id)
    else:
        _end(replay_id)


def _begin(replay: Replay) -> list[int]:
    """Return the deploys that are left, after noting all there are at the first time."""
    at, replay_id, reached_id = replay.judged_at or clock.now(), replay.id, replay.reached_id
    ids = [
        id_
        for id_, _at in db.session.execute(
            due.deploys_between(due.environment_ids_of(replay), at - due.LOOKED_AT, at)
        )
    ]
    if not replay.fingerprint:
        made_from = due.fingerprint(replay)
        with write():
            current = db.session.get_one(Replay, replay_id)
            current.fingerprint, current.total = made_from, len(ids)
    return [id_ for id_ in ids if id_ > reached_id]


def _some(judges: _Judges, ids: Sequence[int]) -> tuple[list[ReplayFinding], list[int]]:
    """Judge for about a second; return what was found and the deploys that are left."""
    pause_at = time.monotonic() + SECONDS_BETWEEN_NEWS
    found: list[ReplayFinding] = []
    for number, deploy_id in enumerate(ids, start=1):
        found += judges.findings(deploy_id)
        if time.monotonic() >= pause_at:
            return found, list(ids[number:])
    return found, []


def _keep(replay_id: int, found: Sequence[ReplayFinding], left: Sequence[int]) -> bool:
    """Keep what was found, and how far it goes; tell whether to go on."""
    try:
        with write():
            replay = db.session.get(Replay, replay_id, with_for_update=True)
            if replay is None or replay.state != ReplayState.RUNNING:
                return False
            db.session.add_all(found)
            replay.done = replay.total - len(left)
            replay.reached_id = left[0] - 1 if left else max(replay.reached_id, _last(found))
            replay.claimed_until = clock.now() + due.LEASE
    except IntegrityError:
        # A deploy or a source went meanwhile: it is looked at again without it.
        due.give_back(replay_id)
        return False
    return True


def _last(found: Sequence[ReplayFinding]) -> int:
    return max((each.deploy_id for each in found), default=0)


def _end(replay_id: int) -> None:
    with write():
        replay = db.session.get(Replay, replay_id, with_for_update=True)
        if replay is None or replay.state != ReplayState.RUNNING:
            return
        replay.state, replay.claimed_until, replay.done = ReplayState.DONE, None, replay.total
        if replay.impact_source is not None:
            source = replay.impact_source
            audit.publish(replay.organization_id, "impactSourceChanged", source.provider)


@dataclass(slots=True)
class _Judges:
    """The sources and rules of a replay.

    Deploys that share a verdict follow each other, so the last judgement of each source is
    kept until another place comes.
    """

    replay_id: int
    at: datetime
    kind: str
    source_id: int | None
    sensitivity: str | None
    threshold: float | None
    histories: dict[int, History] = field(default_factory=dict)
    last: dict[int, tuple[tuple[Place, Rules], Course]] = field(default_factory=dict)

    @classmethod
    def of(cls, replay: Replay) -> _Judges:
        """Return what is proposed."""
        judging = replay.proposal.get("judging", {})
        return cls(
            replay.id,
            replay.judged_at or clock.now(),
            replay.kind,
            replay.impact_source_id,
            judging.get("sensitivity"),
            replay.proposal.get("settings", {}).get("threshold"),
        )

    def findings(self, deploy_id: int) -> Iterator[ReplayFinding]:
        """Yield what each source says of a deploy; nothing if it is gone."""
        deploy = db.session.get(Deploy, deploy_id)
        if deploy is None:
            return
        sensitivity = self.sensitivity or sensitivity_of_deploy(deploy)
        place = place_of(deploy, window_of(sensitivity))
        if place is None:
            return
        said = db.session.scalars(select(Verdict).where(Verdict.deploy_id == deploy_id))
        before = {verdict.impact_source_id: verdict for verdict in said}
        for source in self._sources(deploy):
            course = self._course(source, place, self._rules(source, sensitivity))
            seen = [(m, as_of(each, place, deploy.deployed_at)) for m, each in course]
            yield self._finding(deploy, source, before.get(source.id), seen)

    def _sources(self, deploy: Deploy) -> list[ImpactSource]:
        sources = sources_of_environment(deploy.environment_id)
        if self.source_id is not None:
            sources = [each for each in sources if each.id == self.source_id]
        if self.kind == ReplayKind.ADDED:
            return sources
        return [each for each in sources if is_watched(deploy, each, self.at)]

    def _rules(self, source: ImpactSource, sensitivity: str) -> Rules:
        is_proposed = self.kind == ReplayKind.THRESHOLD
        limit = self.threshold if is_proposed else source.manually_set_health_threshold
        return Rules(sensitivity, limit)

    def _course(self, source: ImpactSource, place: Place, rules: Rules) -> Course:
        """Judge at each look of the first hour, and as of now."""
        key = (place, rules)
        if source.id in self.last and self.last[source.id][0] == key:
            return self.last[source.id][1]
        if source.id not in self.histories:
            self.histories[source.id] = History(source, self.at)
        read = self.histories[source.id].read
        made = judge_by(source, place, rules, self.at, read)
        step = source.interval_seconds
        begin, end = next_bucket(int(place.began_at.timestamp()), step), made.assessment
        course = [
            (look, judge_by(source, place, rules, from_epoch(begin + look * 60), read))
            for look in looks_for(step, rules.settings)
            if look < end.minutes_of_data and look <= FIRST_HOUR
        ]
        self.last[source.id] = key, [*course, (end.minutes_of_data, made)]
        return self.last[source.id][1]

    def _finding(
        self, deploy: Deploy, source: ImpactSource, before: Verdict | None, course: Course
    ) -> ReplayFinding:
        judgement = course[-1][1]
        made = judgement.assessment
        return ReplayFinding(
            replay_id=self.replay_id,
            deploy_id=deploy.id,
            impact_source_id=source.id,
            health_before=before.health if before else "",
            reason_before=before.reason if before else "",
            health=made.health,
            reason=made.reason,
            is_final=made.is_final,
            sentence=words.sentence(judgement.details),
            minutes_of_data=made.minutes_of_data,
            observed=made.observed,
            expected=made.expected,
            ratio=made.ratio,
            course=_changes(course),
        )


def _changes(course: Course) -> list[list[object]]:
    """Return when something else was said, in minutes of data, waiting left out."""
    changes: list[list[object]] = []
    for minutes, judgement in course:
        made = judgement.assessment
        is_waiting = made.health == "unknown" and made.reason == "pending"
        if not is_waiting and (not changes or changes[-1][1] != made.health):
            changes.append([minutes, made.health])
    return changes
