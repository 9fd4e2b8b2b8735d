"""The story on a calendar, and whether the detector will tell the same story."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta

import pytest

from plugins.sentry.sandbox.series import Incident, minute_counts
from plugins.sentry.sandbox.world import World
from sleuth.demo import plan
from sleuth.demo.cast import TRACKER_ORGANIZATION
from sleuth.demo.changes import CHANGES
from sleuth.demo.plan import PlannedDeploy
from sleuth.demo.story import STORY
from sleuth.deploys import parameters
from sleuth.health import detector

DAY = 86_400
ANCHORS = [
    datetime(2026, 3, 4, 12, 0, tzinfo=UTC),
    datetime(2026, 3, 2, 0, 5, 7, tzinfo=UTC),
    datetime(2026, 3, 7, 9, 30, 59, tzinfo=UTC),
    datetime(2026, 3, 8, 23, 59, tzinfo=UTC),
]
every_anchor = pytest.mark.parametrize("anchor", ANCHORS, ids=str)


def is_same_place(one: PlannedDeploy, other: PlannedDeploy) -> bool:
    place = one.parameters["environment"] == other.parameters["environment"]
    return place and one.deployment == other.deployment


def verdict(deploys: list[PlannedDeploy], index: int, anchor: datetime) -> str:
    """Return what the detector makes of a deploy, from the stand-in's own counts."""
    deploy = deploys[index]
    environment = deploy.parameters["environment"]
    project = plan.project_of(deploy.deployment)
    if environment not in project.watched.values():
        return "unknown"
    incidents = defaultdict(list)
    for each in (incident for planned in deploys for incident in planned.incidents):
        start = int(datetime.fromisoformat(each["start"]).timestamp())
        incident = Incident(start, each["minutes"], each["factor"])
        incidents[each["project"], each["environment"]].append(incident)
    owner = World().organization(TRACKER_ORGANIZATION)
    remote = owner.project(project.tracker_slug)
    at = int(deploy.deployed_at.timestamp())
    first, last = at - at % 60 - DAY, min(at - at % 60 + 3660, int(anchor.timestamp()) // 60 * 60)
    counts = minute_counts(
        f"1:{owner.id}:{remote.id}:{environment}",
        remote.environments[environment].profile,
        incidents[project.tracker_slug, environment],
        first,
        last,
        anchor,
    )
    later = [each.deployed_at for each in deploys[index + 1 :] if is_same_place(each, deploy)]
    until = int(later[0].timestamp()) if later else None
    minutes = range(first, last, 60)
    return detector.assess(minutes, counts, at, int(anchor.timestamp()), until=until).health


@every_anchor
def test_the_detector_makes_of_each_deploy_what_was_planned(anchor: datetime) -> None:
    deploys = plan.past_deploys(anchor)
    seen = [verdict(deploys, index, anchor) for index in range(len(deploys))]
    story = [(chapter.when, chapter.change) for chapter in STORY]
    assert dict(zip(story, seen, strict=True)) == {
        key: deploy.health for key, deploy in zip(story, deploys, strict=True)
    }


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
    assert set(healths) == {"improved", "healthy", "ailing", "unhealthy", "unknown"}
    assert min(healths.values()) >= 3


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
