"""The series as the detector sees it: regular buckets, and which of them are known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

DAY = 86_400
MOST_BUCKETS = 1_000_000
MOST_ERRORS = 1_000_000_000_000
"""Beyond that the forecast no longer reaches."""


@dataclass(frozen=True, slots=True)
class Series:
    """Counts per bucket, the past first.

    Args:
        start: Epoch seconds of the first bucket.
        step: Width of a bucket in seconds.
        counts: Errors in each bucket; what stands where ``known`` is false means nothing.
        known: Whether a bucket is known, and may be compared with others.
        past: How many buckets lie before the deploy.
    """

    start: int
    step: int
    counts: Floats
    known: Flags
    past: int

    @property
    def day(self) -> int:
        """Buckets a day."""
        return DAY // self.step

    @property
    def phase(self) -> int:
        """Where in its day (UTC) the first bucket lies, in buckets."""
        return (self.start // self.step) % self.day

    @property
    def history_days(self) -> float:
        """How much of the past is known."""
        return float(self.known[: self.past].sum()) * self.step / DAY

    def without(self, flags: Flags) -> Series:
        """Return the series with some buckets taken for unknown."""
        return replace(self, known=self.known & ~flags)


def read(minutes: ArrayLike, counts: ArrayLike, step: int) -> tuple[Integers, Floats]:
    """Return bucket starts and counts as arrays.

    Raises:
        ValueError: They are no regular series of counts.
    """
    times = np.asarray(minutes, dtype=np.int64)
    values = np.asarray(counts, dtype=np.float64)
    if step <= 0 or DAY % step:
        raise ValueError("Buckets must be of equal width, and a day must hold a whole number.")
    if times.ndim != 1 or times.shape != values.shape:
        raise ValueError("There must be one count for each minute.")
    if times.size > MOST_BUCKETS:
        raise ValueError(f"There are more than {MOST_BUCKETS:,} buckets.")
    if times.size > 1 and (np.diff(times) != step).any():
        raise ValueError(f"The minutes must be in order and {step} seconds apart.")
    if times.size and times[0] % step:
        raise ValueError(f"The minutes must start at whole multiples of {step} seconds.")
    if (values < 0).any() or np.isinf(values).any():
        raise ValueError("Counts must be finite and not negative.")
    if (values > MOST_ERRORS).any():
        raise ValueError(f"A count is larger than {MOST_ERRORS:,}.")
    return times, values


def read_moments(moments: Sequence[int]) -> list[int]:
    """Return times as whole epoch seconds.

    Raises:
        ValueError: They are something else.
    """
    try:
        read_times = np.asarray(moments, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError("Times must be epoch seconds.") from error
    if read_times.ndim != 1 or not np.isfinite(read_times).all():
        raise ValueError("Times must be epoch seconds, one after the other.")
    return [int(each) for each in read_times]


def arrange(times: Integers, values: Floats, deployed_at: int, begin: int, step: int) -> Series:
    """Return the series cut in two at a deploy.

    The bucket that the deploy lies in counts neither before nor after.

    Args:
        begin: Epoch seconds of the first bucket after the deploy.
    """
    start = int(times[0]) if times.size else begin
    past = int(np.clip((begin - start) // step, 0, times.size))
    known = ~np.isnan(values)
    if past and begin > deployed_at:
        known[past - 1] = False
    return Series(start, step, np.where(known, values, 0.0), known, past)


def running_sum(values: Floats) -> Floats:
    """Return sums of all beginnings, the empty one first."""
    return np.concatenate([[0.0], np.cumsum(values)])
