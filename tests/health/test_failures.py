"""When a deploy counts as a change failure: tables of histories."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

import pytest

from sleuth.health.failures import failed_at, in_words, spans_of, worst_over_time
from tests.conftest import NOW

MINUTE = timedelta(minutes=1)
H, A, U, I, N = "healthy", "ailing", "unhealthy", "improved", "unknown"  # noqa: E741


class Change(NamedTuple):
    at: datetime
    minutes_of_data: int
    health: str


def after(minutes: float | None) -> datetime | None:
    """Return a moment so many minutes after the deploy."""
    return None if minutes is None else NOW + minutes * MINUTE


def moments(history: list[tuple[float, str]]) -> list[tuple[datetime, str]]:
    return [(NOW + minutes * MINUTE, health) for minutes, health in history]


def minutes_of(history: list[tuple[datetime, str]]) -> list[tuple[float, str]]:
    return [((since - NOW) / MINUTE, health) for since, health in history]


@pytest.mark.parametrize(
    ("history", "boundary", "until", "failed"),
    [
        ([], U, None, None),
        ([(0, N)], U, None, None),
        ([(4, H)], U, None, None),
        ([(4, I)], A, None, None),
        ([(4, U)], U, None, 11),  # goes on, so the moment may lie ahead
        ([(4, U)], U, 60, 11),
        ([(4, U)], U, 11, 11),  # seven minutes are enough
        ([(4, U)], U, 10.9, None),
        ([(4, U), (8, H)], U, None, None),
        ([(4, U), (8, H), (12, U)], U, None, 15),  # summed
        ([(4, U), (8, N), (12, U)], U, 14, None),
        ([(4, U), (8, N), (12, U)], U, 15, 15),
        ([(4, A), (8, U)], U, None, 15),
        ([(4, A), (8, U)], A, None, 11),
        ([(4, A)], U, None, None),
        ([(4, A), (6, H), (10, U), (12, A)], A, 16, 15),
        ([(4, U)], U, 2, None),  # known only after its time had ended
        ([(4, U), (6, A), (30, U)], U, 20, None),
    ],
)
def test_a_deploy_fails_by_being_in_failure_for_seven_minutes_in_all(
    history: list[tuple[float, str]], boundary: str, until: float | None, failed: float | None
) -> None:
    assert failed_at(moments(history), boundary, 7, after(until)) == after(failed)


@pytest.mark.parametrize(("minutes", "failed"), [(1, 5), (120, 124), (1440, 1444)])
def test_the_project_says_for_how_long(minutes: int, failed: int) -> None:
    assert failed_at(moments([(4, U)]), U, minutes, None) == after(failed)


@pytest.mark.parametrize(
    ("sources", "worst"),
    [
        ([], []),
        ([[(4, H), (8, U)]], [(4, H), (8, U)]),
        ([[(4, H), (10, U)], [(5, A), (12, H)]], [(4, H), (5, A), (10, U), (12, U)]),
        ([[(4, U), (8, N)], [(6, H)]], [(4, U), (6, U), (8, H)]),
        ([[(0, N)], [(0, N)]], [(0, N), (0, N)]),
    ],
)
def test_at_each_time_the_worst_source_counts(
    sources: list[list[tuple[float, str]]], worst: list[tuple[float, str]]
) -> None:
    histories = [spans_of(on_time(history), NOW) for history in sources]
    assert minutes_of(list(worst_over_time(histories))) == worst


def on_time(history: list[tuple[float, str]]) -> list[Change]:
    return [Change(NOW + at * MINUTE, max(0, int(at) - 2), health) for at, health in history]


DAYS_LATER = 20_000


@pytest.mark.parametrize(
    ("changes", "held"),
    [
        # As looks come: from when each was known.
        ([(0, 0, N), (4, 2, H), (8, 6, U), (33, 30, H)], [(0, N), (4, H), (8, U), (33, H)]),
        # Judged long afterwards: from the deploy on.
        ([(DAYS_LATER, 300, U)], [(0, U)]),
        ([(DAYS_LATER, 0, N), (DAYS_LATER + 1, 300, U)], [(0, U)]),
        # Nothing came for a day: what is found then holds since the last known look.
        ([(0, 0, N), (4, 2, H), (1500, 240, U)], [(4, H), (4, U)]),
        ([(12, 10, H), (1500, 240, U)], [(12, H), (12, U)]),
        ([(13, 10, N), (1500, 240, U)], [(0, U)]),
        # A look judged anew, since counts came late: in place of what was said.
        ([(8, 6, U), (33, 30, H), (900, 30, U)], [(8, U), (33, U)]),
        ([(8, 6, U), (900, 6, H)], [(8, H)]),
        ([(8, 6, U), (63, 60, H), (900, 4, U)], [(8, U)]),
    ],
)
def test_a_health_holds_from_when_it_was_known_unless_that_was_late(
    changes: list[tuple[float, int, str]], held: list[tuple[float, str]]
) -> None:
    rows = [Change(NOW + at * MINUTE, minutes, health) for at, minutes, health in changes]
    found = [(each.since, each.health) for each in spans_of(rows, NOW)]
    assert minutes_of(found) == held


def test_what_is_counted_by_the_hour_is_not_late_for_that() -> None:
    rows = [Change(NOW + 121 * MINUTE, 60, U)]
    assert spans_of(rows, NOW, 3600)[0].since == rows[0].at
    assert spans_of(rows, NOW)[0].since == NOW


@pytest.mark.parametrize(
    ("boundary", "minutes", "words"),
    [
        ("unhealthy", 7, "Unhealthy for 7 minutes in all"),
        ("ailing", 1, "Ailing or Unhealthy for 1 minute in all"),
    ],
)
def test_why_a_deploy_failed_is_said_in_words(boundary: str, minutes: int, words: str) -> None:
    assert in_words(boundary, minutes) == words
