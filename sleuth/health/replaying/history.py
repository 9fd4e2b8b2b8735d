"""A source's series, read once for all the deploys that are judged by it."""

from __future__ import annotations

from array import array
from datetime import datetime, timedelta

from sleuth.health.replaying.due import BEFORE, LOOKED_AT
from sleuth.impact import series
from sleuth.impact.models import ImpactSource

AHEAD = timedelta(days=3)


class History:
    """The part of a series that the deploys of 30 days are judged by.

    What lies outside it is read from the database.
    """

    def __init__(self, source: ImpactSource, judged_at: datetime) -> None:
        step = source.interval_seconds
        since = int((judged_at - LOOKED_AT - BEFORE).timestamp()) // step * step
        until = int((judged_at + AHEAD).timestamp()) // step * step
        self._key = (source.id, step)
        self._since, self._until = since, until
        self._starts, self._counts = series.read_arrays(source.id, since, until, step)

    def read(
        self, source_id: int, since: int, until: int, step: int
    ) -> tuple[array[int], array[float]]:
        """Return bucket starts and counts, as :func:`sleuth.impact.series.read_arrays` does."""
        is_inside = self._since <= since <= until <= self._until
        if (source_id, step) != self._key or not is_inside:
            return series.read_arrays(source_id, since, until, step)
        part = slice((since - self._since) // step, (until - self._since) // step)
        return self._starts[part], self._counts[part]
