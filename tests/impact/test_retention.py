"""How long counts are kept: minutes for 35 days, hours for 400."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from sleuth import clock
from sleuth.extensions import db, write
from sleuth.impact import retention, series
from sleuth.impact.models import Coverage, ErrorCount, HourlyCount, ImpactSource
from tests.conftest import NOW

DAY = 86_400
END = int(NOW.timestamp())


@pytest.fixture(autouse=True)
def no_queue(queued: list[tuple[Any, ...]]) -> None:
    """Nothing is enqueued."""


@pytest.fixture
def old(source: ImpactSource) -> int:
    """A source with two errors in each minute of the last 40 days."""
    since = END - 40 * DAY
    points = [(minute, 2) for minute in range(since, END, 60)]
    with write():
        series.replace_counts([series.Replacement(source.id, since, END, points)])
    return source.id


def total(source_id: int) -> int:
    hours = series.read_hours(source_id, END - 40 * DAY, END)
    return sum(count or 0 for count in hours)


def test_minutes_older_than_35_days_become_hours(old: int) -> None:
    retention.prune_source(old)
    oldest = db.session.scalar(select(func.min(ErrorCount.bucket_start)))
    assert oldest == END - 35 * DAY
    assert db.session.scalar(select(func.count()).select_from(HourlyCount)) == 5 * 24


def test_pruning_loses_and_doubles_nothing(old: int) -> None:
    before = total(old)
    retention.prune_source(old)
    retention.prune_source(old)
    assert total(old) == before == 40 * 1440 * 2


def test_a_job_killed_half_way_loses_and_doubles_nothing(
    old: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = total(old)
    monkeypatch.setattr(retention, "BATCH", 1000)
    with write():
        retention._is_pruned(old, END - 35 * DAY)
    assert total(old) == before
    retention.prune_source(old)
    assert total(old) == before


def test_a_minute_that_is_not_kept_is_unknown_and_no_zero(old: int) -> None:
    retention.prune_source(old)
    since = END - 35 * DAY - 120
    assert series.read_counts(old, since, since + 240, 60) == [None, None, 2, 2]


def test_an_hour_that_is_not_wholly_known_is_unknown(source: ImpactSource) -> None:
    with write():
        series.replace_counts([series.Replacement(source.id, END, END + 3000, [(END, 1)])])
    assert series.read_hours(source.id, END, END + 3600) == [None]


def test_a_source_is_due_a_day_after_it_keeps_too_much(old: int) -> None:
    assert retention.due_source_ids(NOW) == [old]
    retention.prune_source(old)
    assert retention.due_source_ids(NOW + timedelta(hours=23)) == []
    assert retention.due_source_ids(NOW + timedelta(hours=26)) == [old]


def test_hours_older_than_400_days_are_forgotten(old: int) -> None:
    retention.prune_source(old)
    with clock.frozen(NOW + timedelta(days=370)):
        retention.prune_source(old)
    horizon = END - 30 * DAY
    assert db.session.scalar(select(func.min(HourlyCount.hour_start))) == horizon
    assert db.session.scalar(select(func.min(Coverage.since))) == horizon
