"""Telling a plugin that hangs from a tracker that is slow."""

from __future__ import annotations

import logging
import sys
import threading

from sleuth.trackers.errors import FAULT, PluginBug
from sleuth.trackers.facade import Tracker
from sleuth.trackers.inflight import notes
from sleuth.trackers.places import is_request, place_in, running_at

logger = logging.getLogger(__name__)


def hang_of(tracker: Tracker | None, thread: threading.Thread | None) -> PluginBug | None:
    """Return what to say of a plugin that does not come back, and note it for the worker.

    Where any request is under way that nobody else can have made, the tracker is what is
    waited for.

    Args:
        tracker: None, like ``thread``, where nobody has been asked yet.
        thread: That asks the plugin.

    Returns:
        None if it is the tracker that takes so long.
    """
    thread_id = (thread.ident if thread else None) or 0
    asked = notes.asked_by(thread_id)
    lines = list(running_at(thread_id))
    if tracker is None or asked is None or is_request(lines) or _is_asking_in_threads_of_its_own():
        return None
    slug, hook = asked
    place = place_in(tracker.files, lines)
    where = f"{hook} ({place})" if place else hook
    sentence = f"The {tracker.info.name} plugin hung in {where}, outside of any request. {FAULT}"
    logger.error(sentence)
    notes.accuse(slug, hook, sentence)
    return PluginBug(sentence)


def _is_asking_in_threads_of_its_own() -> bool:
    known = {threading.get_ident(), threading.main_thread().ident}
    others = [each for each in sys._current_frames() if each not in known]  # noqa: SLF001 -- as below
    return any(notes.asked_by(each) is None and is_request(running_at(each)) for each in others)
