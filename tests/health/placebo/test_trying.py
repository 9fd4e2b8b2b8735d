"""Judging moments without a deploy as if there had been one."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sleuth.extensions import write
from sleuth.health.detector import SENSITIVITIES
from sleuth.health.placebo.trying import try_moments
from sleuth.impact import series
from tests.conftest import NOW
from tests.health.placebo.conftest import SINCE
from tests.health.story import DAY, HOUR, MINUTE, count, judge

MOMENT = NOW - 3 * HOUR
NORMAL = SENSITIVITIES["normal"]


def attempt(source, moment=MOMENT, deploys=()):
    return try_moments(
        source,
        [int(moment.timestamp())],
        [int(each.timestamp()) for each in deploys],
        NORMAL,
    )


def test_a_calm_hour_is_not_flagged(counted) -> None:
    assert attempt(counted) is False


def test_a_rise_without_a_deploy_is_flagged(counted) -> None:
    count(counted, MOMENT, MOMENT + 20 * MINUTE, 60)
    assert attempt(counted) is True


def test_a_rise_after_the_first_hour_is_not(counted) -> None:
    count(counted, MOMENT + 61 * MINUTE, MOMENT + 2 * HOUR, 60)
    assert attempt(counted) is False


@pytest.mark.parametrize("distance", [-HOUR, -MINUTE, 0 * MINUTE, MINUTE, 59 * MINUTE])
def test_within_an_hour_of_a_deploy_nothing_is_tried(counted, distance) -> None:
    assert attempt(counted, deploys=[MOMENT + distance]) is None


@pytest.mark.parametrize("distance", [-HOUR - MINUTE, HOUR + MINUTE])
def test_farther_from_a_deploy_it_is(counted, distance) -> None:
    assert attempt(counted, deploys=[MOMENT + distance]) is False


def test_where_a_minute_of_the_hour_is_unknown_nothing_is_tried(counted) -> None:
    with write():
        series.uncover(counted.id, int((MOMENT + 59 * MINUTE).timestamp()))
    assert attempt(counted) is None


def test_without_two_days_of_history_nothing_is_tried(counted) -> None:
    assert attempt(counted, SINCE + DAY) is None
    assert attempt(counted, SINCE + timedelta(days=2, minutes=2)) is False


def test_minutes_that_are_not_kept_any_more_are_not_tried(counted) -> None:
    with write():
        counted.minutes_from = int((MOMENT + HOUR).timestamp())
    assert attempt(counted) is None


def test_the_next_moment_is_tried_where_one_will_not_do(counted) -> None:
    moments = [int((SINCE + HOUR).timestamp()), int(MOMENT.timestamp())]
    assert try_moments(counted, moments, [], NORMAL) is False


def test_a_deploy_at_that_moment_would_have_been_called_the_same(counted, deploy) -> None:
    count(counted, MOMENT, MOMENT + 20 * MINUTE, 60)
    flagged = attempt(counted)
    made = deploy(180)
    assert flagged is (judge(made, MOMENT + 20 * MINUTE).health in {"ailing", "unhealthy"})
