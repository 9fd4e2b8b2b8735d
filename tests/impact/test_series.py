"""The stored series: a number where covered, unknown elsewhere."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from sleuth.extensions import db, write
from sleuth.impact import series
from sleuth.impact.models import Coverage, ImpactSource

T = 1_772_625_600


@pytest.fixture
def source_id(source: ImpactSource) -> int:
    return source.id


def store(source_id: int, since: int, until: int, *points: tuple[int, int]) -> None:
    with write():
        series.replace_counts([series.Replacement(source_id, since, until, points)])


def ranges() -> list[tuple[int, int]]:
    rows = db.session.execute(select(Coverage.since, Coverage.until).order_by(Coverage.since))
    return [(row.since, row.until) for row in rows]


def test_a_minute_left_out_inside_the_covered_range_is_a_zero(source_id: int) -> None:
    store(source_id, T, T + 180, (T + 60, 4))
    assert series.read_counts(source_id, T, T + 180, 60) == [0, 4, 0]


def test_minutes_outside_the_covered_ranges_are_unknown(source_id: int) -> None:
    store(source_id, T + 60, T + 120, (T + 60, 4))
    assert series.read_counts(source_id, T, T + 180, 60) == [None, 4, None]


def test_a_second_reading_replaces_the_first_downwards_too(source_id: int) -> None:
    store(source_id, T, T + 120, (T, 9), (T + 60, 3))
    store(source_id, T, T + 120, (T + 60, 2))
    assert series.read_counts(source_id, T, T + 120, 60) == [0, 2]


def test_ranges_that_touch_or_overlap_become_one(source_id: int) -> None:
    store(source_id, T, T + 60)
    store(source_id, T + 60, T + 120)
    store(source_id, T + 90, T + 300)
    assert ranges() == [(T, T + 300)]


def test_ranges_apart_stay_apart_until_the_gap_is_filled(source_id: int) -> None:
    store(source_id, T, T + 60)
    store(source_id, T + 240, T + 300)
    assert ranges() == [(T, T + 60), (T + 240, T + 300)]
    store(source_id, T + 60, T + 240)
    assert ranges() == [(T, T + 300)]


def test_zeros_are_not_stored_as_rows(source_id: int) -> None:
    store(source_id, T, T + 120, (T, 0), (T + 60, 1))
    assert series.read_counts(source_id, T, T + 120, 60) == [0, 1]


def test_storing_the_same_twice_changes_nothing(source_id: int) -> None:
    store(source_id, T, T + 120, (T, 5))
    store(source_id, T, T + 120, (T, 5))
    assert (series.read_counts(source_id, T, T + 120, 60), ranges()) == ([5, 0], [(T, T + 120)])


def test_a_forgotten_series_is_unknown(source_id: int) -> None:
    store(source_id, T, T + 120, (T, 5))
    with write():
        series.forget(source_id)
    assert series.read_counts(source_id, T, T + 120, 60) == [None, None]
