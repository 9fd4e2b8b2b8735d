"""Finding out which plugin ended a job's process, so that it does not do so for ever."""

from __future__ import annotations

import logging
import os
import signal

from sleuth.trackers.bars import Bars
from sleuth.trackers.errors import FAULT
from sleuth.trackers.inflight import Asked, notes
from sleuth.trackers.registry import Registry
from sleuth.trackers.sources import BUNDLED

PLUGINS_OWN_SIGNALS = frozenset(
    {signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT, signal.SIGFPE, signal.SIGILL}
)
"""What kills a process for what it does itself; others are sent by somebody."""

KILLED_AGAIN = "had the worker's process killed from outside, twice within an hour,"
PERHAPS = "It may want more memory than this server has; the log of the system tells."

logger = logging.getLogger(__name__)


def blame(registry: Registry, status: int, *, is_overdue: bool) -> list[Asked]:
    """Bar the hooks that ended the process of a job; called by its parent.

    Where several plugins were asked at once, bundled ones are believed first. A kill from
    outside is nobody's fault once; when it comes again in the same hook within the hour, it is
    taken for that of a system that has run out of memory.

    Args:
        status: How the process ended, as ``os.wait`` tells.
        is_overdue: Whether it was killed because it did not heed its time limit.

    Returns:
        The hooks that are barred now; none if the process ended in order, or was killed.
    """
    suspects = _suspects(registry)
    how, whose = _what_it_did(status, is_overdue=is_overdue), FAULT
    if not how and _is_killed(status):
        suspects = [
            (slug, hook) for slug, hook in suspects if _bars(registry, slug).was_killed(hook)
        ]
        how, whose = KILLED_AGAIN, PERHAPS
    if not how:
        return []
    for slug, hook in suspects:
        name = registry.trackers[slug].info.name
        others = " or another plugin that was asked at the same time" if len(suspects) > 1 else ""
        sentence = f"The {name} plugin{others} {how} in {hook}. {whose}"
        bar = _bars(registry, slug).put_up(hook, sentence)
        logger.error("%s It was barred, for the %d. time in a row.", sentence, bar.times)
    return suspects


def believe(registry: Registry) -> None:
    """Bar the hooks of which the process of a job has said itself that they hung."""
    for slug, hook, sentence in notes.accused():
        if slug in registry.trackers:
            bar = _bars(registry, slug).put_up(hook, sentence)
            logger.error("%s It was barred, for the %d. time in a row.", sentence, bar.times)


def _bars(registry: Registry, slug: str) -> Bars:
    return registry.trackers[slug].bars


def _is_killed(status: int) -> bool:
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


def _suspects(registry: Registry) -> list[Asked]:
    asked = sorted(each for each in notes.asked() if each[0] in registry.trackers)
    strangers = [each for each in asked if registry.trackers[each[0]].origin.place != BUNDLED]
    return strangers or asked


def _what_it_did(status: int, *, is_overdue: bool) -> str:
    if is_overdue:
        return "did not heed the time limit of a job"
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        name = signal.Signals(number).name
        return f"crashed the worker's process ({name})" if number in PLUGINS_OWN_SIGNALS else ""
    return f"ended the worker's process (exit status {os.waitstatus_to_exitcode(status)})"
