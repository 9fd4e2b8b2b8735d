"""Change failures, noted from the changes of verdicts that are stored."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from sleuth.deploys.models import Deploy
from sleuth.extensions import db, write
from sleuth.health import service
from sleuth.health.failures import note_failure
from sleuth.health.models import Verdict, VerdictChange
from sleuth.impact import series
from sleuth.impact.models import ImpactSource
from sleuth.projects.judging import Judging, change_judging
from tests.conftest import NOW, Cast

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
DEPLOYED = NOW - 60 * MINUTE
History = list[tuple[float, int, str]]


@pytest.fixture
def failing(source: ImpactSource, deploy: Callable[[int], Deploy]):
    """Store a deploy of an hour ago with verdicts that changed so, and note whether it failed."""

    def store(*histories: History, until: datetime | None = None, step: int = 60) -> Deploy:
        row = deploy(60)
        with write():
            for number, history in enumerate(histories):
                db.session.add(_verdict(row, source if not number else None, history, until, step))
        note(row)
        return row

    return store


def _verdict(
    row: Deploy, source: ImpactSource | None, history: History, until: datetime | None, step: int
) -> Verdict:
    return Verdict(
        deploy_id=row.id,
        impact_source_id=source.id if source else None,
        source_name="Web errors",
        provider="sentry",
        health=history[-1][2],
        began_at=DEPLOYED,
        ended_at=until,
        assessment={"step_seconds": step},
        changes=[
            VerdictChange(
                at=DEPLOYED + at * MINUTE, minutes_of_data=minutes, health=health, reason="rise"
            )
            for at, minutes, health in history
        ],
    )


def note(row: Deploy) -> bool:
    with write():
        return note_failure(db.session.get_one(Deploy, row.id))


def failed_after(row: Deploy) -> float | None:
    db.session.rollback()
    found = db.session.scalar(select(Deploy.failed_at).where(Deploy.id == row.id))
    return None if found is None else (found - row.deployed_at) / MINUTE


def test_a_deploy_that_was_unhealthy_for_seven_minutes_failed(failing) -> None:
    row = failing([(4, 2, "healthy"), (8, 6, "unhealthy"), (20, 18, "ailing")])
    assert failed_after(row) == 15
    assert (row.failure_boundary, row.failure_minutes) == ("unhealthy", 7)


def test_one_that_was_ailing_did_not(failing) -> None:
    row = failing([(4, 2, "ailing")])
    assert failed_after(row) is None
    assert (row.failure_boundary, row.failure_minutes) == (None, None)


def test_the_project_decides_what_a_failure_is(failing, cast: Cast) -> None:
    change_judging(cast.project.id, Judging("normal", "ailing", 30))
    row = failing([(4, 2, "ailing")])
    assert failed_after(row) == 34
    assert (row.failure_boundary, row.failure_minutes) == ("ailing", 30)


def test_of_several_sources_the_worst_counts(failing) -> None:
    healthy = [(4, 2, "healthy")]
    row = failing(healthy, [(4, 2, "unhealthy"), (8, 6, "healthy")], [(8, 6, "unhealthy")])
    assert failed_after(row) == 11


def test_the_next_deploy_ends_it(failing) -> None:
    assert failed_after(failing([(8, 6, "unhealthy")], until=DEPLOYED + 14 * MINUTE)) is None


def test_what_was_found_out_days_later_counts_from_the_deploy(failing) -> None:
    row = failing([(9000, 30, "unhealthy")], until=DEPLOYED + 30 * MINUTE)
    assert failed_after(row) == 7


def test_what_is_counted_by_the_hour_counts_from_when_it_was_known(failing) -> None:
    assert failed_after(failing([(119, 60, "unhealthy")], step=3600)) == 126


def test_a_deploy_that_shares_a_verdict_fails_by_its_own_minutes(failing, deploy) -> None:
    failing([(4, 2, "unhealthy")])
    later = deploy(50)
    with write():
        shared = _verdict(later, None, [(4, 2, "unhealthy")], None, 60)
        db.session.add(shared)
    note(later)
    assert failed_after(later) == 7


def test_a_failure_goes_when_the_look_is_judged_anew(failing) -> None:
    row = failing([(8, 6, "unhealthy")])
    verdict = db.session.scalars(select(Verdict)).one()
    with write():
        at = NOW + 60 * MINUTE
        db.session.add(
            VerdictChange(
                verdict_id=verdict.id, at=at, minutes_of_data=6, health="healthy", reason="usual"
            )
        )
    assert note(row)
    assert failed_after(row) is None
    assert not note(row)


def test_making_a_verdict_notes_it(source, deploy) -> None:
    row = deploy(60)
    begin, moment, end = (int(each.timestamp()) for each in (NOW - 10 * DAY, DEPLOYED, NOW))
    points = [(each, 30 if each >= moment else 2) for each in range(begin, end, 60)]
    with write():
        series.replace_counts([series.Replacement(source.id, begin, end, points)])
    service.assess_deploy(row.id)
    assert failed_after(row) is not None


def test_a_deploy_without_a_verdict_did_not_fail(deploy) -> None:
    row = deploy(60)
    assert not note(row)
    assert failed_after(row) is None
