"""What a replay found, in words."""

from __future__ import annotations

import pytest

from sleuth.health.replaying.wording import (
    compared_in_words,
    counts_in_words,
    course_in_words,
    limit_in_words,
)


def test_deploys_are_counted_by_health_the_worst_first() -> None:
    healths = ["healthy"] * 34 + ["unknown"] * 4 + ["ailing"] + ["unhealthy"] * 2
    assert counts_in_words(healths) == (
        "Of 41 deploys: 2 unhealthy, 1 ailing, 34 healthy, 4 not enough data."
    )


def test_one_is_one_and_none_is_none() -> None:
    assert counts_in_words(["improved"]) == "Of 1 deploy: 1 improved."
    assert counts_in_words([]) == "There is no deploy of the last 30 days to judge."


@pytest.mark.parametrize(
    ("pairs", "told"),
    [
        ([("healthy", "healthy")], "Compared with now: no health changes."),
        (
            [("healthy", "unhealthy"), ("healthy", "healthy")],
            "Compared with now: 1 more unhealthy, 1 fewer healthy.",
        ),
        (
            [("healthy", "ailing"), ("ailing", "healthy")],
            "Compared with now: as many of each, but 2 deploys change places.",
        ),
        ([("", "ailing")], "None of them has a verdict now."),
    ],
)
def test_what_would_be_is_compared_with_what_is(pairs, told: str) -> None:
    assert compared_in_words(pairs) == told


@pytest.mark.parametrize(
    ("course", "told"),
    [
        ([], ""),
        ([[2, "healthy"]], ""),
        ([[2, "unknown"], [6, "healthy"]], ""),
        ([[1440, "unhealthy"]], "Unhealthy after 24 hours of data."),
        (
            [[2, "unknown"], [6, "unhealthy"], [60, "healthy"]],
            "Unhealthy after 6 minutes of data, healthy after 60 minutes.",
        ),
    ],
)
def test_a_course_is_told_where_it_is_worth_it(course, told: str) -> None:
    assert course_in_words(course) == told


def test_a_limit_is_told_in_the_unit_of_the_counts() -> None:
    assert limit_in_words(None, 60) == "no limit"
    assert limit_in_words(1.0, 60) == "a limit of 1 error a minute"
    assert limit_in_words(0.5, 3600) == "a limit of 30 errors an hour"
