"""What an integration card shows, as plain data for its template."""

from __future__ import annotations

from dataclasses import dataclass

from sleuth.integrations.models import Integration
from sleuth.integrations.service import integrations_of, registry
from sleuth.plugin_api import TrackerInfo
from sleuth.trackers import LoadFailure, describe, name_of

CATEGORY_TITLES = {"error-trackers": "Error Trackers"}


@dataclass(frozen=True, slots=True)
class Card:
    """One tracker on the Integrations page, connected or not."""

    info: TrackerInfo
    integration: Integration | None

    @property
    def is_connected(self) -> bool:
        return self.integration is not None


@dataclass(frozen=True, slots=True)
class Orphan:
    """A connected tracker whose plugin is not loaded.

    Args:
        reason: Why not, where a plugin that bears its name is known; for administrators.
    """

    integration: Integration
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Tab:
    """One category of the Integrations page."""

    slug: str
    title: str


def tabs() -> list[Tab]:
    """Return the categories that the loaded trackers belong to, Error Trackers first."""
    found = {tracker.info.category for tracker in registry().trackers.values()}
    others = sorted(found - CATEGORY_TITLES.keys())
    return [
        Tab(slug, CATEGORY_TITLES.get(slug) or _title(slug)) for slug in [*CATEGORY_TITLES, *others]
    ]


def cards(organization_id: int, category: str) -> list[Card]:
    """Return the cards of one category by name."""
    connected = integrations_of(organization_id)
    trackers = registry().by_category(category)
    return [Card(each.info, connected.get(each.info.slug)) for each in trackers]


def card(organization_id: int, provider: str) -> Card | None:
    """Return one tracker's card, or None if no such tracker is loaded."""
    tracker = registry().get(provider)
    if tracker is None:
        return None
    return Card(tracker.info, integrations_of(organization_id).get(provider))


def orphans(organization_id: int) -> list[Orphan]:
    """Return the integrations whose plugin is not loaded, by tracker."""
    connected = sorted(integrations_of(organization_id).items())
    return [_orphan(each) for provider, each in connected if registry().get(provider) is None]


def orphan(organization_id: int, provider: str) -> Orphan | None:
    """Return an integration whose plugin is not loaded; None if it is, or there is none."""
    found = {each.integration.provider: each for each in orphans(organization_id)}
    return found.get(provider)


def _orphan(integration: Integration) -> Orphan:
    rows = [each for each in describe(registry()) if each["state"] != "loaded"]
    own = [each for each in rows if _alike(each["name"]) == _alike(integration.provider)]
    reasons = [f"{each['name']}: {each['detail']}" for each in own]
    others = [each["name"] for each in rows if each["state"] == "failed" and each not in own]
    if others:
        reasons.append(f"Plugins that failed to load: {', '.join(others)}.")
    return Orphan(integration, name_of(integration.provider), " ".join(reasons))


def _alike(name: str) -> str:
    """Return what a plugin's file and its slug most often have in common."""
    return name.lower().replace("_", "-")


def failures() -> list[LoadFailure]:
    """Return the plugins that failed to load."""
    return list(registry().failures)


def _title(slug: str) -> str:
    return slug.replace("-", " ").title()
