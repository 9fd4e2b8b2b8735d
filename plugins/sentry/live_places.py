"""Where live checks look: a project that has events, and what is in which region."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from plugins.sentry.answers import known_shape
from plugins.sentry.client import SentryClient, path_to
from plugins.sentry.organizations import find_organizations
from sleuth.plugin_api import TrackerContext, TrackerError

_ASKED = 3


@dataclass(frozen=True, slots=True)
class Place:
    """A project, by its id, and the region that answers for it.

    Args:
        environment: That it has seen, "" if none.
    """

    host: str
    organization: str
    project: str
    environment: str


def seen_place(client: SentryClient, tracker: TrackerContext) -> Place:
    """Return a project that the token may read, one with an environment if there is any.

    Raises:
        TrackerError: there is none in the first few organizations.
    """
    found: list[Place] = []
    for organization in find_organizations(client, tracker.credentials.get("organization", "")):
        if len(found) > _ASKED:
            break
        path = path_to("organizations", organization.id, "projects")
        what = "the list of projects"
        rows = client.fetch(path, what, [("per_page", "100")], organization.region_url)
        with known_shape(what):
            found += _accessible(rows, organization.region_url, organization.id)
    if not found:
        raise TrackerError("the token sees no project", permanent=True, reason="not_found")
    return next((place for place in found if place.environment), found[0])


def _accessible(rows: list[dict[str, Any]], host: str, organization: str) -> list[Place]:
    return [
        Place(host, organization, str(row["id"]), str((row.get("environments") or [""])[0]))
        for row in rows
        if row.get("hasAccess") is not False
    ]


def regions(client: SentryClient) -> dict[str, str]:
    """Return base URLs of the regions of the token's owner, by name; empty if not told."""
    answer = client.get(path_to("users", "me", "regions"))
    if answer.status != 200:
        return {}
    with known_shape("the list of regions"):
        return {str(row["name"]): client.region(row["url"]) for row in answer.json()["regions"]}


def listed_organizations(client: SentryClient, host: str = "") -> dict[str, dict[str, Any]]:
    """Return the active organizations that a host lists, by id."""
    what = "the list of organizations"
    with known_shape(what):
        return {
            str(row["id"]): row
            for row in client.rows(path_to("organizations"), what, host=host)
            if row.get("status", {}).get("id", "active") == "active"
        }


def known_organizations(
    client: SentryClient, tracker: TrackerContext
) -> list[tuple[str, dict[str, Any]]]:
    """Return id and row of each organization that is listed anywhere, or was named."""
    listed: dict[str, dict[str, Any]] = {}
    for host in ("", *regions(client).values()):
        listed |= listed_organizations(client, host)
    if listed:
        return list(listed.items())
    named = find_organizations(client, tracker.credentials.get("organization", ""))
    what = "the organization"
    return [(each.id, client.fetch(path_to("organizations", each.id), what)) for each in named]
