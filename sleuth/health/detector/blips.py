"""Restart blips: short bursts that this team's deploys bring, harmless ones too."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, lgamma, log

import numpy as np

from sleuth.health.detector.forecast import Forecast
from sleuth.health.detector.likelihood import log_likelihood, log_sum
from sleuth.health.detector.series import Floats, Integers, Series, running_sum
from sleuth.health.detector.windows import Windows

LONGEST_MINUTES = 6
RAISED = 1.6
USUAL_MINUTES, PASSING_SHARE = 4, 0.08
SIZES = 24
SMALLEST, LARGEST, LARGEST_ERRORS = 1.5, 60.0, 40.0
UNEVEN = 0.05
QUIET = 0.3
LOOKED_AT = 12
ROUNDS = 12
MOST = 0.95
PRONE, CLEAN, SHARE_OF_PRONE = (4.0, 1.0), (0.25, 14.0), 0.1
RISES = np.log(np.array([1.5, 3.0, 6.0, 15.0]))
RISE_STARTS = (0, 2, 6)


def blip_likelihood(counts: Floats, expected: Floats, size: float, errors: Floats) -> Floats:
    """Return, for each row and forecast error, the likelihood of counts during a blip.

    It brings a multiple of what was expected, unknown but much the same in each of its
    minutes, or nothing.

    Args:
        counts, expected: A row each window, a column each bin.
        errors: Logarithms of how wrong the forecast is.
    """
    least = max(float(np.median(expected)), 1e-3)
    sizes = np.linspace(log(SMALLEST), log(max(LARGEST, 1 + LARGEST_ERRORS / least)), SIZES)
    rows = (counts[:, None, None, :], expected[:, None, None, :])
    wide = 1 / (1 / size + UNEVEN)
    burst = log_likelihood(*rows, wide, errors[:, None, None] + sizes[:, None])
    burst = burst + _scale(counts, expected, size, wide)[:, None, None, :]
    quiet = log_likelihood(*rows, size, errors[:, None, None] + np.zeros((SIZES, 1)))
    each = np.logaddexp(log(1 - QUIET) + burst, log(QUIET) + quiet).sum(-1)
    return log_sum(each) - log(SIZES)


def _scale(counts: Floats, expected: Floats, size: float, wide: float) -> Floats:
    """Return what two sizes of a negative binomial differ by, which likelihoods leave out."""

    def constant(each: float) -> Floats:
        rising = np.array([lgamma(count + each) for count in counts.ravel()]).reshape(counts.shape)
        fixed = each * log(each) - lgamma(each)
        return np.asarray(rising + fixed - (counts + each) * np.log(each + expected))

    return constant(wide) - constant(size)


@dataclass(frozen=True, slots=True)
class Blips:
    """What restarts bring at this team's deploys.

    Args:
        share: At what share of the deploys a blip is to be expected.
        minutes: How long one lasts.
    """

    share: float
    minutes: int


def blips_of(series: Series, usual: Floats, windows: Windows, made: Forecast) -> Blips:
    """Learn a team's restart blips from its earlier deploys.

    Each is taken for a mixture of no change, a blip, and a rise that lasts; the shares are
    found by expectation maximization. Few deploys say little: then the share is that among
    teams in general.
    """
    rows = slice(windows.moments, -1)
    at = windows.at[rows]
    if series.step != 60:
        return Blips(_blended(0.0, 0), 0)
    is_whole = at + LOOKED_AT <= series.past
    scale = made.expected[rows].sum(1) / np.maximum(windows.usual[rows].sum(1), 1e-9)
    counts, expected = _minutes(series, usual, at[is_whole], scale[is_whole])
    if not counts.size:
        return Blips(_blended(0.0, 0), USUAL_MINUTES)
    return Blips(_share(_explanations(counts, expected, made)), _length(counts, expected))


def _length(counts: Floats, expected: Floats) -> int:
    """Return how many minutes are raised at earlier deploys, but not for good."""
    is_raised = counts > RAISED * expected + 2 * np.sqrt(expected) + 1
    share = is_raised.mean(0)
    lasting = float(share[LONGEST_MINUTES + 2 :].mean())
    passing = np.flatnonzero(share[: LONGEST_MINUTES + 2] - lasting >= PASSING_SHARE)
    return max(USUAL_MINUTES, int(passing[-1]) + 1 if passing.size else 0)


def _minutes(series: Series, usual: Floats, at: Integers, scale: Floats) -> tuple[Floats, Floats]:
    known = series.known.astype(np.float64)
    seen, base = running_sum(series.counts * known), running_sum(usual * known)
    edges = at[:, None] + np.arange(LOOKED_AT + 1)
    counts = seen[edges[:, 1:]] - seen[edges[:, :-1]]
    expected = (base[edges[:, 1:]] - base[edges[:, :-1]]) * scale[:, None]
    return counts, np.maximum(expected, 1e-9)


def _explanations(counts: Floats, expected: Floats, made: Forecast) -> Floats:
    """Return for each deploy the likelihoods of no change, of a blip and of a rise."""
    errors = np.array([0.0, -1.5, 1.5]) * np.sqrt(made.shared)
    weights = np.log([0.6, 0.2, 0.2])
    size, minutes = 1 / made.single, np.arange(LOOKED_AT, dtype=np.float64)
    none = _likelihood(counts, expected, size, errors, slice(0, None))
    short = slice(0, LONGEST_MINUTES)
    blip = blip_likelihood(counts[:, short], expected[:, short], size, errors)
    blip = blip + _likelihood(counts, expected, size, errors, slice(LONGEST_MINUTES, None))
    began = minutes >= np.array(RISE_STARTS)[:, None]
    change = errors[:, None, None, None] + RISES[:, None, None] * began
    rows = (counts[:, None, None, None, :], expected[:, None, None, None, :])
    rise = log_likelihood(*rows, size, change).sum(-1)
    rise = log_sum(rise, (-2, -1)) - log(change.shape[1] * change.shape[2])
    return np.stack([log_sum(each + weights) for each in (none, blip, rise)], axis=1)


def _likelihood(
    counts: Floats, expected: Floats, size: float, errors: Floats, columns: slice
) -> Floats:
    rows = (counts[:, None, columns], expected[:, None, columns])
    return np.asarray(log_likelihood(*rows, size, errors[:, None]).sum(-1))


def _share(likelihoods: Floats) -> float:
    number = likelihoods.shape[0]
    blip, rise = 0.1, 0.1
    for _ in range(ROUNDS):
        joint = likelihoods + np.log([1 - blip - rise, blip, rise])
        weight = np.exp(joint - log_sum(joint)[:, None]).sum(0)
        blip = min(_blended(float(weight[1]), number), MOST)
        rise = (float(weight[2]) + 0.5) / (number + 8)
    return blip


def _blended(blips: float, number: int) -> float:
    """Return the share of blips, for a team that is prone to them or is not.

    Two beta distributions, weighed by how well each explains what was seen.
    """

    def fit(first: float, second: float) -> float:
        return (
            lgamma(first + blips)
            + lgamma(second + number - blips)
            - lgamma(first + second + number)
            - lgamma(first)
            - lgamma(second)
            + lgamma(first + second)
        )

    odds = fit(*CLEAN) - fit(*PRONE) + log((1 - SHARE_OF_PRONE) / SHARE_OF_PRONE)
    prone = 1 / (1 + exp(min(max(odds, -50.0), 50.0)))
    shares = [(first + blips) / (first + second + number) for first, second in (PRONE, CLEAN)]
    return prone * shares[0] + (1 - prone) * shares[1]
