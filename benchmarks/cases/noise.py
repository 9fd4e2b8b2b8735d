"""From expected rates to counts."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from benchmarks.cases.team import Floats, Team

Counts = NDArray[np.int64]
REACH = 240  # minutes after which an error's offspring are as good as over


def shared_factor(team: Team) -> Floats:
    """Draw the factor that all minutes of a block share; its variance goes into the facts."""
    if "bursty_hawkes" in team.traits:  # noisy by itself
        team.facts |= {"noise_variance": 0.0, "noise_block": 1}
        return np.ones(team.minutes)
    much = "nb_overdisp" in team.traits
    ranges = team.ranges
    variance = team.between(ranges.overdispersed if much else ranges.noise)
    block = team.whole(ranges.overdispersed_block if much else ranges.noise_block)
    team.facts |= {"noise_variance": variance, "noise_block": block}
    draws = team.rng.gamma(1 / variance, variance, team.minutes // block + 2)
    return np.repeat(draws, block)[team.rng.integers(block) :][: team.minutes]


def bursts(team: Team, rate: Floats) -> tuple[Counts, Floats]:
    """Draw errors that bring further errors; also return the rate given what came before.

    The mean stays the given rate. The second value covers the minutes after the deploy.
    """
    branching = team.between(team.ranges.branching)
    memory = team.log_between(team.ranges.burst_memory)
    team.facts |= {"branching": branching, "burst_memory": memory}
    fresh = rate * (1 - branching)
    generation = team.rng.poisson(fresh)
    counts = generation.copy()
    while generation.any():
        generation = offspring(team, generation, branching, memory)
        counts += generation
    return counts, given_past(team, counts, fresh)


def offspring(team: Team, parents: Counts, branching: float, memory: float) -> Counts:
    """Draw the next generation, each some minutes after its parent."""
    births = team.rng.poisson(branching * parents)
    at = np.repeat(np.arange(len(parents)), births)
    at = at + team.rng.geometric(1 - math.exp(-1 / memory), at.size)
    return np.bincount(at[at < len(parents)], minlength=len(parents))


def given_past(team: Team, counts: Counts, fresh: Floats) -> Floats:
    """Return the rate after the deploy as it follows from the counts before each minute."""
    branching, memory = team.facts["branching"], team.facts["burst_memory"]
    late, since = counts[team.deploy - REACH :], fresh[team.deploy - REACH :]
    keep = math.exp(-1 / memory)
    excited, out = 0.0, []
    for count, own in zip(late.tolist(), since.tolist(), strict=True):
        out.append(own + branching * (1 - keep) * excited)
        excited = keep * excited + count
    return np.array(out[REACH:])
