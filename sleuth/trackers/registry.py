"""What became of every plugin."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

from sleuth import hookspecs
from sleuth.trackers.calls import Origin
from sleuth.trackers.facade import Tracker
from sleuth.trackers.tidy import tidied

ALL_HOOKS = frozenset(name for name in vars(hookspecs) if name.startswith("sleuth_"))


@dataclass(frozen=True, slots=True)
class LoadFailure:
    """A plugin that could not be loaded.

    Args:
        name: What the tracker calls itself if it came that far, else its file's name.
        api_version: That the plugin was written for, None if it did not come that far.
        error: One sentence; the traceback is in the log only.
    """

    name: str
    origin: Origin
    api_version: int | None
    error: str


@dataclass(frozen=True, slots=True)
class SkippedPlugin:
    """A plugin that is not offered, as the operator wants it.

    Args:
        reason: One sentence.
    """

    origin: Origin
    reason: str


@dataclass(frozen=True, slots=True)
class Registry:
    """All plugins: trackers by slug, and why others are missing."""

    trackers: dict[str, Tracker] = field(default_factory=dict)
    failures: list[LoadFailure] = field(default_factory=list)
    skipped: list[SkippedPlugin] = field(default_factory=list)

    def get(self, slug: str) -> Tracker | None:
        """Return the tracker of that slug; None if there is none now."""
        return self.trackers.get(slug)

    def by_category(self, category: str) -> list[Tracker]:
        """Return the trackers of one tab of the Integrations page, by name."""
        found = [tracker for tracker in self.trackers.values() if tracker.info.category == category]
        return sorted(found, key=lambda tracker: tracker.info.name.casefold())


def current() -> Registry:
    """Return the registry of the current application."""
    from flask import current_app  # noqa: PLC0415 - plugins' own tests do without Flask

    return cast("Registry", current_app.extensions["sleuth_trackers"])


def name_of(slug: str) -> str:
    """Return what a tracker is called; a name made of its slug if its plugin is gone."""
    tracker = current().get(slug)
    return tracker.info.name if tracker else slug.replace("-", " ").title()


def describe(registry: Registry) -> list[dict[str, Any]]:
    """Return a row per plugin, with the same names in each: loaded ones first.

    ``state`` is ``loaded``, ``failed`` or ``skipped``; ``detail`` says why, or what an
    operator should know all the same. What is not known of a plugin is empty, or None.
    """
    rows = [
        *(_loaded_row(tracker) for tracker in registry.trackers.values()),
        *(
            _row(each.origin, "failed", each.error, label=each.name, api_version=each.api_version)
            for each in registry.failures
        ),
        *(_row(skipped.origin, "skipped", skipped.reason) for skipped in registry.skipped),
    ]
    return tidied(rows)


def _loaded_row(tracker: Tracker) -> dict[str, Any]:
    info = tracker.info
    return _row(
        tracker.origin,
        "loaded",
        " ".join(tracker.notes),
        slug=info.slug,
        label=info.name,
        category=info.category,
        api_version=info.api_version,
        hooks=sorted(tracker.hooks),
        missing_hooks=sorted(ALL_HOOKS - tracker.hooks),
        settings=sorted(tracker.settings),
        verified_on=info.verified_on,
    )


def _row(origin: Origin, state: str, detail: str, **known: Any) -> dict[str, Any]:
    return {
        "name": origin.name,
        "state": state,
        "place": origin.place,
        "version": origin.version,
        "api_version": None,
        "detail": detail,
        "slug": "",
        "label": origin.name,
        "category": "",
        "hooks": [],
        "missing_hooks": [],
        "settings": [],
        "verified_on": "",
        **known,
    }
