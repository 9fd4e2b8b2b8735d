"""Counts that became others: which verdicts are made again, and how they say so."""

from __future__ import annotations

from contextlib import ExitStack

import pytest
from sqlalchemy import update

from sleuth import clock
from sleuth.extensions import db, write
from sleuth.health import judging, revising, service
from sleuth.health.models import Verdict
from sleuth.impact import series
from tests.conftest import NOW
from tests.health.story import (
    DAY,
    HOUR,
    LONG_AGO,
    MINUTE,
    correct,
    count,
    course,
    judge,
    tick,
    verdict_of,
)


@pytest.fixture
def final(source, deploy):
    """A verdict that is final: healthy, five days ago."""
    count(source, NOW - 20 * DAY, NOW, 3)
    made = deploy(5 * 24 * 60)
    tick(NOW)
    assert verdict_of(made).is_final
    return made


def test_other_counts_after_a_deploy_make_another_verdict_that_says_so(source, final) -> None:
    correct(source, final.deployed_at, final.deployed_at + DAY, 40)
    assert tick(NOW) == [final.id]
    verdict = verdict_of(final)
    assert (verdict.health, verdict.revised_at) == ("unhealthy", NOW)
    assert course(final) == [(1440, "healthy", False), (1440, "unhealthy", True)]


def test_counts_that_change_nothing_of_a_verdict_leave_it_unmarked(source, final) -> None:
    correct(source, final.deployed_at, final.deployed_at + 5 * MINUTE, 4)
    assert tick(NOW) == [final.id]
    assert (verdict_of(final).revised_at, len(course(final))) == (None, 1)


def test_the_day_before_a_deploy_counts_as_its_own(source, final) -> None:
    at = final.deployed_at - 23 * HOUR
    correct(source, at, at + MINUTE, 9)
    assert tick(NOW) == [final.id]


def test_a_minute_after_the_next_deploy_leaves_those_before_it_alone(source, final, deploy) -> None:
    deploy(5 * 24 * 60 - 40)
    tick(NOW)
    at = final.deployed_at + HOUR
    correct(source, at, at + MINUTE, 9)
    assert final.id not in tick(NOW)


def test_counts_that_become_others_while_they_are_judged_are_judged_again(
    source, deploy, monkeypatch
) -> None:
    count(source, NOW - 20 * DAY, NOW, 3)
    made = deploy(5 * 24 * 60)
    original, later = service.judge, ExitStack()

    def judge_while_the_tracker_says_otherwise(*arguments):
        judgement = original(*arguments)
        monkeypatch.undo()
        later.enter_context(clock.frozen(NOW + MINUTE))
        correct(source, made.deployed_at, made.deployed_at + DAY, 40)
        revising.follow_changes()
        return judgement

    judge(made)
    correct(source, made.deployed_at, made.deployed_at + MINUTE, 4)
    monkeypatch.setattr(service, "judge", judge_while_the_tracker_says_otherwise)
    with later:
        tick(NOW)
    assert tick(NOW + MINUTE) == [made.id]
    assert verdict_of(made).health == "unhealthy"
    assert tick(NOW + 2 * MINUTE) == []


def test_a_minute_of_long_before_leaves_a_final_verdict_alone(source, final) -> None:
    at = final.deployed_at - 3 * DAY
    correct(source, at, at + MINUTE, 9)
    assert tick(NOW) == []


def test_a_verdict_under_way_rests_on_the_whole_past(source, final, deploy) -> None:
    young = deploy(90)
    tick(NOW)
    at = final.deployed_at - 3 * DAY
    correct(source, at, at + MINUTE, 9)
    assert tick(NOW) == [young.id]


def test_a_past_that_is_filled_in_makes_final_verdicts_again(source, deploy) -> None:
    count(source, NOW - 6 * DAY, NOW, 3)
    made = deploy(5 * 24 * 60)
    tick(NOW)
    assert verdict_of(made).reason == "short_history"
    correct(source, NOW - 20 * DAY, NOW - 6 * DAY, 3)
    assert tick(NOW) == [made.id]
    assert verdict_of(made).health == "healthy"
    assert verdict_of(made).known_hours == 15 * 24


def test_a_few_hours_more_of_the_past_do_not(source, final) -> None:
    correct(source, NOW - 20 * DAY - 5 * HOUR, NOW - 20 * DAY, 3)
    assert tick(NOW) == []


def test_what_is_older_than_four_weeks_stays(source, deploy) -> None:
    count(source, NOW - 34 * DAY, NOW, 3)
    with write():
        source_row = db.session.get_one(type(source), source.id)
        source_row.judges_from = NOW - 34 * DAY
    old = deploy(29 * 24 * 60)
    tick(NOW)
    correct(source, old.deployed_at, old.deployed_at + DAY, 40)
    assert tick(NOW) == []


def test_a_look_that_says_otherwise_of_the_same_minutes_is_a_revision(source, deploy) -> None:
    count(source, LONG_AGO, NOW, 3)
    young = deploy(10)
    judge(young)
    correct(source, NOW - 10 * MINUTE, NOW, 60)
    tick(NOW)
    assert course(young) == [(10, "healthy", False), (10, "unhealthy", True)]
    assert verdict_of(young).revised_at == NOW


def test_what_is_said_first_is_no_revision_though_counts_of_the_past_were_awaited(
    source, deploy, monkeypatch
) -> None:
    count(source, NOW - DAY, NOW, 3)
    young = deploy(20)
    with monkeypatch.context() as patch:
        patch.setattr(judging.sweeps, "is_awaited", lambda *_arguments: True)
        assert judge(young).reason == "pending"
        told = verdict_of(young)
        assert told.assessment["is_past_awaited"]
        assert told.sentence.startswith("Counts from before the deploy are still being fetched")
    correct(source, LONG_AGO, NOW, 3)
    tick(NOW)
    assert course(young) == [(18, "healthy", False)]


def test_a_series_that_is_forgotten_is_no_revision_yet(source, final) -> None:
    with write():
        series.forget(source.id)
        db.session.execute(update(Verdict).values(due_at=NOW))
    correct(source, NOW - 2 * MINUTE, NOW, 3)
    judge(final)
    assert verdict_of(final).health == "unknown"
