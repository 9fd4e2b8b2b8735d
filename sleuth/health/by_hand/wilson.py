"""How sure a share is that was counted. Pure."""

from __future__ import annotations

from math import sqrt
from typing import NamedTuple

ENOUGH = 10
"""Of fewer no share is told: the interval would hold nearly everything."""

_SCORE = 1.959963984540054


class Share(NamedTuple):
    """So many of so many.

    Args:
        hits, total: Whole numbers, ``0 <= hits <= total``.
    """

    hits: int
    total: int

    @property
    def is_enough(self) -> bool:
        """Whether there are enough for a share to mean something."""
        return self.total >= ENOUGH

    @property
    def percent(self) -> float:
        """Of a hundred, how many; 0 of none."""
        return 100 * self.hits / self.total if self.total else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Between these the true share lies 95 times in 100, of a hundred."""
        low, high = wilson(self.hits, self.total)
        return 100 * low, 100 * high

    def with_one(self, *, is_hit: bool) -> Share:
        """Return the share after one more was counted."""
        return Share(self.hits + is_hit, self.total + 1)


NOTHING = Share(0, 0)


def wilson(hits: int, total: int) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a share; of none, everything.

    Raises:
        ValueError: There are more hits than there are in all, or fewer than none.
    """
    if not 0 <= hits <= total:
        raise ValueError(f"{hits} of {total} is no share.")
    if not total:
        return 0.0, 1.0
    share, square = hits / total, _SCORE**2
    middle = share + square / (2 * total)
    spread = _SCORE * sqrt(share * (1 - share) / total + square / (4 * total**2))
    scale = 1 + square / total
    low = 0.0 if hits == 0 else max(0.0, (middle - spread) / scale)
    high = 1.0 if hits == total else min(1.0, (middle + spread) / scale)
    return low, high
