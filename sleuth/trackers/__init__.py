"""Plugins, found, loaded one by one, and called one at a time.

:func:`load` builds the :class:`Registry` that ``app.extensions["sleuth_trackers"]``
holds. A :class:`Tracker` is one loaded plugin; its methods are the only callers of hooks,
and belong in jobs. The web process reads ``info`` and ``fields`` and calls none.

Importing it needs neither Flask nor SQLAlchemy, for the sake of plugins' own tests.
"""

from sleuth.trackers.blame import believe, blame
from sleuth.trackers.calls import Surroundings
from sleuth.trackers.errors import PluginBug
from sleuth.trackers.facade import Tracker
from sleuth.trackers.hanging import hang_of
from sleuth.trackers.inflight import notes
from sleuth.trackers.loading import load, try_plugins
from sleuth.trackers.record import Trial
from sleuth.trackers.registry import (
    LoadFailure,
    Registry,
    SkippedPlugin,
    current,
    describe,
    name_of,
)

__all__ = [
    "LoadFailure",
    "PluginBug",
    "Registry",
    "SkippedPlugin",
    "Surroundings",
    "Tracker",
    "Trial",
    "believe",
    "blame",
    "current",
    "describe",
    "hang_of",
    "load",
    "name_of",
    "notes",
    "try_plugins",
]
