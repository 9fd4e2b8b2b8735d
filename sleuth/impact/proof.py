"""Proving that a tracker respects the filters it is given, by asking for what cannot be.

A tracker that ignores a filter answers with counts of something else, which look right.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from secrets import token_hex

from sleuth.impact import schedule
from sleuth.impact.schedule import Window
from sleuth.plugin_api import CountSeries, ImpactConfig, TrackerError
from sleuth.trackers import Tracker

SETTLED = timedelta(hours=2)
LONGEST = timedelta(days=1)
REFUSALS = ("forbidden", "not_found")


class FilterIgnoredError(TrackerError):
    """The tracker answered with counts of something that was not asked for."""

    def __init__(self, tracker_name: str, ignored: str) -> None:
        super().__init__(
            f"{tracker_name} ignores the {ignored}: its counts are those of something else "
            "and are not used.",
            reason="bad_answer",
        )


@dataclass(frozen=True, slots=True)
class Proof:
    """The filters were not seen to be ignored.

    Args:
        is_conclusive: Whether there were errors at all that a filter had to leave out.
    """

    is_conclusive: bool


@dataclass(frozen=True, slots=True)
class _Asker:
    tracker: Tracker
    credentials: dict[str, str]
    window: Window
    now: datetime

    def counts(self, config: ImpactConfig) -> dict[datetime, int]:
        answer = self._ask(config)
        return {at: count for at, count in answer.points if count}

    def is_refused(self, config: ImpactConfig) -> bool:
        """Tell whether there are no counts for a configuration that cannot be."""
        try:
            return not self.counts(config)
        except TrackerError as error:
            if error.reason not in REFUSALS:
                raise
            return True

    def _ask(self, config: ImpactConfig) -> CountSeries:
        window = self.window
        return self.tracker.collect_counts(
            self.credentials, config, window.since, window.until, self.now
        )


def prove_filters(
    tracker: Tracker, credentials: dict[str, str], config: ImpactConfig, now: datetime
) -> Proof:
    """Ask, in three to five questions, for what cannot be, for less and for more.

    Raises:
        FilterIgnoredError: a filter is ignored.
        TrackerError: there was no answer to judge by.
    """
    asker = _Asker(tracker, credentials, _settled_window(tracker, now), now)
    name = tracker.info.name
    if not asker.is_refused(replace(config, project_key=_impossible(config.project_key))):
        raise FilterIgnoredError(name, "project it is asked about")
    everywhere = replace(config, environment=None)
    if config.environment is None:
        return Proof(bool(asker.counts(everywhere)))
    if not asker.is_refused(replace(config, environment=f"sleuth-proof-{token_hex(6)}")):
        raise FilterIgnoredError(name, "environment it is asked about")
    filtered = asker.counts(config)
    unfiltered = asker.counts(everywhere)
    if _exceeds(filtered, unfiltered) and _exceeds(asker.counts(config), unfiltered):
        raise FilterIgnoredError(name, "environment it is asked about")
    return Proof(bool(unfiltered))


def _settled_window(tracker: Tracker, now: datetime) -> Window:
    """Return up to a day whose counts hardly change any more."""
    able = tracker.info.capabilities
    step = timedelta(seconds=able.interval_seconds)
    until = schedule.floor_to(now - max(SETTLED, 2 * step), able.interval_seconds)
    oldest = now - timedelta(days=able.look_back_days)
    since = max(until - max(LONGEST, 2 * step), schedule.floor_to(oldest, able.interval_seconds))
    return Window(min(since, until - step), until)


def _impossible(key: str) -> str:
    """Return a key of the same kind that no project has."""
    return "9" * 18 if key.isdigit() else f"sleuth-proof-{token_hex(6)}"


def _exceeds(part: dict[datetime, int], whole: dict[datetime, int]) -> bool:
    return any(count > whole.get(at, 0) for at, count in part.items())
