"""The story on a calendar, and whether the detector will tell the same story."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from sleuth.demo import plan
from sleuth.demo.changes import CHANGES
from sleuth.demo.story import STORY
from sleuth.deploys import parameters
from tests.demo.telling import WATCHED, groups_of, moments_at, place_of, surprises, verdicts

ANCHORS = [
    datetime(2026, 3, 4, 12, 0, tzinfo=UTC),
    datetime(2026, 3, 2, 0, 5, 7, tzinfo=UTC),
    datetime(2026, 3, 7, 9, 30, 59, tzinfo=UTC),
    datetime(2026, 3, 8, 23, 59, tzinfo=UTC),
]
every_anchor = pytest.mark.parametrize("anchor", ANCHORS, ids=str)


@every_anchor
def test_the_detector_makes_of_each_deploy_what_was_planned(anchor: datetime) -> None:
    assert surprises(plan.past_deploys(anchor), anchor) == {}


def test_live_deploys_that_fail_are_found_and_hardly_any_other_is_accused() -> None:
    anchor, number = ANCHORS[1], 37
    live = [plan.live_deploy(anchor, each) for each in range(number)]
    now = plan.live_deploy(anchor, number).deployed_at
    found = surprises(live, now, before=plan.past_deploys(anchor))
    assert "unhealthy" not in {planned for planned, _made in found.values()}
    accused = [made for _planned, made in found.values() if "reason='rise'" in made]
    assert len(accused) <= 0.06 * number


def test_every_verdict_rests_on_more_than_a_week() -> None:
    made = verdicts(plan.past_deploys(ANCHORS[2]), ANCHORS[2])
    assert not any(each.is_short_history for each in made.values())


def test_a_quiet_environment_has_too_few_errors_to_tell_at_first() -> None:
    made = verdicts(plan.past_deploys(ANCHORS[0]), ANCHORS[0])
    reasons = [each.reason for each in made.values() if each.health == "unknown"]
    assert len(reasons) >= 2
    assert set(reasons) == {"too_few_errors"}


def test_two_deploys_share_a_verdict() -> None:
    deploys = plan.past_deploys(ANCHORS[0])
    groups = [group for place in WATCHED for group in groups_of(moments_at(place, deploys))]
    assert sorted(map(len, groups))[-2:] == [1, 2]


def test_what_a_deploy_breaks_stays_broken_until_the_next_one() -> None:
    deploys = plan.past_deploys(ANCHORS[0])
    for index, (chapter, deploy) in enumerate(zip(STORY, deploys, strict=True)):
        if chapter.then:
            end = deploy.deployed_at + chapter.then.minutes * plan.MINUTE
            later = (each for each in deploys[index + 1 :] if place_of(each) == place_of(deploy))
            assert next(later).deployed_at == end


@every_anchor
def test_deploys_are_in_order_and_in_the_past(anchor: datetime) -> None:
    moments = [each.deployed_at for each in plan.past_deploys(anchor)]
    assert moments == sorted(moments)
    assert anchor - timedelta(days=22) < moments[0]
    assert moments[-1] < anchor


@every_anchor
def test_nobody_deploys_at_the_weekend_except_today(anchor: datetime) -> None:
    for chapter, deploy in zip(STORY, plan.past_deploys(anchor), strict=True):
        assert "d " not in chapter.when or deploy.deployed_at.weekday() < 5


def test_the_same_anchor_makes_the_same_plan() -> None:
    assert plan.past_deploys(ANCHORS[1]) == plan.past_deploys(ANCHORS[1])
    assert plan.live_deploy(ANCHORS[1], 5) == plan.live_deploy(ANCHORS[1], 5)


def test_there_are_some_forty_deploys_of_every_health() -> None:
    deploys = plan.past_deploys(ANCHORS[0])
    assert 40 <= len(deploys) <= 50
    healths = Counter(each.health for each in deploys)
    every = ("improved", "healthy", "ailing", "unhealthy", "unknown")
    assert min(healths[each] for each in every) >= 3


def test_every_change_is_deployed() -> None:
    assert {chapter.change for chapter in STORY} == set(CHANGES)


def test_a_revision_is_deployed_again_only_to_another_environment_or_as_a_rollback() -> None:
    seen = Counter(
        (each.deployment, each.parameters["environment"], each.revision)
        for each, chapter in zip(plan.past_deploys(ANCHORS[0]), STORY, strict=True)
        if not chapter.is_rollback
    )
    assert set(seen.values()) == {1}


def test_what_is_planned_could_be_registered_through_the_api() -> None:
    anchor = ANCHORS[0]
    for deploy in [*plan.past_deploys(anchor), plan.live_deploy(anchor, 0)]:
        parsed = parameters.parse(deploy.parameters, anchor)
        assert parsed.deployed_at == deploy.deployed_at
        assert parsed.revision == deploy.revision


def test_the_first_live_deploy_is_a_few_minutes_old_when_the_demo_begins() -> None:
    anchor = ANCHORS[0]
    assert plan.live_number(anchor, anchor) == 0
    assert plan.live_deploy(anchor, 0).deployed_at == anchor - timedelta(minutes=3)


def test_a_live_deploy_follows_every_twenty_minutes() -> None:
    anchor = ANCHORS[0]
    assert plan.live_number(anchor, anchor + timedelta(minutes=16)) == 0
    assert plan.live_number(anchor, anchor + timedelta(minutes=17)) == 1
    assert plan.live_number(anchor, anchor + timedelta(days=7)) == 504


def test_live_deploys_all_differ_and_some_fail() -> None:
    live = [plan.live_deploy(ANCHORS[0], number) for number in range(100)]
    assert len({each.revision for each in live}) == 100
    assert {each.deployment for each in live} == {"web-shop", "checkout", "background-jobs"}
    assert 10 <= sum(each.health == "unhealthy" for each in live) <= 20
    assert all(bool(each.incidents) == (each.health == "unhealthy") for each in live)
