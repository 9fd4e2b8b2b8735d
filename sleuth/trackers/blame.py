"""Finding out which plugin ended a job's process, so that it does not do so for ever."""

from __future__ import annotations

import logging
import os
import signal

from sleuth.trackers.inflight import Asked, notes
from sleuth.trackers.registry import Registry
from sleuth.trackers.sources import BUNDLED

PLUGINS_OWN_SIGNALS = frozenset(
    {signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT, signal.SIGFPE, signal.SIGILL}
)
"""What kills a process for what it does itself; others are sent by somebody."""

logger = logging.getLogger(__name__)


def blame(registry: Registry, status: int, *, is_overdue: bool) -> list[Asked]:
    """Bar the hooks that ended the process of a job; called by its parent.

    Where several plugins were asked at once, bundled ones are believed first.

    Args:
        status: How the process ended, as ``os.wait`` tells.
        is_overdue: Whether it was killed because it did not heed its time limit.

    Returns:
        The hooks that are barred now; none if the process ended in order, or was killed.
    """
    how = _what_it_did(status, is_overdue=is_overdue)
    suspects = _suspects(registry) if how else []
    for slug, hook in suspects:
        tracker = registry.trackers[slug]
        others = " or another plugin that was asked at the same time" if len(suspects) > 1 else ""
        sentence = (
            f"The {tracker.info.name} plugin{others} {how} in {hook}. "
            "This is a fault of the plugin, not of your settings."
        )
        bar = tracker.bars.put_up(hook, sentence)
        logger.error("%s It was barred, for the %d. time in a row.", sentence, bar.times)
    return suspects


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
