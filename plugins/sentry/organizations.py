"""Which organizations and projects a token can see, over all regions."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from plugins.sentry.answers import known_shape, name_of
from plugins.sentry.client import SentryClient, path_to
from sleuth.plugin_api import RemoteProject, TrackerContext, TrackerError

Found = TypeVar("Found")
Place = TypeVar("Place")

_SLUG_IN_ADDRESS = re.compile(
    r"(?:https?://)?(?:[^/]+/organizations/(?P<path>[\w-]+)|(?P<host>[\w-]+)\.sentry\.io\b).*"
)


@dataclass(frozen=True, slots=True)
class Organization:
    """An organization in Sentry.

    Args:
        id: Stays the same when the organization is renamed; accepted in paths.
        region_url: Base URL that its data is read from.
        web_url: Base URL of its pages.
    """

    id: str
    slug: str
    name: str
    region_url: str
    web_url: str


def find_organizations(client: SentryClient, named: str = "") -> list[Organization]:
    """List the active organizations that the token can see.

    Args:
        named: Slug or address of an organization, for tokens of internal integrations,
            to which Sentry shows an empty list.

    Raises:
        TrackerError: every region failed, or the named organization cannot be read.
    """
    listed = _over_regions(client, lambda host: _listed(client, host))
    if listed:
        return list({organization.id: organization for organization in listed}.values())
    if named:
        return [fetch_organization(client, _slug(named))]
    return [fetch_organization(client, slug) for slug in _slugs_of_projects(client)]


def fetch_organization(client: SentryClient, id_or_slug: str, host: str = "") -> Organization:
    """Return one organization.

    Raises:
        TrackerError: ``not_found``, ``forbidden`` or no answer.
    """
    what = f"the organization {id_or_slug}"
    row = client.fetch(path_to("organizations", id_or_slug), what, host=host)
    with known_shape(what):
        return _organization(client, row)


def list_projects(tracker: TrackerContext) -> list[RemoteProject]:
    """List the projects of every organization the token can see.

    Raises:
        TrackerError: there is no organization, or none of them could be read.
    """
    client = SentryClient(tracker)
    organizations = find_organizations(client, tracker.credentials.get("organization", ""))
    if not organizations:
        raise TrackerError(
            "This Sentry token sees no organization any more.",
            permanent=True,
            reason="action_required",
        )
    return _tolerantly(organizations, lambda organization: _projects(client, organization))


def _over_regions(client: SentryClient, read: Callable[[str], list[Found]]) -> list[Found]:
    """Join what the control silo and all regions list; which of them lists what has changed."""
    return _tolerantly(dict.fromkeys([client.base, *_regions(client)]), read)


def _tolerantly(places: Collection[Place], read: Callable[[Place], list[Found]]) -> list[Found]:
    """Join what can be read of several places; raises the first error if nothing can."""
    found: list[Found] = []
    errors: list[TrackerError] = []
    for place in places:
        try:
            found += read(place)
        except TrackerError as error:
            if error.reason == "rate_limited":
                raise
            errors.append(error)
    if errors and len(errors) == len(places):
        raise errors[0]
    return found


def _regions(client: SentryClient) -> list[str]:
    """Return the regions of the token's owner; the endpoint is undocumented and may fail."""
    try:
        document = client.fetch(path_to("users", "me", "regions"), "the list of regions")
        with known_shape("the list of regions"):
            return [client.region(row["url"]) for row in document["regions"]]
    except TrackerError as error:
        if error.reason == "rate_limited":
            raise
        return []


def _listed(client: SentryClient, host: str) -> list[Organization]:
    what = "the list of organizations"
    with known_shape(what):
        return [
            _organization(client, row)
            for row in client.rows(path_to("organizations"), what, host=host)
            if row.get("status", {}).get("id", "active") == "active"
        ]


def _slugs_of_projects(client: SentryClient) -> list[str]:
    """Find out an integration's organization from its projects, where Sentry lists those."""
    what = "the list of projects"
    try:
        with known_shape(what):
            rows = client.rows(path_to("projects"), what)
            return list(dict.fromkeys(name_of(row["organization"]["slug"]) for row in rows))
    except TrackerError as error:
        if error.reason in {"credentials", "forbidden", "not_found"}:
            return []
        raise


def _organization(client: SentryClient, row: Mapping[str, Any]) -> Organization:
    links = row.get("links") or {}
    slug = name_of(row["slug"])
    web_url = client.region(links.get("organizationUrl"))
    return Organization(
        id=name_of(row["id"]),
        slug=slug,
        name=name_of(row.get("name") or slug),
        region_url=client.region(links.get("regionUrl")),
        web_url=f"{client.base}/organizations/{slug}" if web_url == client.base else web_url,
    )


def _projects(client: SentryClient, organization: Organization) -> list[RemoteProject]:
    what = f"the projects of {organization.name}"
    path = path_to("organizations", organization.id, "projects")
    with known_shape(what):
        return [
            _project(organization, row)
            for row in client.rows(path, what, host=organization.region_url)
        ]


def _project(organization: Organization, row: Mapping[str, Any]) -> RemoteProject:
    slug = name_of(row["slug"])
    return RemoteProject(
        key=name_of(row["id"]),
        label=_label(name_of(row.get("name") or slug), slug),
        org_key=organization.id,
        org_label=organization.name,
        environments=tuple(map(name_of, row.get("environments") or ())),
        is_accessible=row.get("hasAccess") is not False,
        attributes={
            "region_url": organization.region_url,
            "web_url": organization.web_url,
            "org_slug": organization.slug,
            "slug": slug,
        },
    )


def _label(name: str, slug: str) -> str:
    """Return the name, with the slug where one does not give away the other."""
    return name if name.lower().replace(" ", "-") == slug else f"{name} ({slug})"


def _slug(named: str) -> str:
    match = _SLUG_IN_ADDRESS.fullmatch(named.strip())
    return (match["path"] or match["host"]) if match else named.strip().strip("/")
