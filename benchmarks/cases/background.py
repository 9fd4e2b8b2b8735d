"""How many errors a minute a team is to expect when no deploy changes anything."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from benchmarks.cases.ranges import Range
from benchmarks.cases.team import DAY, Floats, Team

APART = 60  # minutes without a gap before the deploy, but for the one drawn near it
GRID = 10  # minutes between the points of a wandering level
INCIDENT_FLOOR = 0.1  # errors a minute that an incident multiplies where there are hardly any


def smooth_rate(team: Team) -> Floats:
    """Return the level with all that moves it slowly."""
    rate = (
        team.level * profile(team) * wander(team, team.ranges.wobble_sd, team.ranges.wobble_hours)
    )
    if "drift" in team.traits:
        rate *= wander(team, team.ranges.drift_sd, team.ranges.drift_hours)
    return rate


def profile(team: Team) -> Floats:
    """Return factors around one for the minute of the day and the day of the week."""
    seasonal = "seasonal" in team.traits
    if not seasonal and team.chance(0.25):
        return np.ones(team.minutes)
    ends = team.ranges.seasonal_amplitude if seasonal else team.ranges.day_amplitude
    minute = team.start // 60 + np.arange(team.minutes)
    angle = 2 * math.pi * (minute / DAY - team.rng.random())
    wave = np.cos(angle) + team.between((0, 0.5)) * np.cos(2 * angle + team.between((0, 6.28)))
    shape = np.exp(math.log(team.log_between(ends)) * (wave - wave.min()) / np.ptp(wave))
    if seasonal or team.chance(0.5):
        weekend = (minute // DAY + 3) % 7 >= 5  # the epoch began on a Thursday
        shape = np.where(weekend, shape * team.between(team.ranges.weekend), shape)
    return shape / shape.mean()


def wander(team: Team, spread: Range, hours: Range) -> Floats:
    """Return factors that wander around one and forget over some hours."""
    sd, memory = team.between(spread), team.log_between(hours) * 60 / GRID
    keep = math.exp(-1 / memory)
    steps = team.rng.normal(0, sd * math.sqrt(1 - keep * keep), team.minutes // GRID + 2)
    value, path = team.rng.normal(0, sd), []
    for step in steps.tolist():
        value = keep * value + step
        path.append(value)
    return np.exp(np.interp(np.arange(team.minutes), np.arange(len(path)) * GRID, path))


def traffic(team: Team) -> Floats:
    """Return factors of steps and ramps in traffic, one of them near the deploy."""
    factor = np.ones(team.minutes)
    if "traffic_step" not in team.traits:
        return factor
    near = team.deploy + team.whole(team.ranges.step_near)
    past = team.moments(team.between(team.ranges.steps_a_day))
    others = [m for m in past if m < team.deploy - DAY // 4 or m >= team.deploy + 60]
    for at in [*others, near]:
        size = team.between(team.ranges.step_size) * (1 if team.chance(0.6) else -1)
        factor[at:] *= 1 + size * plateau(team, team.minutes - at)
    team.facts["traffic_at"] = near - team.deploy
    return factor


def plateau(team: Team, minutes: int) -> Floats:
    """Return a rise to one, at once or slowly, and the fall back to nothing."""
    edge = 1 if team.chance(0.5) else team.whole((5, 40))
    stay = team.whole(team.ranges.step_minutes)
    return np.interp(np.arange(minutes), [-1, edge - 1, edge + stay, 2 * edge + stay], [0, 1, 1, 0])


def incidents(team: Team) -> Floats:
    """Return by how much (0 for nothing) incidents that no deploy caused raise the rate."""
    extra = np.zeros(team.minutes)
    for at in team.moments(team.between(team.ranges.incidents_a_day)):
        lasting = int(team.log_between(team.ranges.incident_minutes))
        size = team.log_between(team.ranges.incident_factor) - 1
        extra[at : at + lasting] += size * course(team, lasting)[: team.minutes - at]
    team.facts["incident_after"] = bool(extra[team.deploy :].any())
    return extra


def course(team: Team, lasting: int) -> Floats:
    """Return how a disturbance goes: even, or strong at first and decaying."""
    if team.chance(0.5):
        return np.ones(lasting)
    return np.exp(-3 * np.arange(lasting) / lasting)


def raised(rate: Floats, extra: Floats) -> Floats:
    """Raise a rate by factors; where there are hardly any errors they count from a floor."""
    return rate + extra * np.maximum(rate, INCIDENT_FLOOR)


def cron(team: Team) -> Floats:
    """Return the errors of jobs that fail a little whenever they run."""
    extra = np.zeros(team.minutes)
    if "cron_spikes" not in team.traits:
        return extra
    for _ in range(team.whole((1, 3))):
        period = int(team.rng.choice([5, 10, 15, 20, 30, 60, 60, 60, 180, DAY]))
        lasting = min(team.whole((1, 4)), period // 3)
        size = team.log_between(team.ranges.cron_factor) * team.level
        size = max(size, team.log_between(team.ranges.cron_errors)) * min(1, period / 30)
        first = (team.whole((0, period - 1)) - team.start // 60) % period
        add_runs(team, extra, np.arange(first, team.minutes, period), size, lasting)
    return extra


def add_runs(team: Team, extra: Floats, runs: Floats, size: float, lasting: int) -> None:
    """Add one job's runs, each of a size of its own."""
    sizes = size * team.rng.lognormal(0, 0.3, len(runs))
    for later in range(lasting):
        inside = runs + later < team.minutes
        extra[runs[inside] + later] += sizes[inside]


def blips(team: Team) -> Floats:
    """Return the errors that every restart brings, the judged deploy's as well."""
    extra = np.zeros(team.minutes)
    if "restart_blip" not in team.traits and not team.chance(team.ranges.blip_elsewhere):
        return extra
    team.facts["blips"] = True
    usual = max(
        team.level * team.log_between(team.ranges.blip_factor),
        team.log_between(team.ranges.blip_errors),
    )
    for at in [*team.deploys, team.deploy]:
        lasting = team.whole(team.ranges.blip_minutes)
        extra[at : at + lasting] += usual * team.rng.lognormal(0, 0.5)
    return extra


def missing(team: Team) -> NDArray[np.bool_]:
    """Return which minutes were not recorded."""
    lost = np.zeros(team.minutes, bool)
    gaps = "gaps" in team.traits
    if not gaps and team.chance(0.85):
        return lost
    for at in team.moments(team.between((0.1, 0.8)) if gaps else 0.1):
        if at < team.deploy - APART:
            lost[at : min(at + int(team.log_between(team.ranges.gap_minutes)), team.deploy)] = True
    if gaps and team.chance(0.6):
        at = team.deploy + team.whole((-15, 45))
        lost[at : at + team.whole(team.ranges.gap_after)] = True
    return lost
