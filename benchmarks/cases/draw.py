"""One case from beginning to end."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.cases import background, effects, noise, past, real
from benchmarks.cases.ranges import Range, Ranges
from benchmarks.cases.team import DAY, Floats, Team

MISSING = 65535  # a minute that was not recorded
HIGHEST = 65534
SYNTHETIC = (
    "zero_sparse", "low_poisson", "nb_overdisp", "seasonal", "bursty_hawkes", "drift",
    "frequent_deploys", "gaps", "restart_blip", "traffic_step", "cron_spikes", "mixed",
)  # fmt: skip
MIXABLE = (
    "nb_overdisp", "seasonal", "bursty_hawkes", "drift", "frequent_deploys", "gaps",
    "restart_blip", "traffic_step", "cron_spikes",
)  # fmt: skip
EPOCH = 1_672_531_200  # 2023-01-01, where the clocks of synthetic teams begin
YEARS = 3


@dataclass(frozen=True)
class Case:
    """One labelled deploy: its facts, the counts, and the true rates after the deploy."""

    meta: dict[str, Any]
    counts: np.ndarray
    without: Floats
    with_effect: Floats


def draw(
    family: str,
    label: str,
    rng: np.random.Generator,
    ranges: Ranges,
    series: list[Path],
    after: int = 60,
) -> Case:
    """Draw a case of a family with a label; series are the family's real ones, if it has any."""
    team = draw_team(family, label, rng, ranges)
    team.after = after
    smooth, rate = expected(team, series)
    counts, factor, smooth_after, rate_after = observed(team, smooth, rate)
    change = effects.effect(team, label, smooth_after, rate_after)
    counts[team.deploy :] = changed(team, counts[team.deploy :], change, rate_after, factor)
    counts = np.minimum(counts, HIGHEST)
    counts[background.missing(team)] = MISSING
    return Case(meta(team, family, label, rate_after), counts, rate_after, rate_after + change)


def draw_team(family: str, label: str, rng: np.random.Generator, ranges: Ranges) -> Team:
    """Decide what kind of team this is."""
    days = 7 if rng.random() < ranges.young_share else 28
    start = EPOCH + 60 * int(rng.integers(YEARS * 365 * DAY))
    team = Team(rng, ranges, traits(family, rng), days, start, 0.0)
    team.level = team.log_between(levels(family, label, ranges))
    return team


def traits(family: str, rng: np.random.Generator) -> frozenset[str]:
    """Return what a family is made of."""
    if family != "mixed":
        return frozenset([family])
    return frozenset(rng.choice(MIXABLE, rng.integers(2, 5), replace=False).tolist())


def levels(family: str, label: str, ranges: Ranges) -> Range:
    """Return from what the level is drawn; what hardly occurs cannot improve visibly."""
    ends = {"zero_sparse": ranges.level_sparse, "low_poisson": ranges.level_low}.get(
        family, ranges.level
    )
    lowest = ranges.level_improved[0] if label == "improved" else ends[0]
    return max(ends[0], lowest), ends[1]


def expected(team: Team, series: list[Path]) -> tuple[Floats, Floats]:
    """Return the expected rate without and with what comes in bursts."""
    if series:
        path = series[team.rng.integers(len(series))]
        smooth = team.level * real.background(team, path)
    else:
        smooth = background.smooth_rate(team) * background.traffic(team)
        smooth = background.raised(smooth, background.incidents(team))
    team.deploys = past.earlier_deploys(team)
    smooth = background.raised(smooth, past.breakages(team))
    return smooth, smooth + background.cron(team) + background.blips(team)


def observed(team: Team, smooth: Floats, rate: Floats) -> tuple[np.ndarray, Floats, Floats, Floats]:
    """Draw counts; return them, the noise after the deploy, and both true rates after it."""
    factor = noise.shared_factor(team)
    since = slice(team.deploy, None)
    if "bursty_hawkes" not in team.traits:
        return team.rng.poisson(rate * factor), factor[since], smooth[since], rate[since]
    counts, given = noise.bursts(team, smooth)
    extra = rate - smooth
    return counts + team.rng.poisson(extra), factor[since], given, given + extra[since]


def changed(
    team: Team, counts: np.ndarray, change: Floats, rate: Floats, factor: Floats
) -> np.ndarray:
    """Add the errors of an effect to the counts after the deploy, or take them away."""
    own = np.ones_like(factor) if team.facts["shape"] == "newerr" else factor
    gone = np.clip(-change / np.maximum(rate, 1e-12), 0, 1)
    return counts - team.rng.binomial(counts, gone) + team.rng.poisson(np.maximum(change, 0) * own)


def meta(team: Team, family: str, label: str, after: Floats) -> dict[str, Any]:
    """Return the row that says what is true of the case."""
    return {
        "label": label,
        "family": family,
        "H": team.deploy,
        "n": team.minutes,
        "t0": team.start,
        "days": team.days,
        "deploys": team.deploys,
        "level": float(after.mean()),
        "nominal_level": team.level,
        "traits": ",".join(sorted(team.traits)),
        "blips": False,
        "incident_after": False,
        "immaterial": False,
        "series": "",
        **team.facts,
    }
