"""The plugin as the product loads it, with the sandbox in place of the tracker."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sleuth.config import SETTINGS
from sleuth.http import AllowedHosts, Client
from sleuth.plugin_api import ImpactField, TrackerContext
from sleuth.redaction import Scrubber
from sleuth.testing.finding import Candidate
from sleuth.testing.guard import captured_output
from sleuth.testing.transport import Transport
from sleuth.trackers import Surroundings, Tracker
from sleuth.trackers.loading import load_alone


class _Settings(dict[str, Any]):
    """The settings of a plugin whose slug is not known yet: found by the end of their names."""

    def get(self, name: str, default: Any = None) -> Any:
        is_of_product = name in {row.name for row in SETTINGS}
        for known, value in self.items():
            if name.endswith(f"_{known}".upper()) and not is_of_product:
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
        registry = load_alone(source, _Settings(candidate.sandbox.settings(url)))
    for failure in registry.failures:
        return None, failure.error
    for skipped in registry.skipped:
        return None, skipped.reason
    (tracker,) = registry.trackers.values()
    tracker.surroundings = Surroundings(connect=transport.session)
    return tracker, ""


def context_for(
    tracker: Tracker,
    credentials: Mapping[str, str],
    transport: Transport,
    secrets: Iterable[str],
    now: datetime,
) -> TrackerContext:
    """Return what a hook is given, in dictionaries that it could change if it wanted to.

    Args:
        transport: Carries the requests.
        secrets: Not to be logged by the client.
    """
    info, settings = tracker.info, dict(tracker.settings)
    urls = [settings[row.name] for row in info.settings if row.is_url]
    http = Client(
        info.name,
        AllowedHosts([*urls, *info.hosts]),
        session=transport.session(),
        scrub=Scrubber(secrets),
        now=now,
    )
    return TrackerContext(http, settings, dict(credentials), now)


def is_asked_for(field: ImpactField) -> bool:
    """Return whether only the tracker knows what a drop-down offers."""
    return field.kind == "choice" and not field.choices
