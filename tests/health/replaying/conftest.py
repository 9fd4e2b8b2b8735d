"""A shop whose deploys went all kinds of ways, judged live, look by look."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from sleuth import clock, queue
from sleuth.deploys.models import Deploy
from sleuth.extensions import db, write
from sleuth.health.models import Verdict
from sleuth.health.replaying import due, work
from sleuth.health.replaying.models import Replay, ReplayFinding
from sleuth.impact.models import Coverage, ErrorCount, ImpactSource, Sweep, SweepKind
from tests.conftest import NOW
from tests.health.conftest import counting, deploy, source
from tests.health.story import MINUTE, count, tick

__all__ = ["counting", "deploy", "source"]

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
LOOKS = (2, 4, 6, 10, 18, 30, 60, 120, 240, 1440)
Story = Callable[..., list[Deploy]]


@pytest.fixture(autouse=True)
def queued_jobs(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What is enqueued waits."""
    jobs: list[tuple[Any, ...]] = []
    monkeypatch.setattr(queue, "enqueue", lambda *job: jobs.append(job) or True)
    return jobs


@pytest.fixture
def happened(source: ImpactSource, deploy: Callable[..., Deploy]) -> list[Deploy]:
    """Deploys of the last days, and counts around them.

    In this order: one with too little history, a calm one, a bad one, two that share a verdict,
    one that was made good by the next, that next one, one in a gap, and one just now.
    """
    begin = NOW - 8 * DAY
    count(source, begin, NOW - 7 * DAY, 3)
    minutes = [7 * 1440, 5 * 1440, 4 * 1440, 3 * 1440, 3 * 1440 - 4, 2 * 1440, 2 * 1440 - 40]
    deploys = [deploy(each) for each in [*minutes, 1440 + 300, 20]]
    bad = {2: (240, 30), 3: (60, 9), 5: (40, 12)}
    at = begin + DAY
    count(source, at, NOW, 3)
    for index, (length, rate) in bad.items():
        since = deploys[index].deployed_at
        count(source, since, since + length * MINUTE, rate)
    _forget(source, deploys[7].deployed_at + 5 * MINUTE, 30)
    return deploys


@pytest.fixture
def history(happened: list[Deploy]) -> list[Deploy]:
    """The same, each judged once, as of now."""
    tick(NOW)
    return happened


@pytest.fixture
def lived(happened: list[Deploy]) -> list[Deploy]:
    """The same, judged live, look by look."""
    live(happened)
    return happened


@pytest.fixture
def added(source: ImpactSource, deploy: Callable[..., Deploy]) -> list[Deploy]:
    """A source that was added just now, whose past has been read, and deploys before it."""
    count(source, NOW - 8 * DAY, NOW, 3)
    made = [deploy(minutes) for minutes in (7200, 4320, 2880, 1500)]
    count(source, made[2].deployed_at, made[2].deployed_at + 120 * MINUTE, 40)
    with write():
        row = db.session.get_one(ImpactSource, source.id)
        row.created_at = row.judges_from = NOW
        db.session.add(
            Sweep(
                impact_source_id=row.id,
                integration_id=row.integration_id,
                kind=SweepKind.ALL,
                due_at=NOW + DAY,
                scheduled_at=NOW,
                confirmed_at=NOW,
            )
        )
    return made


def _forget(source: ImpactSource, since: datetime, minutes: int) -> None:
    """Let some minutes be unknown."""
    begin, end = int(since.timestamp()), int((since + minutes * MINUTE).timestamp())
    with write():
        [covered] = db.session.scalars(
            select(Coverage).where(
                Coverage.impact_source_id == source.id, Coverage.since < begin, Coverage.until > end
            )
        )
        until, covered.until = covered.until, begin
        db.session.add(Coverage(impact_source_id=source.id, since=end, until=until))
        for row in db.session.scalars(
            select(ErrorCount).where(
                ErrorCount.impact_source_id == source.id,
                ErrorCount.bucket_start >= begin,
                ErrorCount.bucket_start < end,
            )
        ):
            db.session.delete(row)


def live(deploys: list[Deploy]) -> None:
    """Judge at every look of every deploy, as time goes on, what was known then."""
    moments = sorted(
        each.deployed_at + (look + 2) * MINUTE
        for each in deploys
        for look in LOOKS
        if each.deployed_at + (look + 2) * MINUTE <= NOW
    )
    for moment in [*moments, NOW]:
        tick(moment)


def run(replay: Replay, at: datetime = NOW) -> Replay:
    """Let a worker do all of a replay."""
    replay_id = replay.id
    with clock.frozen(at):
        while due.due_ids(at):
            work.go_on(replay_id)
    db.session.rollback()
    return db.session.get_one(Replay, replay_id, populate_existing=True)


def findings(replay: Replay) -> dict[int, ReplayFinding]:
    """Return what a replay found, by deploy."""
    found = db.session.scalars(select(ReplayFinding).where(ReplayFinding.replay_id == replay.id))
    return {each.deploy_id: each for each in found}


def verdicts() -> dict[int, Verdict]:
    """Return the verdicts that stand, by deploy."""
    db.session.rollback()
    return {each.deploy_id: each for each in db.session.scalars(select(Verdict))}


def numbers(found: ReplayFinding) -> tuple[object, ...]:
    """Return what was found of a deploy."""
    return (
        found.health,
        found.reason,
        found.is_final,
        found.minutes_of_data,
        found.observed,
        found.expected,
        found.ratio,
        found.sentence,
    )


def numbers_of(verdict: Verdict) -> tuple[object, ...]:
    """Return the same of a verdict."""
    made = verdict.assessment
    return (
        verdict.health,
        verdict.reason,
        verdict.is_final,
        verdict.minutes_of_data,
        made.get("observed"),
        made.get("expected"),
        made.get("ratio"),
        verdict.sentence,
    )
