"""Assessments of every health and reason, as they are stored: most made by the detector."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from sleuth.health.detector import DEFAULT, Assessment, looks_for
from tests.health.detector.series import DAY, HOUR, MINUTE, MONDAY, Case, drawn

Stored = dict[str, Any]
AFTERNOON = 14 * 60 + 20
DEPLOYS = tuple(14 * 1440 - 900 * each for each in range(20, 0, -1))


def stored(made: Assessment, began_at: int, **more: Any) -> Stored:
    """Return an assessment as a verdict keeps it."""
    step = made.step_seconds
    looks = [each for each in looks_for(step, DEFAULT) if each > made.minutes_of_data]
    place = {"began_at": began_at, "ended_at": None, "group_size": 1, "window_minutes": 18}
    picture = {"picture_step": step, "deploy_index": 60, "picture_start": began_at - 60 * step}
    next_look = looks[0] if looks and not made.is_final else None
    figures = {**made.as_json(), **picture, **place, "next_look": next_look, **more}
    return dict(json.loads(json.dumps(figures)))


def at_twenty_past_two(rate: float, ratio: float = 1.0, **drawing: Any) -> Case:
    """Return a series whose deploy came on a Tuesday at 14:20."""
    days = drawing.pop("days", 14)
    case = drawn(rate, ratio, days=days, **drawing)
    tuesday = MONDAY + DAY + AFTERNOON * MINUTE
    shift = (tuesday - case.deployed_at) % (7 * DAY)
    return replace(case, minutes=case.minutes + shift)


def judged(case: Case, after: float, **more: Any) -> Stored:
    """Return what is said of a case some minutes after its deploy."""
    asked = {key: more.pop(key) for key in ("settings", "threshold", "until") if key in more}
    return stored(case.judged(after, **asked), case.deployed_at, **more)


def bare(health: str, reason: str, *, is_final: bool = False, **figures: Any) -> Stored:
    """Return what is stored where nothing was counted."""
    more = {key: figures.pop(key) for key in ("ended_at", "group_size") if key in figures}
    made = Assessment(health, reason, is_final, **figures)
    return stored(made, at_twenty_past_two(1).deployed_at, **more)


def steady(first: float, second: float) -> Case:
    """Return ten errors a minute, and after the deploy a quarter of an hour each of others."""
    case = at_twenty_past_two(10, days=14, after=60, swing=0.0, seed=3)
    return case.with_after(np.concatenate([np.full(15, first), np.full(45, second)]))


def trifle_of_few() -> Case:
    counts = np.zeros(60)
    counts[[10, 40]] = 1
    return at_twenty_past_two(0.0003, days=20, after=60, swing=0.0).with_after(counts)


def gap_that_may_hide_a_rise() -> Case:
    counts = np.concatenate([np.where(np.arange(30) < 15, 13.0, 12.0), np.full(30, np.nan)])
    counts[24:] = np.nan
    return steady(10, 10).with_after(counts)


def restarting(*, earlier: bool) -> Case:
    case = at_twenty_past_two(5, days=14, seed=5)
    if not earlier:
        return case.with_blips([case.deploy], 30.0)
    return replace(case.with_blips([*DEPLOYS, case.deploy], 30.0), earlier=DEPLOYS)


def hourly(rate: float, ratio: float = 1.0, step: int = HOUR, after: int = 30) -> Case:
    days = 20 if step < DAY else 60
    case = drawn(rate, ratio, days=days, after=after, step=step, swing=0.0)
    return replace(case, minutes=case.minutes + (14 * HOUR if step < DAY else 0))


def new_errors(**more: Any) -> Stored:
    found = {
        "count": 2,
        "asked_until": 0,
        "asked_minutes": 18,
        "usual_per_hour": 0.1,
        "probability": 0.0004,
        "decided": True,
    }
    return {**found, **more}


def with_new_errors(figures: Stored, **more: Any) -> Stored:
    return {**figures, "new_errors": new_errors(**more)}


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


LIVELY = at_twenty_past_two(1.8, 4.3, after=1441)
CALM = at_twenty_past_two(20, after=1441)
RARE = at_twenty_past_two(0.05, after=1441, seed=4)
SHORT = at_twenty_past_two(5, 4, days=5, after=60)
YOUNG = at_twenty_past_two(5, days=1, after=60)

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
    "rise.ailing.in_a_part": lambda: with_reason(
        judged(CALM, 22), "ailing", "rise", began_after_minutes=9, details={"effect_ratio": 1.72}
    ),
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
    "usual.healthy.somewhat_more": lambda: {**judged(CALM, 22), "observed": 422},
    "usual.healthy.somewhat_less": lambda: {**judged(CALM, 22), "observed": 322},
    "usual.healthy.past_awaited": lambda: awaited(judged(CALM, 1445), "healthy", "usual"),
    "usual.healthy.cut": lambda: {
        **judged(CALM, 9),
        "ended_at": CALM.deployed_at + 7 * MINUTE,
    },
    "usual.healthy.few": lambda: judged(at_twenty_past_two(0.0005, after=1441), 1445),
    "usual.healthy.missing_minutes": lambda: judged(CALM.lost(4, 6), 22),
    "usual.healthy.group_by_the_hour": lambda: judged(hourly(50), 75, group_size=2),
    "usual.healthy.without_new_errors": lambda: with_new_errors(
        judged(CALM, 22), count=0, decided=False
    ),
    "usual.healthy.with_a_new_error": lambda: with_new_errors(
        judged(CALM, 22), count=1, decided=False, usual_per_hour=2.5
    ),
    "trifle.healthy.preliminary": lambda: judged(at_twenty_past_two(5000, 1.09, swing=0), 22),
    "trifle.healthy.few": lambda: judged(trifle_of_few(), 64),
    "trifle.healthy.final": lambda: judged(
        at_twenty_past_two(5000, 1.09, swing=0, after=1441), 1445
    ),
    "common.healthy.preliminary": lambda: judged(
        at_twenty_past_two(20, 1.6), 22, settings=replace(DEFAULT, rise_rarity=1000.0)
    ),
    "common.healthy.final": lambda: with_reason(
        judged(at_twenty_past_two(20, 1.6, after=1441), 1445),
        "healthy",
        "common",
        moments_alike=180,
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
    "gap.unknown.all_missing": lambda: bare(
        "unknown", "gap", minutes_of_data=18, observed=0, history_days=14.0
    ),
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
    "mixed.unknown.final": lambda: with_reason(judged(CALM, 1445), "unknown", "mixed"),
    "too_few_errors.unknown.preliminary": lambda: judged(RARE, 7),
    "too_few_errors.unknown.soon": lambda: judged(at_twenty_past_two(0.4, after=60), 3),
    "too_few_errors.unknown.not_within_a_day": lambda: judged(
        at_twenty_past_two(0.0005, after=60), 22
    ),
    "too_few_errors.unknown.final": lambda: with_reason(
        judged(RARE, 1445), "unknown", "too_few_errors"
    ),
    "too_few_errors.unknown.replaced": lambda: ended(RARE, 14, 20),
    "no_source.unknown.final": lambda: bare("unknown", "no_source", is_final=True),
    "failed.unknown.preliminary": lambda: bare("unknown", "failed"),
    "failed.unknown.final": lambda: bare("unknown", "failed", is_final=True),
}
NEW_ERRORS: dict[str, Callable[[], Stored]] = {
    "new_errors.ailing.preliminary": lambda: with_new_errors(
        with_reason(judged(RARE, 22), "ailing", "new_errors", observed=5)
    ),
    "new_errors.ailing.final": lambda: with_new_errors(
        with_reason(judged(RARE, 1445), "ailing", "new_errors"), count=1, usual_per_hour=0.0
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
