"""When a verdict may change."""

from __future__ import annotations

from sleuth.health.detector.settings import DEFAULT, Settings


def looks_for(step_seconds: int, settings: Settings = DEFAULT) -> tuple[int, ...]:
    """Return the minutes of data after which a verdict is made: whole buckets, one at least.

    Of a tracker that counts by the hour the first look comes with the first whole hour.

    Args:
        step_seconds: Width of a bucket.
    """
    whole = {-(-look * 60 // step_seconds) * step_seconds // 60 for look in settings.looks}
    return tuple(sorted(whole))


def next_bucket(moment: int, step_seconds: int) -> int:
    """Return the start of the first bucket that is not before a moment, in epoch seconds."""
    return -(-moment // step_seconds) * step_seconds
