"""The arithmetic: how unusual so many new kinds of errors are."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sleuth.health.new_errors.looks import LOOKS
from sleuth.health.new_errors.weighing import (
    LEAST_HOURS,
    RARITY,
    WEIGHED,
    Found,
    Kind,
    Usual,
    probability,
    weigh,
)

calm = settings(database=None, deadline=None, derandomize=True)
QUIET = Usual(1, 160.0)
counts = st.integers(0, 300)
minutes = st.integers(1, 1440)
sensitivities = st.sampled_from([*RARITY])
usuals = st.tuples(st.integers(0, 2000), st.floats(0, 168)).map(lambda pair: Usual(*pair))


def found(*after: float, events: int = 7, asked: int = 18) -> Found:
    kinds = tuple(Kind(each, events) for each in after)
    return Found(kinds, len(kinds), events * len(kinds), 1_772_625_600, asked)


@calm
@given(counts, minutes, usuals)
def test_a_probability_is_one(count: int, span: int, usual: Usual) -> None:
    assert 0.0 <= probability(count, span, usual) <= 1.0


@calm
@given(counts, minutes, usuals)
def test_more_new_kinds_are_never_more_likely(count: int, span: int, usual: Usual) -> None:
    more, fewer = probability(count + 1, span, usual), probability(count, span, usual)
    assert more <= fewer * (1 + 1e-7)


@calm
@given(counts, st.integers(1, 1439), usuals)
def test_more_time_never_makes_them_rarer(count: int, span: int, usual: Usual) -> None:
    longer, shorter = probability(count, span + 1, usual), probability(count, span, usual)
    assert longer >= shorter * (1 - 1e-7)


@calm
@given(st.integers(1, 20), minutes, st.floats(1, 168))
def test_what_a_source_often_brings_is_likelier(count: int, span: int, hours: float) -> None:
    busy, quiet = Usual(400, hours), Usual(4, hours)
    assert probability(count, span, busy) >= probability(count, span, quiet)


@calm
@given(minutes, usuals)
def test_all_counts_together_make_a_certainty(span: int, usual: Usual) -> None:
    assert probability(0, span, usual) == 1.0
    none = 1 - probability(1, span, usual)
    assert none >= -1e-9


def test_the_tail_is_that_of_a_negative_binomial() -> None:
    usual = Usual(1, 160.0)
    shape, mean = 0.5, 1.5 / 165 * 0.3
    none = (shape / (shape + mean)) ** shape
    one = none * shape * mean / (shape + mean)

    assert probability(1, 18, usual) == pytest.approx(1 - none)
    assert probability(2, 18, usual) == pytest.approx(1 - none - one, rel=1e-6)


@calm
@given(
    st.lists(st.floats(0, 17), max_size=30), st.integers(0, 60), usuals, st.sampled_from([*RARITY])
)
def test_fewer_than_two_events_decide_nothing(
    after: list[float], events: int, usual: Usual, sensitivity: str
) -> None:
    one = found(*after[:1], events=min(events, 1))
    assert not weigh(one, usual, sensitivity, "too_few_errors")["decided"]


@calm
@given(st.lists(st.floats(0, 1439), max_size=30), usuals, sensitivities)
def test_figures_can_be_stored_and_told(after: list[float], usual: Usual, sensitivity: str) -> None:
    figures = weigh(found(*after, asked=1440), usual, sensitivity, "too_few_errors")

    assert figures["count"] == len(after)
    assert math.isfinite(figures["usual_per_hour"])
    assert figures["usual_per_hour"] > 0
    assert figures["within"]["count"] <= figures["count"]
    assert figures["within"]["minutes"] in {*LOOKS, figures["asked_minutes"]}


def test_two_kinds_within_minutes_decide_where_a_week_brings_one() -> None:
    assert weigh(found(2, 3), QUIET, "normal", "too_few_errors")["decided"]


def test_what_came_within_minutes_still_tells_a_day_later() -> None:
    figures = weigh(found(2, 3, asked=1440), QUIET, "normal", "too_few_errors")

    assert figures["decided"]
    assert figures["within"] == {"count": 2, "events": 14, "minutes": 6}


def test_as_many_as_usual_are_no_evidence() -> None:
    busy = Usual(800, 160.0)
    assert not weigh(found(2, 3), busy, "normal", "too_few_errors")["decided"]


def test_a_short_past_decides_nothing() -> None:
    young = Usual(0, LEAST_HOURS - 1)
    assert not weigh(found(2, 3, 4, 5), young, "normal", "too_few_errors")["decided"]


def test_missing_counts_take_back_nothing_that_new_kinds_have_told() -> None:
    assert weigh(found(2, 3), QUIET, "normal", "gap")["decided"]


@pytest.mark.parametrize("reason", ["", "pending", "short_history", "mixed", "paused"])
def test_only_what_counts_cannot_tell_is_left_to_new_kinds(reason: str) -> None:
    assert reason not in WEIGHED
    assert not weigh(found(2, 3), QUIET, "normal", reason)["decided"]


def test_a_coarse_project_needs_rarer_ones_than_a_fine_one() -> None:
    one = Usual(4, 160.0)
    fine, coarse = (
        weigh(found(5, asked=10), one, each, "restart")["decided"] for each in ("fine", "coarse")
    )
    assert (fine, coarse) == (True, False)
