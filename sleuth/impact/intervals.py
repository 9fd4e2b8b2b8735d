"""Whether a tracker still counts in the buckets that an impact source was begun with.

Counts of other buckets cannot go on with those that are stored: the source rests until
somebody has it begin a new series.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, false, or_

from sleuth.buckets import by_words
from sleuth.impact.models import ImpactSource
from sleuth.integrations.service import registry
from sleuth.trackers import name_of

REMEDY = "Edit and save it to begin a new series; until then all that was counted is kept."


def is_outdated(provider: str, step_seconds: int) -> bool:
    """Tell whether a source was begun with other buckets than its tracker counts in now.

    Args:
        step_seconds: Width of the source's buckets.
    """
    tracker = registry().get(provider)
    return tracker is not None and tracker.info.capabilities.interval_seconds != step_seconds


def in_use() -> list[int]:
    """Return the widths of the buckets that loaded trackers count in."""
    trackers = registry().trackers.values()
    return sorted({each.info.capabilities.interval_seconds for each in trackers})


def outdated() -> ColumnElement[bool]:
    """Whether a source was begun with other buckets, as a condition on its row."""
    return or_(
        false(),
        *(
            and_(
                ImpactSource.provider == provider,
                ImpactSource.interval_seconds != tracker.info.capabilities.interval_seconds,
            )
            for provider, tracker in sorted(registry().trackers.items())
        ),
    )


def change_of(source: ImpactSource) -> str:
    """Return in a sentence how a source's tracker counts otherwise now, "" if it does not."""
    if not is_outdated(source.provider, source.interval_seconds):
        return ""
    now = registry().trackers[source.provider].info.capabilities.interval_seconds
    return change_in_words(name_of(source.provider), now, source.interval_seconds)


def change_in_words(tracker_name: str, step_seconds: int, begun_with: int) -> str:
    """Return in a sentence how a tracker counts now, and how it did.

    Args:
        step_seconds: Width of the tracker's buckets.
        begun_with: Width of the source's buckets.
    """
    return (
        f"{tracker_name} counts {by_words(step_seconds)} now; this impact source was begun "
        f"when it counted {by_words(begun_with)}."
    )
