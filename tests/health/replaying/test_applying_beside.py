"""What applying does beside what else happens: other sources, other people, jobs under way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from sleuth import clock
from sleuth.deploys.models import Deploy
from sleuth.extensions import db, write
from sleuth.health import service as judging_service
from sleuth.health import storing
from sleuth.health.by_hand.models import Override
from sleuth.health.judging import judge
from sleuth.health.models import NewErrors, UsualNewErrors, Verdict
from sleuth.health.replaying import service
from sleuth.health.replaying.applying import NotAppliedError
from sleuth.health.replaying.models import Replay
from sleuth.health.replaying.results import results_of
from sleuth.health.timelines import place_of
from sleuth.ids import new_public_id
from sleuth.impact import intervals, series
from sleuth.impact import service as impact
from sleuth.impact.models import ImpactSource
from sleuth.projects import judging
from sleuth.projects.judging import Judging
from sleuth.projects.models import Environment
from tests.conftest import NOW, Cast
from tests.health.replaying.conftest import DAY, findings, numbers, numbers_of, run, verdicts
from tests.health.replaying.test_replaying import (
    judge_what_is_due,
    of_sensitivity,
    of_threshold,
    offered,
)
from tests.health.story import MINUTE, count, tick

Register = Callable[[int], Deploy]
MINUTES = 18 * MINUTE


@pytest.fixture
def beside(source: ImpactSource) -> ImpactSource:
    """Another source of the same environment, as calm as the first."""
    with write():
        row = ImpactSource(
            public_id=new_public_id(),
            organization_id=source.organization_id,
            project_id=source.project_id,
            environment_id=source.environment_id,
            integration_id=source.integration_id,
            provider="sentry",
            name="Jobs",
            error_project_key="2",
            error_project_label="jobs",
            created_at=NOW - 28 * DAY,
            judges_from=NOW - 28 * DAY,
        )
        db.session.add(row)
    return row


def said_by(source: ImpactSource) -> dict[int, tuple[object, ...]]:
    """Return what a source says of each deploy."""
    db.session.rollback()
    of_it = select(Verdict).where(Verdict.impact_source_id == source.id)
    return {each.deploy_id: numbers_of(each) for each in db.session.scalars(of_it)}


def test_a_limit_leaves_alone_what_another_source_has_said(
    cast: Cast, source: ImpactSource, beside: ImpactSource, deploy: Register
) -> None:
    for each in (source, beside):
        count(each, NOW - 8 * DAY, NOW, 3)
    made = [deploy(4320), deploy(2880)]
    tick(NOW)
    service.apply(run(of_threshold(cast, beside, 0.5)), cast.owner, again=False)
    before = said_by(beside)
    assert {each[0] for each in before.values()} == {"healthy"}

    service.apply(run(of_threshold(cast, source, 0.5)), cast.owner, again=True)
    assert sorted(judge_what_is_due()) == [each.id for each in made]

    assert {each[0] for each in said_by(source).values()} == {"unhealthy"}
    assert said_by(beside) == before


def test_a_job_under_way_does_not_undo_a_sensitivity_that_was_applied(
    cast: Cast, source: ImpactSource, deploy: Register
) -> None:
    count(source, NOW - 8 * DAY, NOW, 3)
    fresh = deploy(20)
    with clock.frozen(fresh.deployed_at + 30 * timedelta(seconds=1)):
        judging_service.assess_deploy(fresh.id)
    assert not verdicts()[fresh.id].has_begun
    replay = run(of_sensitivity(cast, "coarse"))
    place = place_of(fresh, MINUTES)
    made = {source.id: judge(source, place, "normal", NOW)}
    with clock.frozen(NOW + timedelta(seconds=1)):
        service.apply(replay, cast.owner, again=True)
        with write():
            storing.store(place, made, NOW)
        tick(NOW + timedelta(seconds=2))
    assert verdicts()[fresh.id].sensitivity == "coarse"
    assert verdicts()[fresh.id].judged_again_by is None


def test_what_was_judged_before_a_limit_was_applied_is_not_said_to_be_by_it(
    cast: Cast, source: ImpactSource, deploy: Register
) -> None:
    count(source, NOW - 8 * DAY, NOW, 3)
    calm = deploy(2880)
    tick(NOW)
    replay = run(of_threshold(cast, source, 0.5))
    place = place_of(calm, MINUTES)
    made = {source.id: judge(source, place, "normal", NOW)}
    with clock.frozen(NOW + timedelta(seconds=1)):
        service.apply(replay, cast.owner, again=True)
        with write():
            storing.store(place, made, NOW)
    tick(NOW + timedelta(seconds=2))
    changes = [(each.health, each.judged_again_by) for each in verdicts()[calm.id].changes]
    assert changes == [("healthy", None), ("unhealthy", cast.owner.name)]


def test_a_sensitivity_that_was_applied_meanwhile_is_looked_at_before_a_limit_holds(
    cast: Cast, source: ImpactSource, history: list[Deploy]
) -> None:
    limit = run(of_threshold(cast, source, 4.0))
    assert not service.look_again(limit)
    service.apply(run(of_sensitivity(cast, "coarse")), cast.owner, again=True)
    judge_what_is_due()
    assert service.look_again(db.session.get_one(Replay, limit.id))


def test_a_name_that_was_given_meanwhile_is_not_taken_back(
    cast: Cast, source: ImpactSource, history: list[Deploy]
) -> None:
    replay = run(of_threshold(cast, source, 4.0))
    impact.save_impact_source(source, replace(impact.settings_of(source), name="Renamed"))
    with pytest.raises(NotAppliedError, match="changed this meanwhile"):
        service.apply(replay, cast.owner, again=False)
    db.session.rollback()
    row = db.session.get_one(ImpactSource, source.id)
    assert (row.name, row.manually_set_health_threshold) == ("Renamed", None)


def test_a_boundary_that_was_chosen_meanwhile_is_not_taken_back(
    cast: Cast, history: list[Deploy]
) -> None:
    replay = run(of_sensitivity(cast, "coarse"))
    judging.change_judging(cast.project.id, Judging("normal", "ailing", 9))
    with pytest.raises(NotAppliedError, match="changed this meanwhile"):
        service.apply(replay, cast.owner, again=True)
    db.session.rollback()
    project = cast.project
    assert (project.sensitivity, project.failure_boundary, project.failure_minutes) == (
        "normal",
        "ailing",
        9,
    )


def test_an_added_source_judges_all_that_it_listed_or_nothing(
    cast: Cast, added: list[Deploy], sign_in: Callable[[str], FlaskClient]
) -> None:
    replay = offered()
    url = f"/o/acme/replays/{replay.public_id}"
    answer = sign_in("developer").post(url, data={"choice": "new"}, headers={"HX-Request": "true"})
    assert answer.status_code == 422
    assert judge_what_is_due() == []


def test_measuring_something_else_does_not_judge_what_nobody_decided_about(
    cast: Cast, source: ImpactSource, added: list[Deploy]
) -> None:
    with write():
        row = db.session.get_one(ImpactSource, source.id)
        elsewhere = replace(impact.settings_of(row), error_project_key="77")
        impact.change_impact_source(row, elsewhere, "")
    assert judge_what_is_due() == []


def test_of_a_source_that_was_disabled_nothing_can_be_decided(
    cast: Cast, source: ImpactSource, history: list[Deploy], sign_in: Callable[[str], FlaskClient]
) -> None:
    replay = run(of_threshold(cast, source, 4.0))
    with write():
        db.session.get_one(ImpactSource, source.id).disabled_at = NOW
    url = f"/o/acme/replays/{replay.public_id}"
    browser = sign_in("developer")
    assert browser.get(url).status_code == 404
    for choice in ("new", "again", "cancel"):
        assert browser.post(url, data={"choice": choice}).status_code in {404, 410}


def test_what_was_disabled_and_restored_still_judges_nothing_by_itself(
    cast: Cast, source: ImpactSource, added: list[Deploy]
) -> None:
    offered()
    with write():
        db.session.get_one(ImpactSource, source.id).disabled_at = NOW
    with write():
        row = db.session.get_one(ImpactSource, source.id, execution_options={"sees_disabled": True})
        row.disabled_at = None
    assert judge_what_is_due() == []


def test_a_health_that_was_set_by_hand_stays_in_the_preview(
    cast: Cast, source: ImpactSource, history: list[Deploy]
) -> None:
    with write():
        db.session.add(
            Override(
                deploy_id=history[1].id,
                public_id=new_public_id(),
                health="ailing",
                reason="Known",
                set_at=NOW,
                set_by="Ada",
            )
        )
    rows = {row.deploy.id: row for row in results_of(run(of_threshold(cast, source, 0.5))).rows}
    row = rows[history[1].id]
    assert (row.before[0], row.after[0], row.is_changed) == ("ailing", "ailing", False)
    assert any("by hand" in note for note in row.notes)


@pytest.mark.parametrize("sensitivity", ["fine", "coarse"])
def test_a_limit_that_is_taken_away_makes_exactly_what_was_previewed(
    cast: Cast, source: ImpactSource, history: list[Deploy], sensitivity: str
) -> None:
    service.apply(run(of_threshold(cast, source, 0.5)), cast.owner, again=True)
    judge_what_is_due()
    replay = run(of_threshold(cast, source, None))
    shown = {id_: numbers(each) for id_, each in findings(replay).items()}
    service.apply(replay, cast.owner, again=True)
    judge_what_is_due()
    assert {id_: numbers_of(each) for id_, each in verdicts().items()} == shown
    db.session.rollback()
    assert db.session.get_one(ImpactSource, source.id).manually_set_health_threshold is None


def test_a_tracker_that_counts_by_the_hour_is_previewed_exactly(
    cast: Cast, source: ImpactSource, deploy: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intervals, "is_outdated", lambda *_of: False)
    with write():
        db.session.get_one(ImpactSource, source.id).interval_seconds = 3600
    begin, end = int((NOW - 20 * DAY).timestamp()), int(NOW.timestamp())
    made = [deploy(each) for each in (8 * 1440, 5 * 1440 + 25, 5 * 1440 + 10, 300)]
    bad = int(made[1].deployed_at.timestamp())
    points = [(at, 900 if bad <= at < bad + 86400 else 90) for at in range(begin, end, 3600)]
    with write():
        series.replace_counts([series.Replacement(source.id, begin, end, points)])
        db.session.get_one(ImpactSource, source.id).complete_until = NOW
    tick(NOW)
    for begin_one in (
        lambda: of_sensitivity(cast, "coarse"),
        lambda: of_threshold(cast, source, 2),
    ):
        replay = run(begin_one())
        shown = {id_: numbers(each) for id_, each in findings(replay).items()}
        assert len(shown) == len(made)
        service.apply(replay, cast.owner, again=True)
        judge_what_is_due()
        assert {id_: numbers_of(each) for id_, each in verdicts().items()} == shown
    assert "unhealthy" in {each[0] for each in shown.values()}


def know(verdict: Verdict, after: list[float], until: float, events: int = 7) -> None:
    """Let a tracker have told of new kinds of errors, so many minutes after the deploy."""
    began = verdict.began_at
    with write():
        kinds = [
            {
                "title": f"E{index}",
                "url": f"https://t.example/{index}",
                "first_seen": int((began + each * MINUTE).timestamp()),
                "count": events,
                "users": 1,
            }
            for index, each in enumerate(after)
        ]
        db.session.add(
            NewErrors(
                verdict_id=verdict.id,
                total=len(kinds),
                events=events * len(kinds),
                errors=kinds,
                top=kinds[:3],
                usual_kinds=0,
                usual_hours=160.0,
                asked_until=began + until * MINUTE,
                asked_at=began + (until + 2) * MINUTE,
            )
        )


@pytest.fixture
def quiet(source: ImpactSource, deploy: Register) -> list[Deploy]:
    """A source without errors; three deploys with new kinds, the last two ten minutes apart.

    Soon after them another deploy came, so that their counts never told anything.
    """
    count(source, NOW - 9 * DAY, NOW - 9 * DAY + MINUTE, 1)
    count(source, NOW - 9 * DAY + MINUTE, NOW, 0)
    made = [deploy(5 * 1440), deploy(3 * 1440), deploy(3 * 1440 - 10)]
    deploy(5 * 1440 - 40)
    deploy(3 * 1440 - 45)
    tick(NOW)
    with write():
        db.session.add(
            UsualNewErrors(
                impact_source_id=source.id, kinds=0, hours=160.0, asked_at=NOW, due_at=NOW + DAY
            )
        )
    found = verdicts()
    know(found[made[0].id], [3.0, 4.0, 5.0], 40)
    for each in made[1:]:
        know(found[each.id], [3.0, 4.0, 5.0], 45)
    with write():
        db.session.query(Verdict).update({"due_at": NOW - MINUTE})
    tick(NOW)
    return made


@pytest.mark.parametrize("sensitivity", ["fine", "coarse"])
def test_new_errors_that_decided_are_previewed_exactly(
    cast: Cast, quiet: list[Deploy], sensitivity: str
) -> None:
    assert {verdicts()[each.id].reason for each in quiet} == {"new_errors"}
    replay = run(of_sensitivity(cast, sensitivity))
    shown = {id_: numbers(each) for id_, each in findings(replay).items()}
    service.apply(replay, cast.owner, again=True)
    judge_what_is_due()
    assert {id_: numbers_of(each) for id_, each in verdicts().items()} == shown


def test_new_errors_before_a_deploy_are_not_its_own_once_it_stands_alone(
    cast: Cast, quiet: list[Deploy]
) -> None:
    replay = run(of_sensitivity(cast, "fine"))
    service.apply(replay, cast.owner, again=True)
    judge_what_is_due()
    found = verdicts()
    said = {each.id: found[each.id].assessment["new_errors"] for each in quiet}
    assert [said[each.id]["count"] for each in quiet] == [3, 3, 0]
    assert [said[each.id]["events"] for each in quiet] == [21, 21, 0]
    assert said[quiet[1].id]["asked_minutes"] == 10


def test_a_verdict_keeps_what_was_usual_when_it_was_made(
    cast: Cast, source: ImpactSource, quiet: list[Deploy]
) -> None:
    before = {id_: each.health for id_, each in verdicts().items()}
    with write():
        row = db.session.get_one(UsualNewErrors, source.id)
        row.kinds, row.hours = 400, 160.0
        db.session.query(Verdict).update({"due_at": NOW - MINUTE})
    tick(NOW)
    assert {id_: each.health for id_, each in verdicts().items()} == before


def test_what_a_source_said_where_it_was_before_stays(
    cast: Cast, source: ImpactSource, beside: ImpactSource, deploy: Register
) -> None:
    for each in (source, beside):
        count(each, NOW - 8 * DAY, NOW, 3)
    bad = deploy(2880)
    count(beside, bad.deployed_at, bad.deployed_at + 300 * MINUTE, 40)
    tick(NOW)
    elsewhere = deploy(1500)
    with write():
        staging = db.session.scalars(
            select(Environment).where(
                Environment.project_id == cast.project.id, ~Environment.is_default
            )
        ).first()
        for row in (db.session.get_one(Deploy, elsewhere.id), db.session.merge(beside)):
            row.environment_id = staging.id
    before = said_by(beside)[bad.id]
    assert before[0] == "unhealthy"

    replay = run(of_sensitivity(cast, "coarse"))
    rows = {row.deploy.id: row for row in results_of(replay).rows}
    assert (rows[bad.id].before[0], rows[bad.id].after[0]) == ("unhealthy", "unhealthy")
    service.apply(replay, cast.owner, again=True)
    judge_what_is_due()

    assert said_by(beside)[bad.id] == before
    assert verdicts_of(beside, bad).judged_again_by is None


def verdicts_of(source: ImpactSource, deploy: Deploy) -> Verdict:
    """Return what a source says of a deploy."""
    return db.session.scalars(
        select(Verdict).where(Verdict.impact_source_id == source.id, Verdict.deploy_id == deploy.id)
    ).one()
