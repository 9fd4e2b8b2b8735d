"""Counts in JSON: a number only where it is known, in buckets as wide as one wants."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from sleuth.extensions import db, write
from sleuth.impact.models import HourlyCount, ImpactSource
from sleuth.impact.retention import prune_source
from sleuth.impact.series import Replacement, replace_counts
from tests.api.conftest import DAY, EPOCH, Get, World
from tests.conftest import NOW

Read = Callable[..., dict[str, Any]]


@pytest.fixture
def read(get: Get, world: World) -> Read:
    """Ask for the series of the world's source."""

    def ask(**query: Any) -> dict[str, Any]:
        answer = get(f"impact-sources/{world.source.public_id}/series", **query)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json
        return found

    return ask


def test_the_last_day_is_told_unless_asked_otherwise(read: Read) -> None:
    told = read()
    assert (told["start"], told["end"]) == ("2026-03-03T12:00:00Z", "2026-03-04T12:00:00Z")
    assert (told["step_seconds"], told["interval_seconds"], told["note"]) == (60, 60, None)
    assert told["counts"] == [minute % 7 for minute in range(1440)]
    assert told["complete_until"] == "2026-03-04T12:00:00Z"
    assert told["impact_source"]["environment"]["slug"] == "production"


def test_what_is_not_covered_is_null_and_what_is_covered_may_be_zero(read: Read) -> None:
    told = read(since="2026-03-03T11:58:00Z", until="2026-03-03T12:02:00Z")
    assert told["counts"] == [None, None, 0, 1]


def test_a_wider_bucket_is_unknown_if_a_part_of_it_is(read: Read) -> None:
    told = read(since="2026-03-03T11:50:00Z", until="2026-03-03T12:15:00Z", step=300)
    assert told["counts"] == [None, None, 0 + 1 + 2 + 3 + 4, 5 + 6 + 0 + 1 + 2, 3 + 4 + 5 + 6 + 0]
    assert told["step_seconds"] == 300


@pytest.mark.parametrize("step", [1800, 3600, 7200, 43200])
def test_buckets_of_all_widths_hold_the_same_errors(read: Read, step: int) -> None:
    counts = read(step=step)["counts"]
    assert sum(counts) == sum(minute % 7 for minute in range(1440))
    assert len(counts) == DAY // step


def test_buckets_begin_where_they_always_do(read: Read) -> None:
    told = read(since="2026-03-03T13:20:10Z", until="2026-03-03T14:20:10Z", step=3600)
    assert (told["start"], told["end"]) == ("2026-03-03T13:00:00Z", "2026-03-03T15:00:00Z")


def test_pages_hold_every_bucket_once(read: Read, get: Get, world: World) -> None:
    query = {"since": "2026-03-01T00:00:00Z"}
    first = read(**query)
    assert len(first["counts"]) == 2000
    answers = [first]
    while answers[-1]["next"]:
        assert answers[-1]["end"] == read(**query, cursor=answers[-1]["next"])["start"]
        answers.append(read(**query, cursor=answers[-1]["next"]))
    counts = [count for each in answers for count in each["counts"]]
    assert len(counts) == 84 * 60
    assert counts[-1440:] == read()["counts"]
    path = f"impact-sources/{world.source.public_id}/series"
    assert get(path, **query, cursor=first["next"]).headers["Link"].endswith('>; rel="next"')
    assert get(path, step=60, cursor=first["next"]).status_code == 400


def test_where_only_hours_are_kept_it_says_so(read: Read, world: World) -> None:
    with write():
        long_ago = EPOCH - 40 * DAY
        known = [(long_ago + 60 * minute, 1) for minute in range(180)]
        replace_counts([Replacement(world.source.id, long_ago, long_ago + 3 * 3600, known)])
    prune_source(world.source.id)
    assert db.session.query(HourlyCount).count() == 3
    horizon = db.session.get_one(ImpactSource, world.source.id).minutes_from
    assert horizon > long_ago
    since = (NOW - timedelta(days=40)).isoformat()
    until = (NOW - timedelta(days=40, hours=-4)).isoformat()
    told = read(since=since, until=until)
    assert (told["step_seconds"], told["counts"]) == (3600, [60, 60, 60, None])
    assert told["note"].startswith(f"Before {told['hours_only_before']} only hours are kept")
    assert read(since=since, until=until, step=5400)["step_seconds"] == 7200
    assert read(since=since, until=until, step=7200)["note"] is None
    assert read()["step_seconds"] == 60


def test_a_tracker_that_counts_by_the_hour_has_hours(read: Read, get: Get, world: World) -> None:
    with write():
        db.session.get_one(ImpactSource, world.source.id).interval_seconds = 3600
    told = read()
    assert (told["step_seconds"], len(told["counts"])) == (3600, 24)
    answer = get(f"impact-sources/{world.source.public_id}/series", step=60)
    assert answer.status_code == 400
    assert "step must be a multiple of 3600" in answer.json["detail"]


def test_the_future_and_what_is_long_gone_hold_nothing(read: Read) -> None:
    assert read(since="2027-01-01T00:00:00Z")["counts"] == []
    assert read(until="1970-01-01T00:00:00Z")["counts"] == []
    assert read(until="0001-01-01T00:00:00+14:00")["counts"] == []
    assert read(until="9999-12-31T23:59:59-14:00")["end"] == "2026-03-04T12:00:00Z"
    old = read(since="0001-01-01T00:00:00Z", step=86400)
    assert (old["start"], len(old["counts"])) == ("2025-01-28T00:00:00Z", 401)


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"step": "90"}, "step must be a multiple of 60"),
        ({"step": "0"}, "step must be a whole number from 1 to 86400."),
        ({"step": "86460"}, "step must be a whole number from 1 to 86400."),
        ({"limit": "5"}, "There is no parameter “limit” here"),
        ({"until": "now"}, "until must be a date and time in RFC 3339"),
    ],
)
def test_what_cannot_be_used_is_said(
    get: Get, world: World, query: dict[str, str], sentence: str
) -> None:
    answer = get(f"impact-sources/{world.source.public_id}/series", **query)
    assert answer.status_code == 400
    assert sentence in answer.json["detail"]
