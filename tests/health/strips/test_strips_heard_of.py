"""Who hears of how an environment has been."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest

from sleuth.extensions import db
from sleuth.health import strips
from tests.conftest import NOW
from tests.health.strips.looking import (
    MINUTE,
    NOON,
    events,
    refresh,
    row,
    view,
)


def test_whoever_looks_hears_of_a_change_once(counted) -> None:
    counted()
    refresh()
    view()
    counted(until=NOW + 3 * MINUTE)
    refresh(NOW + 5 * MINUTE)
    refresh(NOW + 5 * MINUTE)
    assert events() == ["shop"]


def test_nobody_is_told_of_what_nobody_looks_at(counted, deploy) -> None:
    counted()
    deploy(3)
    refresh()
    counted(until=NOW + 3 * MINUTE)
    assert refresh(NOW + 5 * MINUTE).windows[-1]["start"] == NOON
    assert events() == []


def test_nothing_is_told_if_nothing_has_changed(counted, source) -> None:
    counted()
    kept = refresh()
    view()
    strips.store(
        kept.environment_id,
        strips.Strip(kept.windows, 180, NOW + 3 * MINUTE, NOW + 3 * MINUTE),
        NOW,
    )
    assert events() == []


def test_a_viewer_is_noted_once_a_minute(counted) -> None:
    counted()
    refresh()
    view()
    view(NOW + timedelta(seconds=59))
    assert row().viewed_at == NOW
    view(NOW + MINUTE)
    assert row().viewed_at == NOW + MINUTE


@pytest.mark.sqlite
def test_a_viewer_waits_for_no_writer(counted) -> None:
    counted()
    refresh()
    seen = [(row().environment_id, None)]
    with closing(sqlite3.connect(str(db.engine.url.database))) as other:
        other.execute("BEGIN IMMEDIATE")
        strips.note_views(seen, NOW)
    assert row().viewed_at is None
