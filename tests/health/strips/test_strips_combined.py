"""How an environment has been that several impact sources look at."""

from __future__ import annotations

import pytest

from sleuth.health.detector.strip import StripValue
from sleuth.health.surveying import Sight, combine
from tests.health.strips.looking import (
    NOON,
)


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
