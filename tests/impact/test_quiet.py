"""Which silences are unlikely: series of hours as applications make them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

import pytest

from sleuth.impact.quiet import HISTORY_HOURS, SHORTEST_HOURS, unlikely_silence

MONDAY = 24 * 4  # 5 January 1970, 0:00 UTC
DAY, WEEK = 24, 7 * 24
Counts = list[int | None]


def hours(count: int, rate: Callable[[int], float], seed: int = 1) -> Counts:
    """Return so many hours from a Monday on; an hour has errors with the likelihood given."""
    chance = Random(seed)
    return [int(chance.random() < rate(hour)) * chance.randint(1, 90) for hour in range(count)]


def steady(count: int) -> Counts:
    return hours(count, lambda _: 1.0)


def by_day(hour: int) -> float:
    return 0.97 if 8 <= hour % DAY < 20 else 0.02


def on_working_days(hour: int) -> float:
    return by_day(hour) if hour // DAY % 7 < 5 else 0.01


def silent_after(counts: Counts, most: int = HISTORY_HOURS) -> int | None:
    """Return after how many hours of silence it is pointed out."""
    found = (n for n in range(most + 1) if unlikely_silence([*counts, *[0] * n], MONDAY))
    return next(found, None)


def test_a_steady_application_is_pointed_out_after_a_few_hours() -> None:
    assert silent_after(steady(4 * WEEK)) == SHORTEST_HOURS


def test_it_says_within_how_long_there_usually_is_an_error() -> None:
    found = unlikely_silence([*steady(4 * WEEK), *[0] * 6], MONDAY)
    assert found is not None
    assert (found.hours, found.usual_hours) == (6, 1)


def test_one_error_a_day_may_be_absent_for_days() -> None:
    counts: Counts = [int(hour % DAY == hour // DAY * 7 % DAY) for hour in range(4 * WEEK)]
    after = silent_after(counts)
    assert after is not None
    assert 5 * DAY < after < 14 * DAY


def test_errors_that_are_rare_prove_nothing() -> None:
    counts: Counts = [int(hour % (9 * DAY) == 30) for hour in range(4 * WEEK)]
    assert silent_after(counts) is None


def test_a_night_without_errors_is_as_usual() -> None:
    evening = hours(3 * WEEK + 20, by_day)
    assert unlikely_silence([*evening, *[0] * 12], MONDAY) is None


def test_a_day_without_errors_after_such_a_night_is_not() -> None:
    after = silent_after(hours(3 * WEEK + 20, by_day))
    assert after is not None
    assert 14 <= after <= 20


def test_a_quiet_weekend_is_as_usual_and_a_quiet_monday_is_not() -> None:
    friday_evening = hours(3 * WEEK + 4 * DAY + 20, on_working_days)
    monday_morning = 4 + 2 * DAY + 8
    after = silent_after(friday_evening)
    assert after is not None
    assert monday_morning < after < monday_morning + 12


@pytest.mark.parametrize("seed", range(5))
def test_bursts_with_days_of_peace_between_prove_little(seed: int) -> None:
    chance, counts = Random(seed), Counts()
    while len(counts) < 4 * WEEK:
        counts += [chance.randint(50, 5000) for _ in range(8)] + [0] * chance.randint(20, 60)
    after = silent_after([*counts[: 4 * WEEK], 900])
    assert after is None or after > 60


def test_one_flood_is_no_habit() -> None:
    counts: Counts = [0] * (4 * WEEK)
    counts[100] = 1_000_000
    assert silent_after(counts) is None


def test_a_source_that_never_had_errors_is_not_quiet() -> None:
    assert unlikely_silence([0] * (6 * WEEK), MONDAY) is None


def test_a_new_source_is_given_a_week() -> None:
    assert silent_after(steady(WEEK - 1), most=DAY) is None
    assert silent_after(steady(WEEK), most=DAY) is not None


@pytest.mark.parametrize("place", ["history", "silence", "end"])
def test_what_is_not_known_is_no_silence(place: str) -> None:
    known, silence = steady(4 * WEEK), [0] * 5
    series: dict[str, Sequence[int | None]] = {
        "history": [*[None] * (3 * WEEK + DAY), *known[: WEEK - DAY], *silence],
        "silence": [*known, *silence[:3], None, *silence[:2]],
        "end": [*known, *silence, None],
    }
    assert unlikely_silence(series[place], MONDAY) is None


def test_after_a_gap_the_silence_begins_where_counts_are_known_again() -> None:
    found = unlikely_silence([*steady(4 * WEEK), None, *[0] * 6], MONDAY)
    assert found is not None
    assert found.hours == 6


def test_what_has_lasted_for_four_weeks_is_usual_by_now() -> None:
    counts = steady(4 * WEEK)
    assert unlikely_silence([*counts, *[0] * HISTORY_HOURS], MONDAY) is not None
    assert unlikely_silence([*counts, *[0] * (HISTORY_HOURS + 1)], MONDAY) is None


@pytest.mark.parametrize("share", [0.05, 0.2, 0.5, 0.9])
def test_chance_alone_is_hardly_ever_pointed_out(share: float) -> None:
    found = 0
    for seed in range(4):
        counts = hours(8 * WEEK, lambda _: share, seed)
        ends = range(4 * WEEK, 8 * WEEK)
        found += sum(
            unlikely_silence(counts[end - 4 * WEEK : end], MONDAY) is not None for end in ends
        )
    assert found == 0


def test_no_hours_are_no_silence() -> None:
    assert unlikely_silence([], MONDAY) is None
