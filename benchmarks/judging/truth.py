"""What is true of drawn cases at a look, and their series as a detector gets them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.cases.packing import Counts, Rates

MISSING = 65535
LEAST_ERRORS, LEAST_FEWER, LEAST_RATIO = 2, 3, 1.15  # as in the scorer of the benchmark
STEADYING = 0.05
OVER = 6  # minutes after its end, from which on an effect that passed need not be seen
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Truth:
    """What is true, a row for each case; a column for each look where it depends on that.

    Args:
        is_worse: A regression that can be seen by then.
        is_unsettled: A regression that cannot be seen yet, or no more: counts neither way.
        is_better, is_better_unsettled: The same of improvements.
        is_harmless: A deploy without any effect.
        shape: The course of the effect.
    """

    is_worse: Flags
    is_unsettled: Flags
    is_better: Flags
    is_better_unsettled: Flags
    is_harmless: Flags
    shape: NDArray[np.str_]


def truth_at(
    facts: Sequence[dict[str, Any]],
    rates: tuple[Rates, Rates],
    seen: Flags,
    minutes: NDArray[np.int64],
) -> Truth:
    """Return what is true.

    Args:
        facts: Of each case: label, shape, end.
        rates: Without and with the effect, a row for each case, a column for each minute.
        seen: Which of these minutes are known.
        minutes: After how many minutes each look is, a row for each case.
    """
    without, with_effect = rates
    more = np.cumsum((with_effect - without) * seen, axis=1)
    ratio = np.where(seen, with_effect / (without + STEADYING), 0)
    highest = np.maximum.accumulate(ratio, axis=1)
    by_then = minutes - 1
    more, highest = (np.take_along_axis(each, by_then, axis=1) for each in (more, highest))
    label, shape = (np.array([each[name] for each in facts]) for name in ("label", "shape"))
    end = np.array([each["end"] for each in facts])[:, None]
    is_over = (shape == "spike")[:, None] & (minutes > end + OVER)
    regressed, improved = (label == "regressed")[:, None], (label == "improved")[:, None]
    is_worse = regressed & (more >= LEAST_ERRORS) & (highest >= LEAST_RATIO) & ~is_over
    is_better = improved & (more <= -LEAST_FEWER)
    return Truth(
        is_worse,
        regressed & ~is_worse,
        is_better,
        improved & ~is_better,
        label == "none",
        shape,
    )


@dataclass(frozen=True)
class Series:
    """A case as a detector gets it.

    Args:
        times: Epoch seconds of bucket starts.
        counts: Errors in each bucket, NaN where unknown.
        deployed_at: Epoch seconds; also of the earlier deploys.
    """

    times: NDArray[np.int64]
    counts: NDArray[np.float64]
    deployed_at: int
    deploys: NDArray[np.int64]

    def until(self, moment: int, step: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return the buckets that are over at a moment."""
        size = int(np.searchsorted(self.times, moment - step, side="right"))
        return self.times[:size], self.counts[:size].copy()


def series(counts: Counts, facts: dict[str, Any]) -> Series:
    """Return a case's series by the minute."""
    start = int(facts["t0"])
    values = np.where(counts == MISSING, np.nan, counts.astype(np.float64))
    deploys = start + 60 * np.asarray(facts["deploys"], np.int64)
    times = start + 60 * np.arange(len(counts), dtype=np.int64)
    return Series(times, values, start + 60 * int(facts["H"]), deploys)


def by_the_hour(minutes: Series) -> Series:
    """Return sums of whole hours of the clock; an hour with a gap is unknown."""
    first = int(-minutes.times[0] // 60 % 60)
    hours = (len(minutes.times) - first) // 60
    sums = minutes.counts[first : first + 60 * hours].reshape(hours, 60).sum(axis=1)
    times = minutes.times[first : first + 60 * hours : 60]
    return Series(times, sums, minutes.deployed_at, minutes.deploys)
