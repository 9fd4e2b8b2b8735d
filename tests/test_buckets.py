"""What coarse counts are called."""

from __future__ import annotations

import pytest

from sleuth import buckets


@pytest.mark.parametrize(
    ("step", "name", "unit"),
    [
        (60, "minute", 60),
        (300, "5 minutes", 60),
        (3600, "hour", 3600),
        (5400, "90 minutes", 60),
        (21_600, "6 hours", 3600),
        (86_400, "day", 86_400),
    ],
)
def test_a_bucket_has_a_name_and_a_unit_for_its_rates(step: int, name: str, unit: int) -> None:
    assert (buckets.bucket_name(step), buckets.rate_unit(step)) == (name, unit)


@pytest.mark.parametrize(
    ("step", "every", "by", "a"),
    [
        (60, "minute", "by the minute", "a minute"),
        (300, "period of 5 minutes", "every 5 minutes", "a minute"),
        (3600, "hour", "by the hour", "an hour"),
        (21_600, "period of 6 hours", "every 6 hours", "an hour"),
        (86_400, "day", "by the day", "a day"),
    ],
)
def test_a_bucket_fits_into_sentences(step: int, every: str, by: str, a: str) -> None:
    words = buckets.period_name(step), buckets.by_words(step), buckets.rate_words(step)
    assert words == (every, by, a)


@pytest.mark.parametrize("step", [60, 3600, 86_400])
@pytest.mark.parametrize("limit", [0.1, 2, 7, 1234.5])
def test_a_limit_comes_back_as_it_was_entered(step: int, limit: float) -> None:
    assert buckets.per_unit(buckets.per_minute(limit, step), step) == limit


def test_rates_and_durations_are_told_in_what_is_counted() -> None:
    assert buckets.per_unit(0.5, 3600) == 30
    assert buckets.duration(1440, 3600) == "24 hours"
    assert buckets.duration(60, 3600) == "1 hour"
    assert buckets.duration(60, 60) == "60 minutes"


def test_a_tracker_with_coarse_counts_says_when_deploys_are_judged() -> None:
    assert buckets.counted_words(3600, "Bugs").startswith(
        "Bugs counts by the hour: a deploy is judged after the first whole hour that follows it"
    )
    assert "every 6 hours" in buckets.counted_words(21_600, "Bugs")
