"""One team as it is drawn: its clock, its ranges and what has been decided about it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.cases.ranges import Range, Ranges

DAY = 1440
Floats = NDArray[np.float64]


@dataclass
class Team:
    """A team whose past is being drawn; minutes count from the start of its history."""

    rng: np.random.Generator
    ranges: Ranges
    traits: frozenset[str]
    days: int
    start: int  # epoch seconds of the first minute
    level: float
    after: int = 60  # minutes after the deploy
    deploys: list[int] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def deploy(self) -> int:
        """Return the minute of the deploy that is judged."""
        return self.days * DAY

    @property
    def minutes(self) -> int:
        """Return the minutes there are, those after the deploy included."""
        return self.deploy + self.after

    def between(self, ends: Range) -> float:
        """Draw evenly."""
        return float(self.rng.uniform(*ends))

    def log_between(self, ends: Range) -> float:
        """Draw evenly in the logarithm."""
        return math.exp(self.rng.uniform(math.log(ends[0]), math.log(ends[1])))

    def whole(self, ends: Range) -> int:
        """Draw a whole number, both ends included."""
        return int(self.rng.integers(int(ends[0]), int(ends[1]) + 1))

    def chance(self, share: float) -> bool:
        """Say yes in this share of draws."""
        return bool(self.rng.random() < share)

    def moments(self, a_day: float) -> list[int]:
        """Draw the minutes of independent happenings, so many a day."""
        count = self.rng.poisson(a_day * self.minutes / DAY)
        return sorted(self.rng.integers(0, self.minutes, count).tolist())
