"""Hooks that are not called for a while, because they ended the process that called them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from sleuth import clock

FIRST_SECONDS = 60.0
LONGEST_SECONDS = 3600.0
FORGOTTEN_AFTER_SECONDS = 86_400.0
KILLS_COUNT_FOR_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class Bar:
    """Why a hook is not called, and until when.

    Args:
        sentence: What it did, in words for its author.
        times: How often it did so in a row.
        since, until: Moments of the monotonic clock, which parent and child share.
    """

    sentence: str
    times: int
    since: float
    until: float


@dataclass(slots=True)
class Bars:
    """Of one plugin, by name of the hook; forked processes inherit them.

    Args:
        clock: Returns seconds that only grow.
    """

    clock: Callable[[], float] = time.monotonic
    _bars: dict[str, Bar] = field(default_factory=dict)
    _kills: dict[str, float] = field(default_factory=dict)

    def was_killed(self, hook: str) -> bool:
        """Note that its process was killed in a hook; return whether it was within the hour."""
        last, self._kills[hook] = self._kills.get(hook), self.clock()
        return last is not None and self.clock() - last < KILLS_COUNT_FOR_SECONDS

    def put_up(self, hook: str, sentence: str) -> Bar:
        """Keep a hook from being called: for a minute, and twice as long each further time."""
        now, last = self.clock(), self._bars.get(hook)
        is_again = last is not None and now - last.since < FORGOTTEN_AFTER_SECONDS
        times = last.times + 1 if last is not None and is_again else 1
        seconds = min(FIRST_SECONDS * 2 ** min(times - 1, 16), LONGEST_SECONDS)
        self._bars[hook] = Bar(sentence, times, now, now + seconds)
        return self._bars[hook]

    def sentence(self, hook: str) -> str:
        """Return why a hook must not be called now, "" if it may be."""
        bar = self._bars.get(hook)
        if bar is None or bar.until <= self.clock():
            return ""
        return (
            f"Not asked until {self._time(bar.until)} UTC, because of what happened at "
            f"{self._time(bar.since)} UTC: {bar.sentence}"
        )

    def _time(self, moment: float) -> str:
        """Return a moment of the monotonic clock as people read it."""
        return f"{clock.now() + timedelta(seconds=moment - self.clock()):%H:%M:%S}"
