"""What an integration card shows, as plain data for its template."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from sleuth.integrations.models import Integration
from sleuth.integrations.service import integrations_of, registry
from sleuth.plugin_api import TrackerInfo
from sleuth.trackers import LoadFailure, describe, name_of

CATEGORY_TITLES = {"error-trackers": "Error Trackers"}
LONGEST_QUERY = 100


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
    """One category of the Integrations page.

    Args:
        count: Trackers in it that match what is searched for.
    """

    slug: str
    title: str
    count: int


@dataclass(frozen=True, slots=True)
class Shelf:
    """What the Integrations page shows of one category.

    Args:
        query: What is searched for; empty shows everything.
        cards: Connected ones first, and of these the ones in trouble.
    """

    category: str
    query: str
    tabs: list[Tab]
    cards: list[Card]
    orphans: list[Orphan]
    failures: list[LoadFailure]

    @property
    def is_empty(self) -> bool:
        return not (self.cards or self.orphans or self.failures)


def is_category(slug: str) -> bool:
    """Tell whether a category has a page; Error Trackers always has, the navigation leads there."""
    return slug in CATEGORY_TITLES or slug in _categories(trackers())


def shelf(
    connected: Mapping[str, Integration],
    category: str,
    entered: str,
    troubled: Collection[str] = (),
) -> Shelf:
    """Return the trackers of a category whose name or description has all words searched for.

    Args:
        connected: The organization's integrations by provider.
        entered: What is searched for, as it was typed.
        troubled: Providers whose integration needs attention.
    """
    query = " ".join(entered.split())[:LONGEST_QUERY]
    found = [each for each in trackers() if _has(query, each.name, each.description)]
    shown = [Card(each, connected.get(each.slug)) for each in found if each.category == category]
    return Shelf(
        category,
        query,
        [Tab(slug, _title(slug), _categories(found)[slug]) for slug in _in_order(trackers())],
        sorted(shown, key=lambda each: _place(each, troubled)),
        [each for each in _orphans(connected) if _has(query, each.name)],
        [each for each in registry().failures if _has(query, each.name)],
    )


def trackers() -> list[TrackerInfo]:
    """Return what the loaded trackers say of themselves."""
    return [tracker.info for tracker in registry().trackers.values()]


def _categories(infos: Iterable[TrackerInfo]) -> Counter[str]:
    return Counter(info.category for info in infos)


def _in_order(infos: Iterable[TrackerInfo]) -> list[str]:
    """Return the categories there are, Error Trackers first."""
    return sorted(_categories(infos), key=lambda slug: (slug not in CATEGORY_TITLES, slug))


def _has(query: str, *texts: str) -> bool:
    text = " ".join(texts).casefold()
    return all(word in text for word in query.casefold().split())


def _place(card: Card, troubled: Collection[str]) -> tuple[bool, bool, str]:
    info = card.info
    return not card.is_connected, info.slug not in troubled, info.name.casefold()


def card(organization_id: int, provider: str) -> Card | None:
    """Return one tracker's card, or None if no such tracker is loaded."""
    tracker = registry().get(provider)
    if tracker is None:
        return None
    return Card(tracker.info, integrations_of(organization_id).get(provider))


def orphans(organization_id: int) -> list[Orphan]:
    """Return the integrations whose plugin is not loaded, by tracker."""
    return _orphans(integrations_of(organization_id))


def orphan(organization_id: int, provider: str) -> Orphan | None:
    """Return an integration whose plugin is not loaded; None if it is, or there is none."""
    found = {each.integration.provider: each for each in orphans(organization_id)}
    return found.get(provider)


def _orphans(connected: Mapping[str, Integration]) -> list[Orphan]:
    missing = sorted(connected.keys() - registry().trackers.keys())
    return [_orphan(connected[provider]) for provider in missing]


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


def _title(slug: str) -> str:
    return CATEGORY_TITLES.get(slug) or slug.replace("-", " ").title()
