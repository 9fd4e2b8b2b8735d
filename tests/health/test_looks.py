"""When verdicts are made: at looks, as soon as the counts are there, and not in between."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import datetime, timedelta

import pytest

from sleuth import clock
from sleuth.accounts.models import Event
from sleuth.extensions import db
from sleuth.health import drawing, due, service
from tests.conftest import NOW
from tests.health.story import (
    DAY,
    HOUR,
    LONG_AGO,
    MINUTE,
    count,
    course,
    judge,
    tick,
    verdict_of,
)


def pass_time(source, deploy, until: datetime, per_minute: int) -> list[int]:
    """Collect and tick minute by minute; return at how much data the verdict was made."""
    looks: list[int] = []
    at = (verdict_of(deploy).counted_until or NOW) + MINUTE
    while at <= until:
        count(source, at - MINUTE, at, per_minute)
        if tick(at + 2 * MINUTE):
            looks.append(verdict_of(deploy).minutes_of_data)
        at += MINUTE
    return looks


@pytest.fixture
def fresh(source, deploy):
    """A deploy at noon, with a past."""
    count(source, LONG_AGO, NOW, 3)
    made = deploy(0)
    tick(NOW)
    return made


def test_in_the_first_hour_a_verdict_is_made_at_each_look_and_at_no_other_minute(
    source, fresh
) -> None:
    assert pass_time(source, fresh, NOW + 62 * MINUTE, 3) == [2, 4, 6, 10, 18, 30, 60]


@pytest.mark.parametrize(("hours", "before"), [(2, 60), (4, 120), (24, 240)])
def test_later_looks_come_when_their_counts_are_there_and_not_before(
    source, fresh, hours, before
) -> None:
    end = NOW + hours * HOUR
    count(source, NOW, end - MINUTE, 3)
    tick(end)
    assert verdict_of(fresh).minutes_of_data == before
    assert tick(end + MINUTE) == []
    count(source, end - MINUTE, end, 3)
    assert tick(end + 2 * MINUTE) == [fresh.id]
    assert verdict_of(fresh).minutes_of_data == hours * 60


def test_after_a_day_of_data_a_verdict_is_final(source, fresh) -> None:
    count(source, NOW, NOW + DAY, 3)
    tick(NOW + DAY + 2 * MINUTE)
    verdict = verdict_of(fresh)
    assert (verdict.health, verdict.is_final, verdict.due_at) == ("healthy", True, None)
    assert verdict.assessment["next_look"] is None


def test_until_then_the_next_look_is_known(source, fresh) -> None:
    count(source, NOW, NOW + HOUR, 3)
    tick(NOW + HOUR + 2 * MINUTE)
    assert verdict_of(fresh).assessment["next_look"] == 120


def test_a_look_does_not_wait_for_ever_for_counts_that_do_not_come(source, fresh) -> None:
    count(source, NOW, NOW + MINUTE, 3)
    due_at = verdict_of(fresh).due_at
    assert due_at == NOW + 6 * MINUTE
    tick(due_at)
    verdict = verdict_of(fresh)
    assert (verdict.health, verdict.reason, verdict.minutes_of_data) == ("unknown", "gap", 2)
    assert not verdict.is_final


def test_counts_that_come_after_all_mend_a_last_look_that_had_none(source, fresh) -> None:
    count(source, NOW, NOW + 2 * HOUR, 3)
    late = NOW + DAY + HOUR
    tick(late)
    assert (verdict_of(fresh).reason, verdict_of(fresh).is_final) == ("gap", False)
    assert tick(late + 30 * MINUTE) == []
    count(source, NOW + 2 * HOUR, late, 3)
    tick(late + 31 * MINUTE)
    verdict = verdict_of(fresh)
    assert (verdict.health, verdict.is_final) == ("healthy", True)


def test_counts_that_never_come_are_given_up_after_two_days(source, fresh) -> None:
    count(source, NOW, NOW + 2 * HOUR, 3)
    tick(NOW + DAY + HOUR)
    tick(NOW + 2 * DAY + 2 * HOUR)
    verdict = verdict_of(fresh)
    assert (verdict.reason, verdict.is_final, verdict.due_at) == ("gap", True, None)


def test_every_change_of_a_verdict_is_kept_with_its_time_and_numbers(source, fresh) -> None:
    count(source, NOW, NOW + 8 * MINUTE, 30)
    tick(NOW + 10 * MINUTE)
    count(source, NOW + 8 * MINUTE, NOW + HOUR, 3)
    tick(NOW + HOUR + 2 * MINUTE)
    assert course(fresh) == [(6, "unhealthy", False), (60, "ailing", False)]
    first, second = verdict_of(fresh).changes
    assert (first.at, second.at) == (NOW + 10 * MINUTE, NOW + HOUR + 2 * MINUTE)
    assert (first.observed, first.reason, first.is_revision) == (180, "rise", False)
    assert first.expected is not None
    assert first.ratio is not None
    assert verdict_of(fresh).revised_at is None


def test_waiting_for_the_first_counts_is_no_change(fresh) -> None:
    assert (verdict_of(fresh).reason, course(fresh)) == ("pending", [])


def test_a_look_that_says_the_same_is_no_change(source, fresh) -> None:
    for minutes in (2, 4, 6, 10):
        count(source, NOW, NOW + minutes * MINUTE, 3)
        tick(NOW + (minutes + 2) * MINUTE)
    assert verdict_of(fresh).minutes_of_data == 10
    assert course(fresh) == [(2, "healthy", False)]


def test_between_looks_the_picture_grows_and_the_verdict_stays(source, fresh) -> None:
    count(source, NOW, NOW + 10 * MINUTE, 3)
    tick(NOW + 12 * MINUTE)
    before = verdict_of(fresh).assessed_at
    count(source, NOW + 10 * MINUTE, NOW + 13 * MINUTE, 90)
    later = NOW + 15 * MINUTE
    with clock.frozen(later):
        assert (due.due_deploy_ids(later), due.due_picture_ids(later)) == ([], [fresh.id])
        drawing.renew_pictures(fresh.id)
        assert due.due_picture_ids(later) == []
    verdict = verdict_of(fresh)
    assert verdict.picture[60:75] == [3] * 10 + [90] * 3 + [None] * 2
    assert (verdict.health, verdict.assessed_at) == ("healthy", before)
    assert db.session.query(Event).filter_by(subject=fresh.public_id).count() == 3


def test_after_twenty_minutes_the_picture_grows_by_five_at_a_time(source, fresh) -> None:
    count(source, NOW, NOW + 22 * MINUTE, 3)
    tick(NOW + 24 * MINUTE)
    drawn = []
    for minute in range(23, 30):
        count(source, NOW + (minute - 1) * MINUTE, NOW + minute * MINUTE, 3)
        with clock.frozen(NOW + (minute + 2) * MINUTE):
            if due.due_picture_ids(clock.now()):
                drawing.renew_pictures(fresh.id)
                drawn.append(minute)
    assert drawn == [27]


def test_after_the_first_hour_the_picture_is_whole(source, fresh) -> None:
    count(source, NOW, NOW + 70 * MINUTE, 3)
    tick(NOW + 72 * MINUTE)
    count(source, NOW + 70 * MINUTE, NOW + 75 * MINUTE, 3)
    assert due.due_picture_ids(NOW + 77 * MINUTE) == []
    assert len(verdict_of(fresh).picture) == 121


def test_a_picture_of_a_deploy_that_is_gone_is_not_drawn(fresh) -> None:
    drawing.renew_pictures(fresh.id + 1)
    assert verdict_of(fresh).picture


def test_a_verdict_of_a_whole_day_keeps_no_more_than_is_drawn(source, fresh) -> None:
    count(source, NOW, NOW + DAY, 3)
    verdict = judge(fresh, NOW + DAY + 2 * MINUTE)
    assert len(verdict.assessment["band"]["high"]) == 60
    assert len(verdict.picture) == 121


def test_what_a_slow_worker_made_does_not_overwrite_a_newer_look(
    source, fresh, monkeypatch
) -> None:
    original = service.judge
    later = ExitStack()

    def judge_slowly(*arguments):
        made = original(*arguments)
        monkeypatch.undo()
        later.enter_context(clock.frozen(NOW + 12 * MINUTE))
        count(source, NOW + 2 * MINUTE, NOW + 10 * MINUTE, 3)
        service.assess_deploy(fresh.id)
        return made

    monkeypatch.setattr(service, "judge", judge_slowly)
    count(source, NOW, NOW + 2 * MINUTE, 3)
    with later, clock.frozen(NOW + 4 * MINUTE):
        service.assess_deploy(fresh.id)
    assert verdict_of(fresh).minutes_of_data == 10


def test_a_clock_that_was_set_back_keeps_no_verdict_from_being_made(source, fresh) -> None:
    count(source, NOW, NOW + 10 * MINUTE, 3)
    judge(fresh, NOW + 12 * MINUTE)
    count(source, NOW + 10 * MINUTE, NOW + 18 * MINUTE, 3)
    assert judge(fresh, NOW + 4 * MINUTE).assessed_at == NOW + 4 * MINUTE


def test_a_look_costs_few_statements(source, fresh, counting) -> None:
    count(source, NOW, NOW + 4 * MINUTE, 3)
    with counting() as seen, clock.frozen(NOW + timedelta(minutes=6)):
        service.assess_deploy(fresh.id)
    assert len([each for each in seen if not each.startswith(("PRAGMA", "BEGIN"))]) <= 30
