"""The plugin as the product loads it, with the sandbox in place of the tracker."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sleuth.testing.finding import Candidate
from sleuth.testing.guard import captured_output
from sleuth.testing.transport import Transport
from sleuth.trackers import Surroundings, Tracker
from sleuth.trackers.loading import load_one


class _Settings(dict[str, Any]):
    """The settings of a plugin whose slug is not known yet: found by the end of their names."""

    def get(self, name: str, default: Any = None) -> Any:
        for known, value in self.items():
            if name.endswith(f"_{known}".upper()):
                return value
        return default


def loaded(candidate: Candidate, url: str, transport: Transport) -> tuple[Tracker | None, str]:
    """Load a plugin that was imported before.

    Args:
        url: Where its sandbox is served.
        transport: Carries its requests there.

    Returns:
        The tracker, or why there is none.
    """
    source = replace(candidate.source, load=lambda: candidate.plugin)
    with captured_output():
        registry = load_one(source, _Settings(candidate.sandbox.settings(url)))
    for failure in registry.failures:
        return None, failure.error
    for skipped in registry.skipped:
        return None, skipped.reason
    (tracker,) = registry.trackers.values()
    tracker.surroundings = Surroundings(connect=transport.session)
    return tracker, ""
