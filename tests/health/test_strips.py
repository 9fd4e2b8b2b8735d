"""How environments have been of late: whose turn it is, what is kept, who hears of it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime, timedelta

import pytest
from sqlalchemy import delete, select

from sleuth import clock
from sleuth.accounts.models import Event
from sleuth.extensions import db, write
from sleuth.health import jobs, strips
from sleuth.health.detector import SENSITIVITIES, Settings
from sleuth.health.detector import strip as detector
from sleuth.health.detector.strip import StripValue
from sleuth.health.models import EnvironmentHealth
from sleuth.health.strips import AT_ONCE
from sleuth.health.surveying import Sight, combine
from sleuth.ids import new_public_id
from sleuth.impact import series
from sleuth.impact.models import ImpactSource
from sleuth.impact.series import Replacement
from sleuth.projects import service as projects
from sleuth.projects.models import Environment, Project
from tests.conftest import NOW, Cast

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
NOON = int(NOW.timestamp())


@pytest.fixture
def counted(source):
    """Store three days of two errors a minute, but for what is said of single minutes."""

    def store(until: datetime = NOW, days: float = 3, **others: int) -> None:
        end = int(until.timestamp())
        since = end - int(days * 86_400)
        errors = dict.fromkeys(range(since, end, 60), 2)
        errors |= {NOON - 60 * int(minute[1:]): n for minute, n in others.items()}
        with write():
            series.replace_counts(
                [Replacement(source.id, since, end, [(at, n) for at, n in errors.items() if n])]
            )
            db.session.get_one(ImpactSource, source.id).complete_until = until

    return store


def row() -> EnvironmentHealth:
    db.session.rollback()
    return db.session.scalars(select(EnvironmentHealth)).one()


def refresh(at: datetime = NOW) -> EnvironmentHealth:
    with clock.frozen(at):
        jobs.refresh_strips(0)
    return row()


def view(at: datetime = NOW) -> None:
    strips.note_views([(each.environment_id, each.viewed_at) for each in [row()]], at)
    db.session.rollback()


def healths(kept: EnvironmentHealth) -> list[str]:
    return [each["health"] for each in kept.windows]


def reasons(kept: EnvironmentHealth) -> list[str]:
    return [each["reason"] for each in kept.windows]


def events() -> list[str]:
    found = db.session.scalars(select(Event).where(Event.name == strips.CHANGED))
    return [each.subject for each in found]


# --- What is kept -----------------------------------------------------------------------


def test_twenty_windows_of_three_minutes_end_with_the_last_that_is_known(counted) -> None:
    counted()
    kept = refresh()
    assert [each["start"] for each in kept.windows] == list(range(NOON - 3600, NOON, 180))
    assert healths(kept) == ["healthy"] * 20
    assert kept.windows[0]["observed"] == 6
    assert kept.windows[0]["expected"] == pytest.approx(6)


def test_a_burst_is_unhealthy_in_its_window_and_in_no_other(counted) -> None:
    counted(m5=90)
    kept = refresh()
    assert healths(kept) == ["healthy"] * 18 + ["unhealthy", "healthy"]


def test_a_gap_is_unknown(counted, source) -> None:
    counted()
    with write():
        series.uncover(source.id, NOON - 1200)
        series.replace_counts([Replacement(source.id, NOON - 600, NOON, [])])
    kept = refresh()
    assert healths(kept)[12:18] == ["healthy"] + ["unknown"] * 4 + ["healthy"]
    assert reasons(kept)[13:17] == ["gap"] * 4


def test_what_is_late_is_unknown_and_time_goes_on(counted) -> None:
    counted(until=NOW - 9 * MINUTE)
    kept = refresh()
    assert kept.windows[-1]["start"] == NOON - 360
    assert reasons(kept)[-3:] == ["", "pending", "pending"]


def test_too_little_history_is_unknown(counted) -> None:
    counted(days=0.5)
    assert set(reasons(refresh())) == {"short_history"}


def test_a_paused_source_says_so(counted, source) -> None:
    counted(until=NOW - HOUR)
    with write():
        db.session.get_one(ImpactSource, source.id).paused_at = NOW - HOUR
    assert reasons(refresh())[-1] == "paused"


def test_the_users_own_limit_decides(counted, source) -> None:
    counted()
    with write():
        db.session.get_one(ImpactSource, source.id).manually_set_health_threshold = 1.0
    assert set(healths(refresh())) == {"unhealthy"}


def test_a_tracker_that_counts_by_the_hour_has_one_window_an_hour(source) -> None:
    since = NOON - 5 * 86_400
    with write():
        errors = [(at, 100) for at in range(since, NOON, 3600)]
        series.replace_counts([Replacement(source.id, since, NOON, errors)])
        hourly = db.session.get_one(ImpactSource, source.id)
        hourly.interval_seconds, hourly.complete_until = 3600, NOW
    kept = refresh()
    assert kept.window_seconds == 3600
    assert healths(kept) == ["healthy"] * 6


def test_a_project_is_surveyed_as_sensitively_as_it_is_judged(counted, cast, monkeypatch) -> None:
    asked: list[Settings] = []

    def ask(*_series: object, settings: Settings, **_options: object) -> list[StripValue]:
        asked.append(settings)
        return []

    counted()
    with write():
        db.session.get_one(Project, cast.project.id).sensitivity = "coarse"
    monkeypatch.setattr(detector, "health_strip", ask)
    refresh()
    assert asked == [SENSITIVITIES["coarse"]]


def test_a_series_that_the_detector_refuses_is_unknown(counted, monkeypatch) -> None:
    def refuse(*_series: object, **_options: object) -> None:
        raise ValueError("No.")

    counted()
    monkeypatch.setattr(detector, "health_strip", refuse)
    assert set(healths(refresh())) == {"unknown"}
    assert strips.due(NOW) == []


# --- Several sources ----------------------------------------------------------------------


def sight(*healths: str, seconds: int = 180, until: int = NOON, errors: int = 1) -> Sight:
    first = until // seconds * seconds - len(healths) * seconds
    return Sight(
        [
            StripValue(first + n * seconds, each, "gap" if each == "unknown" else "", errors, 2.0)
            for n, each in enumerate(healths)
        ],
        seconds,
        until,
    )


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("healthy", "unhealthy", "unhealthy"),
        ("ailing", "healthy", "ailing"),
        ("improved", "healthy", "healthy"),
        ("unknown", "improved", "improved"),
        ("unknown", "unknown", "unknown"),
    ],
)
def test_a_window_is_as_bad_as_its_worst_source_that_knows(one, other, expected) -> None:
    assert combine([sight(one), sight(other)], NOON).windows[-1]["health"] == expected


def test_errors_of_all_sources_are_added_up() -> None:
    window = combine([sight("healthy"), sight("healthy", errors=4)], NOON).windows[-1]
    assert (window["observed"], window["expected"]) == (5, 4.0)


def test_an_hour_lies_over_all_the_windows_inside_it() -> None:
    hour = sight("ailing", seconds=3600)
    windows = combine([sight(*["healthy"] * 20), hour], NOON).windows
    assert {each["health"] for each in windows} == {"ailing"}
    assert {each["observed"] for each in windows} == {1}


def test_a_source_that_lags_is_not_waited_for() -> None:
    quick, slow = sight("healthy"), sight("unhealthy", until=NOON - 900)
    windows = combine([quick, slow], NOON).windows
    assert [windows[-1]["health"], windows[-6]["health"]] == ["healthy", "unhealthy"]


# --- Whose turn it is -----------------------------------------------------------------------


def test_an_environment_without_an_impact_source_is_left_alone(cast) -> None:
    assert strips.due(NOW) == []


def test_the_first_impact_source_is_reason_enough_for_once(counted) -> None:
    counted()
    assert strips.due(NOW) == [0]
    refresh()
    assert strips.due(NOW + DAY) == []


def test_a_deploy_is_followed_for_an_hour(counted, deploy) -> None:
    counted()
    refresh()
    deploy(0)
    assert strips.due(NOW + 6 * MINUTE) == [0]
    assert strips.due(NOW + 61 * MINUTE) == []


def test_a_deploy_of_the_future_is_not_followed_yet(counted, deploy) -> None:
    counted()
    refresh()
    deploy(-30)
    assert strips.due(NOW + 6 * MINUTE) == []


def test_a_viewer_is_served_for_ten_minutes(counted) -> None:
    counted()
    refresh()
    view()
    assert strips.due(NOW + 9 * MINUTE) == [0]
    assert strips.due(NOW + 11 * MINUTE) == []


def test_nothing_is_looked_at_twice_before_three_minutes_have_passed(counted) -> None:
    counted()
    refresh()
    view()
    assert strips.due(NOW + 2 * MINUTE) == []


def test_new_counts_of_every_source_bring_the_next_look_forward(counted, source) -> None:
    counted()
    refresh()
    view()
    with write():
        db.session.get_one(ImpactSource, source.id).complete_until = NOW + 3 * MINUTE
    assert strips.due(NOW + 5 * MINUTE) == [0]


def test_counts_that_come_late_are_taken_in(counted, source) -> None:
    counted(until=NOW - 20 * MINUTE)
    refresh()
    view()
    assert strips.due(NOW) == []
    counted()
    assert strips.due(NOW) == [0]
    assert set(healths(refresh())) == {"healthy"}
    assert strips.due(NOW) == []


def test_a_clock_that_was_set_back_hinders_nothing(counted) -> None:
    counted()
    refresh(NOW + DAY)
    view()
    assert strips.due(NOW) == [0]


def test_what_one_worker_has_taken_no_other_takes(counted) -> None:
    counted()
    assert strips.claim(NOW) == [row().environment_id]
    assert strips.claim(NOW) == []
    assert strips.due(NOW) == []
    assert strips.claim(NOW + 2 * MINUTE) == [row().environment_id]


def test_many_are_taken_a_few_at_a_time_and_wait_as_one_job(counted, source, cast: Cast) -> None:
    counted()
    places = [
        projects.create_environment(cast.project.id, f"Place {number}").id
        for number in range(AT_ONCE + 5)
    ]
    with write():
        like = db.session.get_one(ImpactSource, source.id)
        columns = {each.name: getattr(like, each.name) for each in ImpactSource.__table__.columns}
        for place in places:
            other = {"id": None, "public_id": new_public_id(), "environment_id": place}
            db.session.add(ImpactSource(**columns | other))
    assert strips.due(NOW) == [0]
    assert len(strips.claim(NOW)) == AT_ONCE
    assert strips.due(NOW) == [0]
    assert len(strips.claim(NOW)) == 6


# --- Who hears of it ----------------------------------------------------------------------


def test_whoever_looks_hears_of_a_change_once(counted) -> None:
    counted()
    refresh()
    view()
    counted(until=NOW + 3 * MINUTE)
    refresh(NOW + 5 * MINUTE)
    refresh(NOW + 5 * MINUTE)
    assert events() == ["shop"]


def test_nobody_is_told_of_what_nobody_looks_at(counted, deploy) -> None:
    counted()
    deploy(3)
    refresh()
    counted(until=NOW + 3 * MINUTE)
    assert refresh(NOW + 5 * MINUTE).windows[-1]["start"] == NOON
    assert events() == []


def test_nothing_is_told_if_nothing_has_changed(counted, source) -> None:
    counted()
    kept = refresh()
    view()
    strips.store(
        kept.environment_id,
        strips.Strip(kept.windows, 180, NOW + 3 * MINUTE, NOW + 3 * MINUTE),
        NOW,
    )
    assert events() == []


def test_a_viewer_is_noted_once_a_minute(counted) -> None:
    counted()
    refresh()
    view()
    view(NOW + timedelta(seconds=59))
    assert row().viewed_at == NOW
    view(NOW + MINUTE)
    assert row().viewed_at == NOW + MINUTE


@pytest.mark.sqlite
def test_a_viewer_waits_for_no_writer(counted) -> None:
    counted()
    refresh()
    seen = [(row().environment_id, None)]
    with closing(sqlite3.connect(str(db.engine.url.database))) as other:
        other.execute("BEGIN IMMEDIATE")
        strips.note_views(seen, NOW)
    assert row().viewed_at is None


# --- Going ------------------------------------------------------------------------------------


def test_a_strip_goes_with_its_environment(counted, source) -> None:
    counted()
    kept = refresh()
    with write():
        db.session.execute(delete(Environment).where(Environment.id == kept.environment_id))
    assert db.session.scalars(select(EnvironmentHealth)).all() == []


def test_an_environment_that_went_meanwhile_is_no_failure(counted) -> None:
    strips.store(4711, strips.Strip([], 180, NOW, NOW), NOW)
    assert db.session.scalars(select(EnvironmentHealth)).all() == []
