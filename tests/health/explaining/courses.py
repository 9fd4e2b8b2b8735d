"""Courses of counts around a deploy that verdicts are explained of."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from tests.health.detector.series import DAY, HOUR, MINUTE, MONDAY, Case, drawn

AFTERNOON = 14 * 60 + 20
DEPLOYS = tuple(14 * 1440 - 900 * each for each in range(20, 0, -1))


def at_twenty_past_two(rate: float, ratio: float = 1.0, **drawing: Any) -> Case:
    """Return a series whose deploy came on a Tuesday at 14:20."""
    days = drawing.pop("days", 14)
    case = drawn(rate, ratio, days=days, **drawing)
    tuesday = MONDAY + DAY + AFTERNOON * MINUTE
    shift = (tuesday - case.deployed_at) % (7 * DAY)
    return replace(case, minutes=case.minutes + shift)


def steady(first: float, second: float) -> Case:
    """Return ten errors a minute, and after the deploy a quarter of an hour each of others."""
    case = at_twenty_past_two(10, days=14, after=60, swing=0.0, seed=3)
    return case.with_after(np.concatenate([np.full(15, first), np.full(45, second)]))


def part_that_stands_out() -> Case:
    """Return somewhat less than ten errors a minute for nine minutes, and then more."""
    return steady(10, 10).with_after(np.concatenate([np.full(9, 9.0), np.full(51, 14.0)]))


def halves_of_a_day() -> Case:
    """Return ten errors a minute, and half a day of more and half a day of fewer."""
    day = np.concatenate([np.full(721, 14.0), np.full(720, 6.0)])
    return at_twenty_past_two(10, after=1441, swing=0.0, seed=3).with_after(day)


def bursting(times: float, ratio: float, *, minutes: int, a_day: float, seed: int) -> Case:
    """Return twenty errors a minute with bursts a day at any time, and a rise after the deploy."""
    case = at_twenty_past_two(20, ratio, after=1441, swing=0.0, seed=seed)
    random, counts = np.random.default_rng(seed + 100), case.counts.copy()
    for begin in random.integers(0, case.deploy - minutes, size=int(a_day * 14)):
        counts[begin : begin + minutes] += random.poisson(20 * (times - 1), minutes)
    return replace(case, counts=counts)


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


LIVELY = at_twenty_past_two(1.8, 4.3, after=1441)
CALM = at_twenty_past_two(20, after=1441)
RARE = at_twenty_past_two(0.05, after=1441, seed=4)
SHORT = at_twenty_past_two(5, 4, days=5, after=60)
YOUNG = at_twenty_past_two(5, days=1, after=60)


def two_of_a_kind() -> Case:
    counts = np.zeros(1441)
    counts[[2, 4]] = 1
    return RARE.with_after(counts)
