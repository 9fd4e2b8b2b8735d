"""When a tracker is asked what is new since a deploy, how often, and what is kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, func, select

from sleuth import clock
from sleuth.deploys.models import CodeDeployment, Deploy
from sleuth.extensions import db, write
from sleuth.health.models import NewErrors
from sleuth.health.new_errors import asking, due, looks
from sleuth.health.new_errors.usual import without_deploys
from sleuth.impact.models import ImpactSource
from sleuth.integrations.models import Integration
from tests.conftest import NOW, Cast
from tests.dashboard import seed
from tests.health.new_errors.conftest import Tracker, list_of, titles_of, usual_of
from tests.health.story import DAY, HOUR, MINUTE, judge, verdict_of

Register = Callable[[int], Deploy]
Hear = Callable[..., int]


def test_what_is_new_is_kept_with_its_figures(
    deploy: Register, tracker: Tracker, hear: Hear
) -> None:
    bad = deploy(20)
    tracker.shows("KeyError: 'cart'", events=3)
    tracker.shows("TypeError", events=9)
    judge(bad)
    hear()

    kept = list_of(bad)

    assert titles_of(bad) == ["TypeError", "KeyError: 'cart'"]
    assert kept is not None
    assert (kept.total, kept.events, kept.asked_at) == (2, 12, NOW)
    assert kept.errors[1]["first_seen"] == int((NOW - 15 * MINUTE).timestamp())


def test_nobody_is_asked_before_the_first_look(
    deploy: Register, tracker: Tracker, hear: Hear
) -> None:
    fresh = deploy(5)
    judge(fresh)
    hear(with_usual=False)

    assert tracker.asked == 0
    assert list_of(fresh).due_at == NOW + 3 * MINUTE


def test_a_day_takes_four_questions(deploy: Register, tracker: Tracker, hear: Hear) -> None:
    judge(deploy(0))
    for minute in (*range(0, 90, 2), 600, 1200, 1441, 1443, 1500, 2000):
        hear(NOW + minute * MINUTE, with_usual=False)

    assert tracker.asked == 4


def test_the_next_deploy_ends_it(
    deploy: Register, tracker: Tracker, hear: Hear, source: ImpactSource
) -> None:
    first = deploy(120)
    deploy(90)
    tracker.shows("of the first", minutes_ago=100)
    tracker.shows("of the second", minutes_ago=80)
    judge(first)
    hear()

    assert titles_of(first) == ["of the first"]
    assert list_of(first).due_at is None


def test_a_deploy_that_ends_another_lets_it_be_asked_once_more(
    deploy: Register, tracker: Tracker, hear: Hear
) -> None:
    first = deploy(40)
    judge(first)
    hear()
    deploy(5)
    judge(first)
    with write():
        verdict_of(first).ended_at = NOW - 5 * MINUTE
    before = tracker.asked
    hear(with_usual=False)
    hear(with_usual=False)

    assert tracker.asked == before + 1 or list_of(first).asked_until >= NOW - 5 * MINUTE


def test_deploys_that_share_a_verdict_are_asked_about_once(
    deploy: Register, tracker: Tracker, hear: Hear
) -> None:
    one, other = deploy(40), deploy(35)
    tracker.shows("KeyError", minutes_ago=30)
    judge(one)
    hear(with_usual=False)

    assert tracker.asked == 1
    assert titles_of(one) == titles_of(other) == ["KeyError"]


def test_old_deploys_are_not_asked_about(deploy: Register, tracker: Tracker, hear: Hear) -> None:
    old = deploy(3 * 1440)
    judge(old)

    assert hear() == 0
    assert (tracker.asked, list_of(old)) == (0, None)


def test_a_missing_scope_is_told_and_breaks_nothing(
    deploy: Register, tracker: Tracker, hear: Hear, source: ImpactSource
) -> None:
    tracker.sandbox.misbehave("403", match="/issues/")
    bad = deploy(20)
    judge(bad)
    hear()
    db.session.rollback()

    integration = db.session.get_one(Integration, source.integration_id)
    kept = list_of(bad)

    assert "scope event:read" in kept.last_error
    assert (kept.asked_at, kept.due_at) == (None, NOW + 42 * MINUTE)
    assert (integration.last_error, integration.failure_count, integration.retry_at) == (
        "",
        0,
        None,
    )
    assert source.failure_count == 0


def test_a_last_question_that_failed_is_put_again_an_hour_later(
    deploy: Register, tracker: Tracker, hear: Hear
) -> None:
    bad = deploy(20)
    deploy(2)
    judge(bad)
    tracker.shows("KeyError", minutes_ago=18)
    tracker.sandbox.misbehave("403", match="/issues/")
    hear()
    assert list_of(bad).due_at == NOW + 60 * MINUTE

    tracker.sandbox.behave()
    hear(NOW + 61 * MINUTE)

    assert (list_of(bad).total, list_of(bad).last_error, list_of(bad).due_at) == (1, "", None)


@pytest.mark.parametrize("kind", ["500", "html-200", "truncated"])
def test_bad_weather_passes(deploy: Register, tracker: Tracker, hear: Hear, kind: str) -> None:
    tracker.sandbox.misbehave(kind, match="/issues/")
    tracker.shows("KeyError")
    bad = deploy(20)
    judge(bad)
    hear()
    assert list_of(bad).last_error
    assert titles_of(bad) == []

    tracker.sandbox.behave()
    hear(NOW + MINUTE)
    assert titles_of(bad) == []
    hear(NOW + 2 * MINUTE)

    assert titles_of(bad) == ["KeyError"]
    assert list_of(bad).last_error == ""


def test_a_tracker_that_asks_to_wait_is_left_alone(
    deploy: Register, tracker: Tracker, hear: Hear
) -> None:
    tracker.sandbox.misbehave("429", match="/issues/", retry_after="1200")
    bad = deploy(20)
    judge(bad)
    hear(with_usual=False)

    assert list_of(bad).due_at == NOW + 20 * MINUTE


def test_what_was_heard_stays_while_the_tracker_is_silent(
    deploy: Register, tracker: Tracker, hear: Hear
) -> None:
    tracker.shows("KeyError")
    bad = deploy(20)
    judge(bad)
    hear()
    tracker.sandbox.misbehave("500", match="/issues/")
    hear(NOW + 45 * MINUTE)

    assert titles_of(bad) == ["KeyError"]
    assert list_of(bad).last_error


@pytest.mark.parametrize("paused", ["source", "integration"])
def test_nobody_is_asked_while_collecting_is_paused(
    deploy: Register, tracker: Tracker, hear: Hear, source: ImpactSource, paused: str
) -> None:
    judge(deploy(20))
    with write():
        row = db.session.get_one(ImpactSource, source.id)
        (row if paused == "source" else row.integration).paused_at = NOW
    hear()

    assert tracker.asked == 0


def test_nobody_is_asked_while_the_integration_waits(
    deploy: Register, tracker: Tracker, hear: Hear, source: ImpactSource
) -> None:
    judge(deploy(20))
    with write():
        integration = db.session.get_one(Integration, source.integration_id)
        integration.retry_at = NOW + MINUTE
    hear()

    assert tracker.asked == 0


def test_a_plugin_that_cannot_tell_is_never_asked(
    deploy: Register, tracker: Tracker, hear: Hear, app: Flask
) -> None:
    plugin = app.extensions["sleuth_trackers"].trackers["sentry"]
    unable = replace(plugin.info.capabilities, reports_new_errors=False)
    plugin.info = replace(plugin.info, capabilities=unable)
    bad = deploy(20)
    judge(bad)
    hear()

    assert list_of(bad) is None


def test_two_workers_ask_once(deploy: Register, tracker: Tracker, hear: Hear) -> None:
    bad = deploy(20)
    verdict = judge(bad)
    asking._claimed(verdict.id, NOW)
    hear(with_usual=False)

    assert tracker.asked == 0
    hear(NOW + 2 * MINUTE, with_usual=False)
    assert tracker.asked == 1


def test_an_answer_about_another_project_is_not_kept(
    deploy: Register,
    tracker: Tracker,
    hear: Hear,
    source: ImpactSource,
    monkeypatch: pytest.MonkeyPatch,
    app: Flask,
) -> None:
    plugin = app.extensions["sleuth_trackers"].trackers["sentry"]
    ask = plugin.new_errors

    def meanwhile(*arguments: Any) -> Any:
        found = ask(*arguments)
        with write():
            db.session.get_one(ImpactSource, source.id).error_project_key = "4502"
        return found

    monkeypatch.setattr(plugin, "new_errors", meanwhile)
    tracker.shows("KeyError")
    bad = deploy(20)
    judge(bad)
    hear(with_usual=False)

    assert titles_of(bad) == []


def test_another_organization_hears_of_nothing(
    cast: Cast, deploy: Register, tracker: Tracker, hear: Hear
) -> None:
    with write():
        theirs = seed.add_integration(cast.outside_project)
        place = cast.outside_project.default_environment
        theirs.credentials = {"token": "sntryu_ada_full", "organization": ""}
        other = seed.add_source(theirs, place, error_org_key="1001")
        other.error_project_key = "4502"
        code = seed.add_deployment(cast.outside_project, "Reactor")
        foreign = seed.add_deploy(code, deployed_at=NOW - 20 * MINUTE)
        foreign_id = foreign.id
    tracker.shows("KeyError")
    bad = deploy(20)
    judge(bad)
    judge(db.session.get_one(Deploy, foreign_id))
    hear()
    db.session.rollback()

    assert other.organization_id == cast.globex.id
    assert titles_of(bad) == ["KeyError"]
    assert titles_of(db.session.get_one(Deploy, foreign_id)) == []


def test_only_as_many_are_kept_as_anybody_reads(
    deploy: Register, tracker: Tracker, hear: Hear
) -> None:
    for number in range(130):
        tracker.shows(f"error {number}")
    bad = deploy(20)
    judge(bad)
    hear()

    assert (list_of(bad).total, len(titles_of(bad)), len(list_of(bad).top)) == (130, 100, 3)


def test_the_release_of_the_deploy_is_respected(
    cast: Cast, deploy: Register, tracker: Tracker, hear: Hear
) -> None:
    tracker.shows("ours", release="shop@r20")
    tracker.shows("older", release="shop@r1")
    bad = deploy(20)
    judge(bad)
    hear()

    assert titles_of(bad) == ["ours"]


def test_several_revisions_go_by_time(deploy: Register, tracker: Tracker, hear: Hear) -> None:
    one = deploy(40)
    deploy(35)
    tracker.shows("of one", release="shop@r40")
    tracker.shows("of the other", release="shop@r35")
    judge(one)
    hear()

    assert sorted(titles_of(one)) == ["of one", "of the other"]


def test_what_goes_with_its_verdict_leaves_nothing(
    deploy: Register, tracker: Tracker, hear: Hear
) -> None:
    bad = deploy(20)
    judge(bad)
    hear()
    with write():
        db.session.execute(delete(Deploy).where(Deploy.id == bad.id))

    assert db.session.scalar(select(func.count()).select_from(NewErrors)) == 0


def test_how_much_is_usual_is_asked_once_a_day(
    deploy: Register, tracker: Tracker, hear: Hear, source: ImpactSource
) -> None:
    tracker.shows("last week", minutes_ago=3 * 1440)
    judge(deploy(1))
    for hours in (0, 1, 12, 23):
        with clock.frozen(NOW + hours * HOUR):
            assert due.due_source_ids(NOW + hours * HOUR) == ([source.id] if hours == 0 else [])
        hear(NOW + hours * HOUR)

    known = usual_of(source)
    assert known is not None
    assert known.kinds >= 1
    assert 165 < known.hours <= 168
    assert due.due_source_ids(NOW + DAY) == [source.id]


def test_a_source_without_deploys_is_not_asked(source: ImpactSource) -> None:
    assert due.due_source_ids(NOW) == []


@pytest.mark.parametrize(
    ("deploys", "moments", "kinds", "hours"),
    [
        ([], [1, 5], 2, 10),
        ([4], [1, 4.5, 5], 2, 9),
        ([4, 4.5], [4.2, 5.2, 5.6], 1, 8.5),
        ([4, 4], [4.2], 0, 9),
        ([-0.5], [0.2, 0.6], 1, 9.5),
        ([9.5], [9.7], 0, 9.5),
        ([2], [-1, 11], 0, 9),
    ],
)
def test_an_hour_after_each_deploy_is_not_usual(
    deploys: list[float], moments: list[float], kinds: int, hours: float
) -> None:
    found = without_deploys(
        [NOW + each * HOUR for each in moments],
        [NOW + each * HOUR for each in deploys],
        NOW,
        NOW + 10 * HOUR,
    )

    assert found == (kinds, hours)


@pytest.mark.parametrize(
    ("ended_minutes", "asked_minutes", "next_minutes"),
    [
        (None, 0, 8),
        (None, 6, 20),
        (None, 18, 62),
        (None, 60, 1442),
        (None, 1440, None),
        (10, 0, 8),
        (10, 6, 12),
        (10, 10, None),
        (3, 0, 5),
    ],
)
def test_the_looks_follow_each_other(
    ended_minutes: int | None, asked_minutes: int, next_minutes: int | None
) -> None:
    ended = None if ended_minutes is None else NOW + ended_minutes * MINUTE
    expected = None if next_minutes is None else NOW + next_minutes * MINUTE

    assert looks.next_look(NOW, ended, NOW + asked_minutes * MINUTE) == expected


def test_the_tick_finds_out_by_one_statement_whatever_was_deployed(
    source: ImpactSource, cast: Cast, counting: Any
) -> None:
    with write():
        code = CodeDeployment(
            organization_id=cast.acme.id,
            project_id=cast.project.id,
            slug="web",
            name="Web",
            created_at=NOW,
        )
        db.session.add(code)
        db.session.flush()
        for day in range(3, 60):
            seed.add_deploy(code, deployed_at=NOW - timedelta(days=day))
    with counting() as statements:
        assert due.due_verdict_ids(NOW) == []

    assert len([each for each in statements if each.startswith("SELECT")]) == 1
