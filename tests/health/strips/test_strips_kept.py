"""What is kept of how an environment has been of late."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, select

from sleuth.extensions import db, write
from sleuth.health import strips
from sleuth.health.detector import SENSITIVITIES, Settings
from sleuth.health.detector import strip as detector
from sleuth.health.detector.strip import StripValue
from sleuth.health.models import EnvironmentHealth
from sleuth.impact import series
from sleuth.impact.models import ImpactSource, Sweep, SweepKind
from sleuth.impact.series import Replacement
from sleuth.projects.models import Environment, Project
from tests.conftest import NOW
from tests.health.strips.looking import (
    HOUR,
    MINUTE,
    NOON,
    healths,
    reasons,
    refresh,
)


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


def test_what_is_still_being_read_the_first_time_is_pending(counted, source) -> None:
    counted(days=0.5)
    with write():
        db.session.add(
            Sweep(
                impact_source_id=source.id,
                kind=SweepKind.ALL,
                integration_id=source.integration_id,
                due_at=NOW,
                scheduled_at=NOW,
            )
        )
    assert set(reasons(refresh())) == {"pending"}


def test_a_paused_source_says_so(counted, source) -> None:
    counted(until=NOW - HOUR)
    with write():
        db.session.get_one(ImpactSource, source.id).paused_at = NOW - HOUR
    assert reasons(refresh())[-1] == "paused"


@pytest.mark.parametrize(
    ("warning", "errors", "expected"),
    [
        ("Sentry has not seen prodution yet.", 0, ("unknown", "too_few_errors")),
        ("Sentry has not seen prodution yet.", 1, ("healthy", "")),
        ("", 0, ("healthy", "")),
    ],
)
def test_an_environment_that_the_tracker_never_saw_is_unknown_until_it_has_errors(
    source, warning: str, errors: int, expected: tuple[str, str]
) -> None:
    since = NOON - 3 * 86_400
    with write():
        series.replace_counts([Replacement(source.id, since, NOON, [(since, errors)] * errors)])
        odd = db.session.get_one(ImpactSource, source.id)
        odd.complete_until, odd.warning = NOW, warning
    kept = refresh()
    assert {(each["health"], each["reason"]) for each in kept.windows} == {expected}


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


def test_a_strip_goes_with_its_environment(counted, source) -> None:
    counted()
    kept = refresh()
    with write():
        db.session.execute(delete(Environment).where(Environment.id == kept.environment_id))
    assert db.session.scalars(select(EnvironmentHealth)).all() == []


def test_an_environment_that_went_meanwhile_is_no_failure(counted) -> None:
    strips.store(4711, strips.Strip([], 180, NOW, NOW), NOW)
    assert db.session.scalars(select(EnvironmentHealth)).all() == []
