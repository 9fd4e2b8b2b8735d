"""What a verdict says in a sentence, from what is stored of it alone."""

from __future__ import annotations

import json

import pytest

from sleuth.health import words
from sleuth.health.detector import Assessment
from sleuth.health.quantities import frequency


def say(health: str, reason: str, **figures: object) -> str:
    made = Assessment(health, reason, is_final=False, **figures)  # type: ignore[arg-type]
    return words.sentence(json.loads(json.dumps(made.as_json())))


SEEN = {"minutes_of_data": 6, "known_minutes": 6, "observed": 54, "expected": 12.0}


@pytest.mark.parametrize(
    ("health", "reason", "figures", "sentence"),
    [
        (
            "unhealthy",
            "rise",
            {**SEEN, "ratio": 4.5, "began_after_minutes": 2},
            "54 errors in 6 minutes after the deploy, against 12 expected: 4.5 times as many, "
            "from 2 minutes after it on.",
        ),
        (
            "ailing",
            "rise",
            {**SEEN, "observed": 24, "ratio": 1.96, "began_after_minutes": 0},
            "24 errors in 6 minutes after the deploy, against 12 expected: 2 times as many.",
        ),
        (
            "improved",
            "fall",
            {**SEEN, "observed": 1, "ratio": 0.125},
            "1 error in 6 minutes after the deploy, against 12 expected: 92 % fewer.",
        ),
        (
            "healthy",
            "usual",
            {**SEEN, "observed": 13, "expected_low": 5.25, "expected_high": 20.6},
            "13 errors in 6 minutes after the deploy, against 12 expected; 5.2 to 21 would be "
            "nothing unusual.",
        ),
        (
            "healthy",
            "usual",
            {**SEEN, "observed": 22, "expected_low": 5.25, "expected_high": 20.6},
            "22 errors in 6 minutes after the deploy, against 12 expected: no clear change.",
        ),
        (
            "ailing",
            "rise",
            {**SEEN, "minutes_of_data": 18, "known_minutes": 15, "ratio": 4.5},
            "54 errors in 15 known minutes of 18 after the deploy, against 12 expected: 4.5 times "
            "as many.",
        ),
        (
            "healthy",
            "trifle",
            {**SEEN, "observed": 14},
            "14 errors in 6 minutes after the deploy, against 12 expected: a change too small to "
            "matter.",
        ),
        (
            "healthy",
            "common",
            {**SEEN, "observed": 25, "moments": 2000, "moments_alike": 180},
            "25 errors in 6 minutes after the deploy, against 12 expected: as large a change was "
            "seen at 180 of 2\u202f000 moments without a deploy.",
        ),
        (
            "healthy",
            "common",
            {**SEEN, "moments": 200, "moments_alike": 18, "details": {"free_moments": 120}},
            "54 errors in 6 minutes after the deploy, against 12 expected: as large a change was "
            "seen at 18 of 200 other moments.",
        ),
        (
            "unhealthy",
            "above_threshold",
            {**SEEN, "threshold": 5.0, "detected": "ailing"},
            "9 errors a minute in 6 minutes after the deploy, above your limit of 5 errors a "
            "minute. Without it: Ailing.",
        ),
        (
            "healthy",
            "below_threshold",
            {**SEEN, "threshold": 10.0, "detected": "unknown"},
            "9 errors a minute in 6 minutes after the deploy, within your limit of 10 errors a "
            "minute. Without it: Unknown.",
        ),
        (
            "healthy",
            "below_threshold",
            {**SEEN, "threshold": 10.0, "detected": "healthy"},
            "9 errors a minute in 6 minutes after the deploy, within your limit of 10 errors a "
            "minute. Without it: Healthy, too.",
        ),
        (
            "unknown",
            "too_few_errors",
            {"usual_per_minute": 5 / 60, "threefold_after_minutes": 60},
            "Too few errors to tell: at 5 errors an hour a threefold rise shows after 60 minutes.",
        ),
        (
            "unknown",
            "too_few_errors",
            {"usual_per_minute": 0.0001},
            "Too few errors to tell: at less than one error a day a threefold rise would not show "
            "within a day.",
        ),
        (
            "unknown",
            "short_history",
            {"history_days": 14 / 24 + 0.001},
            "Two days of counts from before the deploy are needed; there are 14 hours.",
        ),
        (
            "unknown",
            "short_history",
            {},
            "Two days of counts from before the deploy are needed; there are none.",
        ),
        (
            "unknown",
            "mixed",
            SEEN,
            "Errors first rose and then fell, or the other way round: more minutes will tell.",
        ),
        ("unknown", "pending", {}, "Not recorded yet."),
        (
            "unknown",
            "gap",
            {"detected": "unknown", "threshold": 5.0},
            "Counts around this deploy are missing, so nothing can be said.",
        ),
    ],
)
def test_each_reason_has_a_sentence_with_its_figures(health, reason, figures, sentence) -> None:
    assert say(health, reason, **figures) == sentence


def test_no_more_minutes_are_promised_of_a_mixed_course_at_the_last_look() -> None:
    figures = Assessment("unknown", "mixed", is_final=True, **SEEN).as_json()
    assert "more minutes" not in words.sentence(figures)


def test_a_tracker_that_counts_by_the_hour_is_spoken_of_in_hours() -> None:
    hourly = {"step_seconds": 3600, "minutes_of_data": 60, "known_minutes": 60, "observed": 240}
    assert say("unhealthy", "rise", **hourly, expected=24.0, ratio=10.0).startswith(
        "240 errors in the first whole hour after the deploy, against 24 expected"
    )
    limited = say("unhealthy", "above_threshold", **hourly, threshold=1.0, detected="healthy")
    assert limited == (
        "240 errors an hour in the first whole hour after the deploy, above your limit of "
        "60 errors an hour. Without it: Healthy."
    )


def test_the_known_of_a_tracker_that_counts_by_the_hour_is_told_in_hours() -> None:
    partly = {"step_seconds": 3600, "minutes_of_data": 240, "known_minutes": 180}
    assert say("ailing", "rise", **partly, observed=90, expected=30.0, ratio=3.0).startswith(
        "90 errors in 3 known hours of 4 after the deploy, against 30 expected"
    )


@pytest.mark.parametrize(
    ("per_minute", "step", "told"),
    [
        (12.0, 60, "12 errors a minute"),
        (0.5, 60, "30 errors an hour"),
        (1.0, 3600, "60 errors an hour"),
        (1 / 1440, 60, "1 error a day"),
        (0.0, 60, "less than one error a day"),
        (2.0, 86_400, "2\u202f900 errors a day"),
    ],
)
def test_how_often_errors_come_is_told_in_a_unit_in_which_one_can_count(
    per_minute, step, told
) -> None:
    assert frequency(per_minute, step) == told
