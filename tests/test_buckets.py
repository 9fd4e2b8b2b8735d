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
