"""Answers that Sentry should never give, and that must not become counts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from plugins.sentry.counts import Window, from_stats, from_timeseries
from sleuth.plugin_api import TrackerError

SINCE = 1_772_622_000
WINDOW = Window(SINCE, SINCE + 240)
LATER = datetime.fromtimestamp(SINCE, UTC) + timedelta(hours=1)


def value(minute: float, count: Any = 1, reason: str = "", **more: Any) -> dict[str, Any]:
    row = {"timestamp": (SINCE + minute * 60) * 1000, "value": count, "incomplete": bool(reason)}
    return row | ({"incompleteReason": reason} if reason else {}) | more


def timeseries(*values: dict[str, Any], **meta: Any) -> dict[str, Any]:
    window = {"dataset": "errors", "start": SINCE * 1000.0, "end": (SINCE + 240) * 1000.0}
    series = {"yAxis": "count()", "meta": {"interval": 60_000}, "values": list(values)}
    return {"meta": window | meta, "timeSeries": [series]}


def minutes(document: dict[str, Any]) -> list[int]:
    series = from_timeseries(document, WINDOW, LATER)
    return [(int(start.timestamp()) - SINCE) // 60 for start, _ in series.points]


def test_a_usual_answer_is_read() -> None:
    series = from_timeseries(timeseries(*map(value, range(5))), WINDOW, LATER)

    assert [count for _, count in series.points] == [1, 1, 1, 1]
    assert series.complete_until == datetime.fromtimestamp(SINCE + 240, UTC)


@pytest.mark.parametrize(
    "reason", ["NOT_ELAPSED", "INGESTION_PENDING", "INCOMPLETE_BUCKET", "A_NEW_ONE"]
)
def test_counting_ends_at_the_first_incomplete_minute_whatever_the_reason(reason: str) -> None:
    document = timeseries(value(0), value(1), value(2, reason=reason), value(3), value(4))

    assert minutes(document) == [0, 1]


def test_an_incomplete_minute_without_a_reason_ends_counting() -> None:
    assert minutes(timeseries(value(0), value(1, incomplete=True), value(2))) == [0]


def test_a_hole_in_retention_ends_counting() -> None:
    document = timeseries(value(0), value(1, 0, "OUTSIDE_RETENTION"), value(2), value(3))

    assert minutes(document) == [0]


def test_a_window_kept_no_longer_vouches_for_nothing() -> None:
    rows = [value(minute, 0, "OUTSIDE_RETENTION") for minute in range(5)]

    series = from_timeseries(timeseries(*rows), WINDOW, LATER)

    assert series.complete_since == series.complete_until
    assert series.points == ()


def test_a_series_that_starts_late_vouches_only_for_what_it_has() -> None:
    document = timeseries(value(2), value(3), value(4), start=(SINCE + 120) * 1000.0)

    series = from_timeseries(document, WINDOW, LATER)

    assert series.complete_since == datetime.fromtimestamp(SINCE + 120, UTC)


def test_a_series_that_ends_early_vouches_only_for_what_it_has() -> None:
    series = from_timeseries(timeseries(value(0), value(1)), WINDOW, LATER)

    assert series.complete_until == datetime.fromtimestamp(SINCE + 120, UTC)


def test_nothing_younger_than_ninety_seconds_is_believed_whatever_the_marks() -> None:
    now = datetime.fromtimestamp(SINCE + 240, UTC)

    series = from_timeseries(timeseries(*map(value, range(5))), WINDOW, now)

    assert series.complete_until == datetime.fromtimestamp(SINCE + 120, UTC)


def test_the_echo_of_the_window_may_be_missing() -> None:
    document = timeseries(value(0), value(1))
    del document["meta"]

    assert minutes(document) == [0, 1]


@pytest.mark.parametrize(
    "document",
    [
        timeseries(*map(value, range(5)), start=float(SINCE), end=float(SINCE + 240)),
        timeseries(*map(value, range(5)), end=(SINCE + 3600) * 1000.0),
        timeseries(*map(value, range(5)), start=(SINCE + 240) * 1000.0),
        timeseries(*map(value, range(5)), dataset="discover"),
        timeseries(value(0), value(2), value(3)),
        timeseries(value(1), value(0)),
        timeseries(value(0.5), value(1.5)),
        timeseries(value(10), value(11)),
        timeseries(value(1), value(2), value(3)),
        timeseries(),
        timeseries(value(0, -1), value(1)),
        timeseries(value(0, 1.5), value(1)),
        timeseries(value(0, None), value(1)),
        timeseries(value(0, True), value(1)),
        {"timeSeries": timeseries(value(0))["timeSeries"] * 2},
        {"timeSeries": [timeseries()["timeSeries"][0] | {"yAxis": "epm()"}]},
        {"timeSeries": [timeseries(value(0))["timeSeries"][0] | {"groupBy": [{"key": "project"}]}]},
        {"timeSeries": [{"yAxis": "count()"}]},
        {"timeSeries": "none"},
        {"data": []},
        [],
        None,
    ],
)
def test_an_answer_to_another_question_is_not_used(document: Any) -> None:
    with pytest.raises(TrackerError) as raised:
        from_timeseries(document, WINDOW, LATER)

    assert raised.value.reason == "bad_answer"


def test_a_bare_zero_of_the_older_way_is_a_zero() -> None:
    rows = [[SINCE, []], [SINCE + 60, [{"count": 3}]], [SINCE + 120, [{"count": 0}]]]

    series = from_stats({"data": rows}, WINDOW, LATER)

    assert [count for _, count in series.points] == [3]
    assert series.complete_until == datetime.fromtimestamp(SINCE + 180, UTC)


@pytest.mark.parametrize(
    "rows",
    [
        [[SINCE, []], [SINCE + 300, []]],
        [[SINCE * 1000, []], [SINCE * 1000 + 60, []]],
        [[SINCE, [{"count": None}]]],
        [[SINCE, [{}]]],
        [[SINCE]],
        {"production": {"data": []}},
        [[SINCE + 60, []], [SINCE + 120, []]],
    ],
)
def test_rows_of_the_older_way_that_make_no_sense_are_not_used(rows: Any) -> None:
    with pytest.raises(TrackerError) as raised:
        from_stats({"data": rows}, WINDOW, LATER)

    assert raised.value.reason == "bad_answer"
