"""Bursts that are no fault of the deploy: recurring jobs and restarts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sleuth.health.detector import assess
from tests.health.detector.series import MINUTE, drawn

DEPLOYS = tuple(14 * 1440 - 900 * each for each in range(20, 0, -1))
ERRORS = 30.0


def hourly_job(offset: int) -> tuple[int, ...]:
    """Return the buckets of a job that begins so many minutes after the deploy, each hour."""
    return tuple(range(offset, 8 * 1440 + 18, 60))


@pytest.fixture(scope="module")
def restarting():
    """Return a series with a blip at 20 earlier deploys and at this one."""
    case = drawn(5, days=14, seed=5)
    return replace(case.with_blips([*DEPLOYS, case.deploy], ERRORS), earlier=DEPLOYS)


@pytest.fixture(scope="module")
def restarting_once():
    """Return a series with a blip at this deploy alone."""
    case = drawn(5, days=14, seed=5)
    return case.with_blips([case.deploy], ERRORS)


@pytest.mark.parametrize("offset", [0, 3])
@pytest.mark.parametrize("look", [4, 6, 18])
def test_the_minute_of_an_hourly_job_alarms_nobody(offset, look):
    case = drawn(5, seed=3).with_blips(hourly_job(offset), 60.0, 1).lost(look)
    assert case.judged(look).health in {"healthy", "unknown"}


def test_the_minute_of_an_hourly_job_alarms_nobody_where_no_other_is_known():
    case = drawn(0.5, seed=3, days=14).with_blips(range(1, 14 * 1440 + 2, 60), 30.0, 1)
    made = case.lost(0, 1).lost(2).judged(2)
    assert (made.health, made.reason, made.known_minutes) == ("unknown", "gap", 1)


@pytest.mark.parametrize("lost", [2, 4, 5])
def test_the_minute_of_an_hourly_job_alarms_nobody_whatever_is_missing_beside_it(lost):
    case = drawn(0.5, seed=3, days=14).with_blips(range(0, 14 * 1440 + 6, 60), 30.0, 1)
    assert case.lost(1, 1 + lost).lost(6).judged(6).health in {"healthy", "unknown"}


def test_the_same_minute_is_seen_where_no_job_recurs():
    case = replace(drawn(5, days=14, seed=3), earlier=DEPLOYS)
    case = case.with_blips([case.deploy], 60.0, 1).lost(6)
    assert case.judged(6).health == "unhealthy"


def test_what_an_hourly_job_brings_is_expected():
    case = drawn(5, seed=3).with_blips(hourly_job(0), 60.0, 1).lost(6)
    made = case.judged(6)
    assert made.expected == pytest.approx(made.observed, rel=0.3)


def test_a_rise_beside_an_hourly_job_is_seen():
    case = drawn(5, 6, seed=3).with_blips(hourly_job(0), 60.0, 1)
    assert case.judged(18).health == "unhealthy"


def test_a_restart_blip_that_is_usual_at_deploys_says_nothing_at_first(restarting):
    made = restarting.lost(2).judged(2)
    assert (made.health, made.reason) == ("unknown", "restart")


@pytest.mark.parametrize("look", [6, 10, 18])
def test_a_restart_blip_that_is_usual_at_deploys_is_not_held_against_one(restarting, look):
    assert restarting.lost(look).judged(look).health == "healthy"


def test_deploys_with_blips_are_learnt_from(restarting):
    made = restarting.judged(18)
    assert made.deploys_learnt_from == len(DEPLOYS)
    assert made.details["blip_share"] > 0.5


@pytest.mark.parametrize("look", [2, 4, 6])
def test_the_same_blip_is_seen_where_earlier_deploys_brought_none(restarting_once, look):
    case = replace(restarting_once, earlier=DEPLOYS)
    assert case.lost(look).judged(look).health == "unhealthy"


@pytest.mark.parametrize("look", [2, 4])
def test_where_no_deploy_is_known_yet_a_restart_may_explain_the_first_minutes(
    restarting_once, look
):
    made = restarting_once.lost(look).judged(look)
    assert (made.health, made.reason) == ("unknown", "restart")


@pytest.mark.parametrize("look", [6, 10, 18])
def test_where_no_deploy_is_known_yet_a_blip_is_not_held_against_one(restarting_once, look):
    assert restarting_once.lost(look).judged(look).health == "healthy"


@pytest.mark.parametrize("look", [2, 4])
def test_where_no_deploy_is_known_yet_quiet_first_minutes_are_healthy(look):
    assert drawn(20, seed=5).lost(look).judged(look).health == "healthy"


def test_where_no_deploy_is_known_yet_a_rise_that_lasts_is_seen():
    assert drawn(5, 4, days=14, seed=5).lost(6).judged(6).health == "unhealthy"


def test_a_rise_that_outlasts_the_blip_is_seen(restarting):
    risen = restarting.with_after(restarting.after() + 20)
    assert risen.judged(18).health == "unhealthy"


def test_later_deploys_teach_nothing(restarting_once):
    case = restarting_once
    later = [case.deployed_at + MINUTE * each for each in range(18)]
    now = case.deployed_at + 18 * MINUTE
    made = assess(case.minutes, case.counts, case.deployed_at, now, later)
    assert made.deploys_learnt_from == 0
    assert np.isfinite(made.evidence)
