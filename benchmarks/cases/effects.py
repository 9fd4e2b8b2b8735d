"""What the judged deploy does: when it sets in, how it goes on, how strong it is."""

from __future__ import annotations

import math

import numpy as np

from benchmarks.cases.team import Floats, Team

SHAPES = ("step", "ramp", "slow", "newerr", "spike")
IMPROVED_STRENGTH = 4  # z30 at least
LEAST_VARIANCE = 1.0  # errors squared, so that strength means something where there are none
TINY = 0.5  # errors a minute below which higher ratios are plausible


def effect(team: Team, label: str, smooth: Floats, rate: Floats) -> Floats:
    """Return the errors a minute that the deploy adds (or takes away, if negative).

    smooth and rate are those expected after the deploy, without and with what comes in
    bursts (jobs, restarts); an effect multiplies the smooth part.
    """
    team.facts |= {"shape": "", "onset": 0, "end": 0, "z30": 0.0, "ratio": 1.0}
    if label == "none":
        return immaterial(team, rate)
    shape = draw_shape(team, label)
    form = course(team, shape)
    if label == "improved":
        change = (improvement(team, rate) - 1) * form * rate
    else:
        change = worsening(team, form if shape == "newerr" else form * smooth, rate)
    note(team, change, rate)
    return change


def immaterial(team: Team, rate: Floats) -> Floats:
    """Return nothing, or a change too small to matter."""
    small = team.chance(team.ranges.immaterial_share)
    team.facts["immaterial"] = small
    return rate * (team.rng.choice([-1, 1]) * team.ranges.immaterial if small else 0.0)


def draw_shape(team: Team, label: str) -> str:
    """Draw how the effect goes and when it begins."""
    if label == "improved":
        shape = "step" if team.chance(0.7) else "ramp"
    else:
        shape = str(team.rng.choice(SHAPES, p=team.ranges.shapes))
    at_once = team.chance(team.ranges.onset_at_once)
    onset = 0 if at_once else team.whole(team.ranges.onset)
    lasting = team.whole(team.ranges.spike_minutes) if shape == "spike" else team.after
    team.facts |= {"shape": shape, "onset": onset, "end": min(onset + lasting, team.after)}
    return shape


def course(team: Team, shape: str) -> Floats:
    """Return the effect's course over the minutes after the deploy, one at its height."""
    since = np.arange(team.after) - team.facts["onset"]
    rise = {"ramp": team.ranges.ramp_minutes, "slow": team.ranges.slow_minutes}.get(shape, (1, 1))
    form = np.clip((since + 1) / team.whole(rise), 0, 1)
    return np.where(np.arange(team.after) < team.facts["end"], form, 0.0)


def worsening(team: Team, form: Floats, rate: Floats) -> Floats:
    """Scale a course to a strength that is drawn, within ratios that are plausible."""
    wanted = team.log_between(team.ranges.strength) * background_sd(team, rate)
    change = form * wanted / within(team, form).sum()
    height = change.max() / max(within(team, rate).mean(), 1e-4)
    lowest, highest = team.ranges.ratio
    highest *= max(1.0, math.sqrt(TINY / max(within(team, rate).mean(), 1e-4)))
    return change * np.clip(height, lowest - 1, highest - 1) / height


def improvement(team: Team, rate: Floats) -> float:
    """Draw the factor of an improvement that can be seen at all."""
    least, most = team.ranges.improved_factor
    seen = 1 - IMPROVED_STRENGTH * background_sd(team, rate) / max(within(team, rate).sum(), 1e-4)
    return team.between((least, max(least, min(most, seen))))


def within(team: Team, values: Floats) -> Floats:
    """Return the values of the minutes over which strength is measured."""
    return values[team.facts["onset"] :][: team.ranges.strength_minutes]


def background_sd(team: Team, rate: Floats) -> float:
    """Return the standard deviation of a known background over the first minutes of effect."""
    part = within(team, rate)
    block = team.facts["noise_variance"] * team.facts["noise_block"]
    poisson = part.sum() / (1 - team.facts.get("branching", 0.0))
    return math.sqrt(LEAST_VARIANCE + poisson + block * float((part**2).sum()))


def note(team: Team, change: Floats, rate: Floats) -> None:
    """Put the strength and the ratio that came out into the facts."""
    team.facts["z30"] = float(within(team, change).sum() / background_sd(team, rate))
    on = np.abs(change) > 0
    team.facts["ratio"] = float((rate + change)[on].sum() / max(rate[on].sum(), 1e-6))
