"""Assessments of every health and reason, as they are stored: most made by the detector."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sleuth.health.detector import DEFAULT, Assessment, looks_for
from sleuth.health.new_errors.weighing import Found, Kind, Usual, weigh
from tests.health.detector.series import DAY, HOUR, MINUTE, Case
from tests.health.explaining.courses import (
    CALM,
    LIVELY,
    RARE,
    SHORT,
    YOUNG,
    at_twenty_past_two,
    bursting,
    gap_that_may_hide_a_rise,
    halves_of_a_day,
    hourly,
    part_that_stands_out,
    restarting,
    steady,
    trifle_of_few,
    two_of_a_kind,
)

Stored = dict[str, Any]


def stored(made: Assessment, began_at: int, **more: Any) -> Stored:
    """Return an assessment as a verdict keeps it."""
    step = made.step_seconds
    looks = [each for each in looks_for(step, DEFAULT) if each > made.minutes_of_data]
    place = {"began_at": began_at, "ended_at": None, "group_size": 1, "window_minutes": 18}
    picture = {"picture_step": step, "deploy_index": 60, "picture_start": began_at - 60 * step}
    next_look = looks[0] if looks and not made.is_final else None
    figures = {**made.as_json(), **picture, **place, "next_look": next_look, **more}
    return dict(json.loads(json.dumps(figures)))


def judged(case: Case, after: float, **more: Any) -> Stored:
    """Return what is said of a case some minutes after its deploy."""
    asked = {key: more.pop(key) for key in ("settings", "threshold", "until") if key in more}
    return stored(case.judged(after, **asked), case.deployed_at, **more)


def bare(health: str, reason: str, *, is_final: bool = False, **figures: Any) -> Stored:
    """Return what is stored where nothing was counted."""
    more = {key: figures.pop(key) for key in ("ended_at", "group_size") if key in figures}
    made = Assessment(health, reason, is_final, **figures)
    return stored(made, at_twenty_past_two(1).deployed_at, **more)


def with_new_errors(figures: Stored, *kinds: Kind, usual: Usual, minutes: int = 18) -> Stored:
    """Return what is stored once the tracker told of such new kinds of errors."""
    events = sum(each.events for each in kinds)
    found = Found(kinds, len(kinds), events, figures["began_at"] + minutes * MINUTE, minutes)
    reason = figures["reason"] if figures["health"] == "unknown" else ""
    weighed = weigh(found, usual, "normal", reason)
    decided = {"health": "ailing", "reason": "new_errors"} if weighed["decided"] else {}
    return {**figures, **decided, "new_errors": weighed}


def ended(case: Case, minutes: int, after: float, **more: Any) -> Stored:
    """Return what is said of a deploy whose time the next one ended."""
    until = case.deployed_at + minutes * MINUTE
    return judged(case, after, until=until, ended_at=until, **more)


def with_reason(figures: Stored, health: str, reason: str, **more: Any) -> Stored:
    return {**figures, "health": health, "reason": reason, **more}


def awaited(figures: Stored, health: str, reason: str) -> Stored:
    """Return what is stored while counts from before the deploy are still being fetched."""
    more = {"is_final": False, "is_past_awaited": True}
    return with_reason(figures, health, reason, **more)


MANY_MORE: dict[str, Callable[[], Stored]] = {
    "rise.unhealthy.preliminary": lambda: judged(LIVELY, 22),
    "rise.unhealthy.final": lambda: judged(LIVELY, 1445),
    "rise.unhealthy.hardly_any_expected": lambda: judged(at_twenty_past_two(0.01, 300), 22),
    "rise.unhealthy.later": lambda: judged(at_twenty_past_two(5, 6, after=60, onset=9), 22),
    "rise.unhealthy.missing_minutes": lambda: judged(LIVELY.lost(4, 7), 22),
    "rise.unhealthy.short_history": lambda: judged(SHORT, 22),
    "rise.unhealthy.replaced": lambda: ended(LIVELY, 14, 20),
    "rise.unhealthy.group": lambda: judged(LIVELY, 22, group_size=3),
    "rise.unhealthy.other_moments": lambda: judged(
        replace(LIVELY, earlier=tuple(range(2000, 14 * 1440 - 90, 60))), 22
    ),
    "rise.unhealthy.by_the_hour": lambda: judged(hourly(50, 5), 75),
    "rise.unhealthy.by_the_day": lambda: judged(hourly(500, 5, DAY, 3), 1500),
    "rise.ailing.preliminary": lambda: judged(at_twenty_past_two(20, 1.6), 22),
    "rise.ailing.final": lambda: judged(at_twenty_past_two(20, 1.6, after=1441), 1445),
    "rise.ailing.in_a_part": lambda: judged(part_that_stands_out(), 22),
}
FEWER_OR_NO_MORE: dict[str, Callable[[], Stored]] = {
    "fall.improved.preliminary": lambda: judged(at_twenty_past_two(20, 0.3), 22),
    "fall.improved.final": lambda: judged(at_twenty_past_two(20, 0.3, after=1441), 1445),
    "fall.improved.none_at_all": lambda: judged(at_twenty_past_two(20, 0.0, after=60), 22),
    "fall.improved.missing_minutes": lambda: judged(
        at_twenty_past_two(20, 0.2, after=60).lost(4, 6), 22
    ),
    "usual.healthy.preliminary": lambda: judged(CALM, 22),
    "usual.healthy.final": lambda: judged(CALM, 1445),
    "usual.healthy.somewhat_more": lambda: judged(
        at_twenty_past_two(20, 1.12, after=60, seed=26), 22
    ),
    "usual.healthy.somewhat_less": lambda: judged(
        at_twenty_past_two(20, 0.88, after=60, seed=8), 22
    ),
    "usual.healthy.none_came": lambda: judged(at_twenty_past_two(0.2, 0.0, after=60, seed=3), 22),
    "usual.healthy.past_awaited": lambda: awaited(judged(CALM, 1445), "healthy", "usual"),
    "usual.healthy.cut": lambda: {**ended(CALM, 7, 8), "is_final": False, "next_look": 10},
    "usual.healthy.few": lambda: judged(at_twenty_past_two(0.0005, after=1441), 1445),
    "usual.healthy.missing_minutes": lambda: judged(CALM.lost(4, 6), 22),
    "usual.healthy.group_by_the_hour": lambda: judged(hourly(50), 75, group_size=2),
    "usual.healthy.without_new_errors": lambda: with_new_errors(
        judged(CALM, 22), usual=Usual(16, 160)
    ),
    "usual.healthy.with_a_new_error": lambda: with_new_errors(
        judged(CALM, 22), Kind(3, 5), usual=Usual(412, 160)
    ),
    "trifle.healthy.preliminary": lambda: judged(at_twenty_past_two(5000, 1.09, swing=0), 22),
    "trifle.healthy.few": lambda: judged(trifle_of_few(), 64),
    "trifle.healthy.final": lambda: judged(
        at_twenty_past_two(5000, 1.09, swing=0, after=1441), 1445
    ),
    "common.healthy.preliminary": lambda: judged(
        bursting(2.0, 1.3, minutes=5, a_day=12, seed=14), 22
    ),
    "common.healthy.final": lambda: judged(
        bursting(3.0, 1.5, minutes=300, a_day=0.3, seed=47), 1445
    ),
}
LIMITS: dict[str, Callable[[], Stored]] = {
    "above_threshold.unhealthy.preliminary": lambda: judged(
        at_twenty_past_two(20, 1.6), 22, threshold=12.0
    ),
    "above_threshold.unhealthy.final": lambda: judged(CALM, 1445, threshold=12.0),
    "above_threshold.unhealthy.by_the_hour": lambda: judged(hourly(50), 75, threshold=0.5),
    "below_threshold.healthy.preliminary": lambda: judged(LIVELY, 22, threshold=10.0),
    "below_threshold.healthy.final": lambda: judged(RARE, 1445, threshold=0.1),
    "below_threshold.healthy.else_unknown": lambda: judged(RARE, 7, threshold=1.0),
    "gap.unknown.limit": lambda: judged(LIVELY.lost(2, 9), 22, threshold=1.0),
}
UNKNOWN: dict[str, Callable[[], Stored]] = {
    "pending.unknown.preliminary": lambda: bare("unknown", "pending"),
    "pending.unknown.by_the_hour": lambda: bare("unknown", "pending", step_seconds=HOUR),
    "pending.unknown.group": lambda: bare("unknown", "pending", group_size=2),
    "pending.unknown.past_awaited": lambda: awaited(judged(CALM, 22), "unknown", "pending"),
    "pending.unknown.replaced": lambda: {
        **bare("unknown", "pending"),
        "ended_at": at_twenty_past_two(1).deployed_at + 90,
    },
    "paused.unknown.preliminary": lambda: bare("unknown", "paused"),
    "paused.unknown.final": lambda: bare("unknown", "paused", is_final=True),
    "gap.unknown.preliminary": lambda: judged(gap_that_may_hide_a_rise(), 34),
    "gap.unknown.final": lambda: bare("unknown", "gap", is_final=True),
    "gap.unknown.all_missing": lambda: judged(LIVELY.lost(0, 18), 22),
    "gap.unknown.before": lambda: bare(
        "unknown", "gap", minutes_of_data=18, known_minutes=18, observed=3, history_days=14.0
    ),
    "replaced.unknown.final": lambda: bare("unknown", "replaced", is_final=True),
    "replaced.unknown.by_the_hour": lambda: bare(
        "unknown", "replaced", is_final=True, step_seconds=HOUR
    ),
    "short_history.unknown.preliminary": lambda: judged(YOUNG, 22),
    "short_history.unknown.none": lambda: bare(
        "unknown", "short_history", minutes_of_data=6, known_minutes=6, observed=1
    ),
    "short_history.unknown.final": lambda: ended(YOUNG, 30, 40),
    "restart.unknown.preliminary": lambda: judged(restarting(earlier=True).lost(2), 2),
    "restart.unknown.first_deploy": lambda: judged(restarting(earlier=False).lost(2), 2),
    "restart.unknown.final": lambda: ended(restarting(earlier=True), 3, 12),
    "mixed.unknown.preliminary": lambda: judged(steady(20, 0), 34),
    "mixed.unknown.replaced": lambda: ended(steady(20, 0), 30, 40),
    "mixed.unknown.final": lambda: judged(halves_of_a_day(), 1445),
    "too_few_errors.unknown.preliminary": lambda: judged(RARE, 7),
    "too_few_errors.unknown.soon": lambda: judged(at_twenty_past_two(0.4, after=60), 3),
    "too_few_errors.unknown.not_within_a_day": lambda: judged(
        at_twenty_past_two(0.0005, after=60), 22
    ),
    "too_few_errors.unknown.final": lambda: judged(
        at_twenty_past_two(0.1, after=1441, excess=300, seed=5), 1445
    ),
    "too_few_errors.unknown.none_came": lambda: judged(at_twenty_past_two(0.1, 0.0, after=60), 22),
    "too_few_errors.unknown.replaced": lambda: ended(RARE, 14, 20),
    "no_source.unknown.final": lambda: bare("unknown", "no_source", is_final=True),
    "failed.unknown.preliminary": lambda: bare("unknown", "failed"),
    "failed.unknown.final": lambda: bare("unknown", "failed", is_final=True),
}
NEW_ERRORS: dict[str, Callable[[], Stored]] = {
    "new_errors.ailing.preliminary": lambda: with_new_errors(
        judged(two_of_a_kind(), 22), Kind(2, 1), Kind(4, 1), usual=Usual(3, 160)
    ),
    "new_errors.ailing.final": lambda: with_new_errors(
        ended(two_of_a_kind(), 14, 20), Kind(2, 2), usual=Usual(0, 168), minutes=14
    ),
}
CASES: dict[str, Callable[[], Stored]] = {
    **MANY_MORE,
    **FEWER_OR_NO_MORE,
    **LIMITS,
    **UNKNOWN,
    **NEW_ERRORS,
}
"""By name: reason, health, and what is special; each is a function, so that few are made."""
