"""When a tracker is asked what is new since a deploy: four times at most. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

LOOKS = (6, 18, 60, 1440)
"""Minutes after the deploy, as those at which a verdict is looked at."""

LAG = timedelta(minutes=2)
"""Trackers take their time to list what they have received."""

RECENT = timedelta(hours=36)
"""Nobody is asked about deploys that are older."""

LAST = timedelta(minutes=LOOKS[-1])


def end_of(began_at: datetime, ended_at: datetime | None) -> datetime:
    """Return where the window ends: with the next deploy, or a day later."""
    last = began_at + LAST
    return last if ended_at is None else min(last, ended_at)


def until_of(began_at: datetime, ended_at: datetime | None, now: datetime) -> datetime:
    """Return up to when to ask now: as far as the tracker can be expected to know."""
    return max(began_at, min(end_of(began_at, ended_at), now - LAG))


def next_look(began_at: datetime, ended_at: datetime | None, asked: datetime) -> datetime | None:
    """Return when to ask next; None if there is nothing more to hear.

    Args:
        asked: Up to when the tracker has been asked; the beginning if it has not been.
    """
    end = end_of(began_at, ended_at)
    if asked >= end:
        return None
    moments = [began_at + timedelta(minutes=look) for look in LOOKS]
    return min(next((each for each in moments if each > asked), end), end) + LAG
