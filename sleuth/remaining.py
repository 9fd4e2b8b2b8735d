"""How long something goes on, told from its pace so far."""

from __future__ import annotations

from datetime import timedelta

LEAST_SHARE = 0.02
LEAST_ELAPSED = timedelta(seconds=5)
LONGEST = timedelta(days=2)
"""What is estimated beyond tells only that it does not get on."""


def time_left(elapsed: timedelta, share: float) -> timedelta | None:
    """Return how long the rest takes, if it goes on as it went so far.

    Pauses count: who waited for a tracker may have to wait again.

    Args:
        elapsed: How long it has been under way.
        share: How much is done, from 0 to 1.

    Returns:
        None where nothing can be said yet: too little is done, or it began just now.
    """
    if share < LEAST_SHARE or elapsed < LEAST_ELAPSED:
        return None
    left = elapsed * ((1 - min(share, 1.0)) / share)
    return left if left <= LONGEST else None
