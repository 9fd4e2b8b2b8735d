"""Deploys that follow each other: they share a verdict, and end the one before."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import delete

from sleuth.deploys.models import CodeDeployment, Deploy
from sleuth.deploys.service import delete_deploy
from sleuth.extensions import db, write
from sleuth.health import due, service, timelines
from sleuth.health.explaining import explain
from sleuth.health.groups import LONGEST_WINDOW, Moment, places
from sleuth.health.models import Timeline, Verdict
from sleuth.projects.models import Project
from tests.conftest import NOW
from tests.dashboard import seed
from tests.health.story import DAY, LONG_AGO, MINUTE, count, course, judge, tick, verdict_of

WINDOW = timedelta(minutes=18)


def shares(deploy: Deploy) -> tuple[int, int]:
    verdict = verdict_of(deploy)
    return verdict.group_index, verdict.group_size


@pytest.fixture
def settled(source):
    """Counts as usual until now, judged by nobody yet."""
    count(source, LONG_AGO, NOW, 3)
    return source


@pytest.mark.parametrize(
    ("minutes", "groups"),
    [
        ([], []),
        ([0], [1]),
        ([0, 17], [2]),
        ([0, 18], [1, 1]),
        ([0, 10, 17, 20, 37, 90], [3, 2, 1]),
        ([0, 0, 0], [3]),
    ],
)
def test_a_group_goes_on_until_a_window_after_its_first_deploy(minutes, groups) -> None:
    moments = [Moment(number, NOW + at * MINUTE) for number, at in enumerate(minutes)]
    assert [len(place.deploy_ids) for place in places(moments, WINDOW)] == groups


def test_a_group_ends_with_the_first_deploy_after_it_if_that_matters() -> None:
    moments = [Moment(1, NOW), Moment(2, NOW + 20 * MINUTE), Moment(3, NOW + LONGEST_WINDOW + DAY)]
    ends = [place.ended_at for place in places(moments, WINDOW)]
    assert ends == [NOW + 20 * MINUTE, None, None]


def test_a_verdict_knows_its_place_and_explains_itself_by_it(settled, deploy) -> None:
    first, second, third = deploy(40), deploy(30), deploy(10)
    judge(first)
    made = verdict_of(second).assessment
    assert made["began_at"] == int(first.deployed_at.timestamp())
    assert made["ended_at"] == int(third.deployed_at.timestamp())
    assert made["group_size"] == 2
    told = " ".join(explain(made).sentences)
    assert "after the first of these 2 deploys" in told
    assert "2 deploys came within 18 minutes and share this verdict" in told


def test_deploys_close_together_share_the_verdict_of_the_first(source, deploy) -> None:
    count(source, LONG_AGO, NOW - 60 * MINUTE, 2)
    count(source, NOW - 60 * MINUTE, NOW, 12)
    first, second, third = deploy(60), deploy(55), deploy(43)
    judge(third)
    for each, index in ((first, 1), (second, 2), (third, 3)):
        verdict = verdict_of(each)
        assert (verdict.health, verdict.minutes_of_data) == ("unhealthy", 60)
        assert shares(each) == (index, 3)
    assert due.due_deploy_ids(NOW) == []


def test_a_deploy_of_another_code_deployment_shares_and_ends_alike(settled, deploy, cast) -> None:
    with write():
        other = seed.add_deployment(cast.project, "Worker")
    first, second = deploy(60), deploy(50, other)
    third = deploy(30, other)
    tick(NOW)
    assert [shares(each) for each in (first, second, third)] == [(1, 2), (2, 2), (1, 1)]
    assert verdict_of(first).ended_at == third.deployed_at
    assert (verdict_of(first).minutes_of_data, verdict_of(first).is_final) == (30, True)


def test_a_deploy_to_another_environment_changes_nothing(settled, deploy, cast) -> None:
    first = deploy(60)
    tick(NOW)
    staging = next(each for each in cast.project.environments if not each.is_default)
    with write():
        web = db.session.query(CodeDeployment).one()
        seed.add_deploy(web, staging, deployed_at=NOW - 50 * MINUTE)
    assert tick(NOW) == []
    assert shares(first) == (1, 1)


def test_the_next_deploy_ends_the_window_of_one_that_is_under_way(settled, deploy) -> None:
    first = deploy(60)
    tick(NOW)
    assert not verdict_of(first).is_final
    second = deploy(40)
    assert set(tick(NOW)) == {first.id, second.id}
    verdict = verdict_of(first)
    assert (verdict.minutes_of_data, verdict.is_final) == (18, True)
    assert verdict.ended_at == second.deployed_at


def test_a_deploy_registered_late_takes_the_minutes_that_it_is_to_blame_for(source, deploy) -> None:
    count(source, LONG_AGO, NOW - 3 * DAY, 2)
    count(source, NOW - 3 * DAY, NOW, 12)
    day = 24 * 60
    accused = deploy(3 * day + 30)
    tick(NOW)
    assert (verdict_of(accused).health, verdict_of(accused).is_final) == ("unhealthy", True)
    guilty = deploy(3 * day)
    tick(NOW)
    assert (verdict_of(accused).health, verdict_of(guilty).health) == ("healthy", "unhealthy")
    assert verdict_of(accused).revised_at == NOW
    assert course(accused) == [(1440, "unhealthy", False), (30, "healthy", True)]


def test_a_deploy_that_is_deleted_gives_its_minutes_back(settled, deploy) -> None:
    first, second = deploy(60), deploy(20)
    tick(NOW)
    assert verdict_of(first).minutes_of_data == 30
    delete_deploy(second.id)
    tick(NOW)
    assert (verdict_of(first).ended_at, verdict_of(first).minutes_of_data) == (None, 60)


def test_those_who_shared_a_verdict_with_a_deleted_deploy_are_judged_anew(settled, deploy) -> None:
    first, second = deploy(60), deploy(50)
    tick(NOW)
    delete_deploy(first.id)
    tick(NOW)
    assert shares(second) == (1, 1)
    assert verdict_of(second).began_at == second.deployed_at


def test_far_neighbours_are_left_alone(settled, deploy) -> None:
    deploy(5 * 24 * 60)
    deploy(60)
    tick(NOW)
    late = deploy(2 * 24 * 60)
    assert tick(NOW) == [late.id]


def test_another_sensitivity_changes_nothing_of_what_was_final(
    settled, deploy, monkeypatch
) -> None:
    first, second = deploy(5 * 24 * 60), deploy(5 * 24 * 60 - 10)
    tick(NOW)
    for module in (service, timelines):
        monkeypatch.setattr(module, "sensitivity_of", lambda _environment: "fine")
    young = deploy(60)
    assert tick(NOW) == [young.id]
    assert (shares(first), shares(second)) == ((1, 2), (2, 2))
    assert verdict_of(young).sensitivity == "fine"


def test_what_was_final_by_another_sensitivity_stays_beside_one_that_joins_it(
    settled, deploy, cast
) -> None:
    first, second = deploy(3 * 24 * 60), deploy(3 * 24 * 60 - 10)
    with write():
        db.session.get_one(Project, cast.project.id).sensitivity = "fine"
    judge(first)
    with write():
        db.session.get_one(Project, cast.project.id).sensitivity = "coarse"
    judge(second)
    assert [verdict_of(each).sensitivity for each in (first, second)] == ["fine", "coarse"]


def test_a_deploy_that_joins_is_not_judged_before_minutes_of_its_own_have_come(
    source, deploy
) -> None:
    first, second = deploy(12), deploy(5)
    count(source, LONG_AGO, NOW - 6 * MINUTE, 3)
    tick(NOW)
    assert [verdict_of(each).reason for each in (first, second)] == ["usual", "pending"]
    assert (shares(first), shares(second)) == ((1, 2), (2, 2))
    count(source, NOW - 6 * MINUTE, NOW - 2 * MINUTE, 3)
    tick(NOW + MINUTE)
    assert [course(each) for each in (first, second)] == [
        [(6, "healthy", False)],
        [(10, "healthy", False)],
    ]


def test_deploys_that_share_a_verdict_are_judged_once(settled, deploy, monkeypatch) -> None:
    first, second = deploy(60), deploy(50)
    judge(first)
    monkeypatch.setattr(service, "judge", None)
    judge(second)
    assert (shares(first), shares(second)) == ((1, 2), (2, 2))


def test_a_timeline_that_moved_while_it_was_judged_is_judged_again(
    settled, deploy, monkeypatch
) -> None:
    first = deploy(60)
    original = service.judge
    joined: list[Deploy] = []

    def judge_slowly(*arguments):
        if not joined:
            joined.append(deploy(50))
        return original(*arguments)

    monkeypatch.setattr(service, "judge", judge_slowly)
    service.assess_deploy(first.id)
    assert db.session.query(Verdict).count() == 0
    tick(NOW)
    assert (shares(first), shares(joined[0])) == ((1, 2), (2, 2))


def test_a_chain_without_a_break_is_grouped_the_same_wherever_one_looks(
    settled, deploy, monkeypatch
) -> None:
    monkeypatch.setattr(timelines, "BLOCK", 7)
    monkeypatch.setattr(timelines, "BASELINE", timedelta(hours=1))
    chain = [deploy(minutes) for minutes in range(500, 0, -10)]
    found = [timelines.place_of(each, WINDOW) for each in chain]
    assert {place.deploy_ids for place in found} == {
        (chain[index].id, chain[index + 1].id) for index in range(0, len(chain), 2)
    }


def test_a_deploy_that_is_gone_lies_nowhere(settled, deploy) -> None:
    gone = deploy(60)
    assert timelines.place_of(gone, WINDOW) is not None
    db.session.expunge(gone)
    with write():
        db.session.execute(delete(Deploy).where(Deploy.id == gone.id))
    assert timelines.place_of(gone, WINDOW) is None


def test_what_is_learnt_from_are_the_deploys_of_four_weeks_before(settled, deploy) -> None:
    deploy(29 * 24 * 60)
    earlier, young = deploy(27 * 24 * 60), deploy(60)
    place = timelines.place_of(young, WINDOW)
    assert place.earlier == (int(earlier.deployed_at.timestamp()),)


@pytest.fixture
def many(settled, cast) -> Deploy:
    """Ten thousand deploys of a year, the last one hours ago."""
    with write():
        web = seed.add_deployment(cast.project, "Busy")
        last = seed.add_deploy(web, deployed_at=NOW - timedelta(hours=5))
        values = {
            "organization_id": last.organization_id,
            "code_deployment_id": last.code_deployment_id,
            "environment_id": last.environment_id,
            "revision": "r",
            "registered_at": NOW,
        }
        rows = [
            {"public_id": f"d{number}", "deployed_at": NOW - 29 * DAY - number * 40 * MINUTE}
            for number in range(9_999)
        ]
        db.session.execute(db.insert(Deploy), [{**values, **row} for row in rows])
    tick(NOW)
    return last


def test_the_tick_asks_few_questions_however_many_deploys_there_are(many, counting) -> None:
    with counting() as asked:
        found = [
            due.due_timelines(NOW),
            due.due_changes(NOW),
            due.due_deploy_ids(NOW),
            due.due_picture_ids(NOW),
        ]
    assert found == [[], [], [], []]
    assert len(selects(asked)) == 5


def test_one_more_deploy_among_ten_thousand_reads_weeks_and_not_years(
    many, deploy, counting
) -> None:
    deploy(30)
    with counting() as asked:
        timelines.follow_timelines()
    assert len(selects(asked)) <= 10
    assert db.session.query(Timeline).one().deploy_count == 10_001


def selects(asked: list[str]) -> list[str]:
    return [each for each in asked if each.startswith("SELECT")]
