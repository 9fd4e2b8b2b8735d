"""The plugin as the product loads it, with the sandbox in place of the tracker."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from pluggy import PluginManager

from sleuth import hookspecs
from sleuth.http import AllowedHosts, Client
from sleuth.http.deadline import run_until
from sleuth.plugin_api import ImpactField, TrackerContext
from sleuth.redaction import Scrubber
from sleuth.testing.finding import Candidate
from sleuth.testing.guard import restored
from sleuth.testing.hearing import captured_output
from sleuth.testing.telling import where
from sleuth.testing.transport import Transport
from sleuth.trackers import Surroundings, Tracker
from sleuth.trackers.calls import PluginHooks
from sleuth.trackers.loading import load_alone

LOAD_SECONDS = 10
_KEY = "checked"


def hooks_of(plugin: object) -> PluginHooks:
    """Return the hooks of a plugin as they are, without the checks of the product."""
    manager = PluginManager("sleuth")
    manager.add_hookspecs(hookspecs)
    manager.register(plugin, name=_KEY)
    implemented = frozenset(hook.name for hook in manager.get_hookcallers(plugin) or ())
    return PluginHooks(manager, _KEY, implemented)


def loaded(candidate: Candidate, url: str, transport: Transport) -> tuple[Tracker | None, str]:
    """Load a plugin that was imported before.

    Args:
        url: Where its sandbox is served.
        transport: Carries its requests there.

    Returns:
        The tracker, or why there is none.
    """
    source = replace(candidate.source, load=lambda: candidate.plugin)
    settings = candidate.sandbox.settings(url)
    try:
        with captured_output(), restored():
            registry = run_until(
                time.monotonic() + LOAD_SECONDS, lambda: load_alone(source, {}, settings)
            )
    except TimeoutError:
        return None, f"It takes longer than {LOAD_SECONDS} seconds to say what it is."
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        return None, f"It raised {where(error)}, which would end the product."
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
