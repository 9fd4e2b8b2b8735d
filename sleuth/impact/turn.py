"""One turn: a tracker is asked what is due for one integration, one question at a time.

A turn runs in a thread of its own and touches no row: what it hears it hands over.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import BoundedSemaphore

from sleuth import clock
from sleuth.impact import intervals
from sleuth.impact.models import SweepKind
from sleuth.impact.proof import Proof, prove_filters
from sleuth.impact.tasks import Task
from sleuth.plugin_api import CountSeries, TrackerError
from sleuth.trackers import Tracker

SECONDS_OF_WORK = 20.0
CONCERNS_ONE_SOURCE = ("forbidden", "not_found", "bad_answer")
LOW_QUOTA = 1
LARGE = timedelta(days=2)
MOST_LARGE = 2
"""Each takes some 10 MB while it is read and stored, and a collector has 150 MB in all."""

SECONDS_FOR_ROOM = 1.0

log = logging.getLogger(__name__)
_room = BoundedSemaphore(MOST_LARGE)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one question.

    Args:
        asked_at: Nothing in the answer is older.
    """

    task: Task
    asked_at: datetime
    answer: CountSeries | Proof | TrackerError

    @property
    def ends_turn(self) -> bool:
        """Whether it concerns the whole integration, so that further questions are in vain."""
        if isinstance(self.answer, TrackerError):
            return concerns_all(self.task.kind, self.answer)
        return isinstance(self.answer, CountSeries) and is_quota_low(self.answer)


def concerns_all(kind: SweepKind | None, error: TrackerError) -> bool:
    """Tell whether an error concerns the whole integration, and not only what was asked.

    A part of the past may be too much for a tracker that answers for the present.
    """
    if kind is not None and error.reason == "unavailable":
        return False
    return error.reason not in CONCERNS_ONE_SOURCE


def is_quota_low(answer: CountSeries) -> bool:
    """Tell whether the tracker will refuse the next questions."""
    return answer.quota_left is not None and answer.quota_left <= LOW_QUOTA


def take_turn(
    tracker: Tracker,
    credentials: dict[str, str],
    tasks: Sequence[Task],
    is_over: Callable[[], bool],
) -> Iterator[Outcome]:
    """Ask for at most 20 s, and yield what is heard.

    Args:
        is_over: Asked before each question whether to end early.
    """
    stop_at = time.monotonic() + SECONDS_OF_WORK
    for task in tasks:
        if time.monotonic() >= stop_at or is_over():
            return
        with _room_for(task) as has_room:
            outcome = _ask(tracker, credentials, task) if has_room else None
        if outcome is None:
            continue
        yield outcome
        if outcome.ends_turn:
            return


@contextmanager
def _room_for(task: Task) -> Iterator[bool]:
    """Let few threads at a time hold a large answer; whoever finds no room comes again."""
    is_large = task.window is not None and task.window.until - task.window.since > LARGE
    if not is_large:
        yield True
        return
    has_room = _room.acquire(timeout=SECONDS_FOR_ROOM)
    try:
        yield has_room
    finally:
        if has_room:
            _room.release()


def _ask(tracker: Tracker, credentials: dict[str, str], task: Task) -> Outcome:
    """Turn whatever happens into an outcome, so that it is noted where it can be seen."""
    now = clock.now()
    try:
        answer = _answer(tracker, credentials, task, now)
    except TrackerError as error:
        return Outcome(task, now, error)
    except Exception:
        log.exception("Collecting for impact source %d failed unexpectedly.", task.source_id)
        message = "Sleuth failed unexpectedly while collecting; the log of the server says why."
        return Outcome(task, now, TrackerError(message))
    return Outcome(task, now, answer)


def _answer(
    tracker: Tracker, credentials: dict[str, str], task: Task, now: datetime
) -> CountSeries | Proof:
    step = tracker.info.capabilities.interval_seconds
    if task.step_seconds != step:
        change = intervals.change_in_words(tracker.info.name, step, task.step_seconds)
        message = f"{change} {intervals.REMEDY}"
        raise TrackerError(message, permanent=True, reason="bad_answer")
    if task.window is None:
        return prove_filters(tracker, credentials, task.config, now)
    window = task.window
    return tracker.collect_counts(credentials, task.config, window.since, window.until, now)
