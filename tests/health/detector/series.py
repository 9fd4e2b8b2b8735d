"""Series of counts, drawn with a seed, with a deploy near their end."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sleuth.health.detector import Assessment, assess

MONDAY = 1_699_833_600
DAY, HOUR, MINUTE = 86_400, 3600, 60
SETTLED = 4
"""Minutes after which a bucket that has not come is taken for missing."""
RANKS = {"unhealthy": 2, "ailing": 1}
"""How bad a health is; what is not named is not bad."""


@dataclass(frozen=True)
class Case:
    """A series and the bucket that a deploy came with."""

    minutes: NDArray[np.int64]
    counts: NDArray[np.float64]
    deploy: int
    step: int = MINUTE
    earlier: tuple[int, ...] = ()

    @property
    def deployed_at(self) -> int:
        return int(self.minutes[self.deploy])

    def judged(self, after: float, **others: Any) -> Assessment:
        """Return what is said so many minutes after the deploy."""
        now = self.deployed_at + int(after * MINUTE)
        earlier = [int(self.minutes[each]) for each in self.earlier]
        given = {"step_seconds": self.step, **others}
        return assess(self.minutes, self.counts, self.deployed_at, now, earlier, **given)

    def after(self) -> NDArray[np.float64]:
        return self.counts[self.deploy :]

    def with_after(self, counts: NDArray[np.float64]) -> Case:
        """Return the case with other counts since the deploy."""
        return replace(self, counts=np.concatenate([self.counts[: self.deploy], counts]))

    def lost(self, first: int, last: int | None = None) -> Case:
        """Return the case without the counts of some minutes after the deploy."""
        counts = self.after().copy()
        counts[first:last] = np.nan
        return self.with_after(counts)

    def with_blips(self, at: Iterable[int], errors: float, minutes: int = 3) -> Case:
        """Return the case with a short burst at some buckets."""
        counts = self.counts.copy()
        for each in at:
            counts[each : each + minutes] += errors
        return replace(self, counts=counts)


def drawn(
    rate: float,
    ratio: float = 1.0,
    *,
    days: int = 8,
    after: int = 18,
    onset: int = 0,
    seed: int = 1,
    excess: float = 0.0,
    step: int = MINUTE,
    swing: float = 0.5,
) -> Case:
    """Draw a series whose rate swings once a day and steps after the deploy.

    Args:
        rate: Errors a bucket, on average.
        ratio: What the rate is multiplied by from ``onset`` buckets after the deploy on.
        after: Buckets from the deploy on.
        excess: Variance beyond that of a Poisson distribution, by the square of the rate.
    """
    random = np.random.default_rng(seed)
    deploy = days * DAY // step
    at = np.arange(deploy + after)
    mean = rate * (1 + swing * np.sin(2 * np.pi * at * step / DAY))
    mean[deploy + onset :] *= ratio
    if excess:
        mean = random.gamma(1 / excess, mean * excess)
    return Case(MONDAY + step * at, random.poisson(mean).astype(np.float64), deploy, step)


def rank(made: Assessment) -> int:
    return RANKS.get(made.health, 0)
