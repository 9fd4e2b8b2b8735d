"""What is odd about an impact source, and where Sentry itself shows its errors."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from difflib import get_close_matches
from urllib.parse import urlencode

from plugins.sentry.answers import known_shape
from plugins.sentry.client import SentryClient, path_to
from plugins.sentry.collect import search_for
from sleuth.plugin_api import ImpactConfig, ImpactWarning, TrackerContext, TrackerError

_MAX_LENGTH = 64
_LISTED = 5
_SHORTEST_ABBREVIATION = 3


def check_impact(tracker: TrackerContext, config: ImpactConfig) -> list[ImpactWarning]:
    """Say whether Sentry has seen the environment, and which one may have been meant.

    Hidden environments count as seen: they are only hidden from Sentry's own pages.

    Raises:
        TrackerError: Sentry gave no answer to judge by.
    """
    name = (config.environment or "").strip()
    if not name:
        return []
    if len(name) > _MAX_LENGTH or "/" in name or "\n" in name:
        message = "Sentry has no environment names with a slash, or longer than 64 characters."
        return [ImpactWarning("environment", message)]
    return _unseen(SentryClient(tracker), config, name)


def explore_url(config: ImpactConfig, since: datetime, until: datetime) -> str:
    """Return the address of Sentry's list of issues for a window, whatever their state."""
    attributes = config.attributes
    base = attributes.get("web_url") or f"https://{attributes.get('org_slug')}.sentry.io"
    environment = config.environment
    params = [("project", config.project_key)]
    params += [("environment", environment.strip())] if environment else []
    params += search_for("") if environment == "" else [("query", "")]
    params += [("start", _naive(since)), ("end", _naive(until)), ("utc", "true")]
    return f"{base}/issues/?{urlencode(params)}"


def _unseen(client: SentryClient, config: ImpactConfig, name: str) -> list[ImpactWarning]:
    host = client.region(config.attributes.get("region_url"))
    own = _of_project(client, config, host)
    if name in own:
        return []
    everywhere = _of_organization(client, config, host)
    if name in everywhere:
        return _seen_elsewhere(client, config, host, name, own)
    suggestion = _closest(name, own) or _closest(name, everywhere)
    return [ImpactWarning("environment", _message(name, suggestion, own), suggestion)]


def _seen_elsewhere(
    client: SentryClient, config: ImpactConfig, host: str, name: str, own: list[str]
) -> list[ImpactWarning]:
    """Decide on a name that the organization knows: hidden in this project, or another's."""
    path = path_to("projects", config.org_key, config.project_key, "environments")
    try:
        rows = client.fetch(path, "the project's environments", [("visibility", "all")], host)
    except TrackerError as error:
        if error.reason in {"forbidden", "not_found"}:
            return []
        raise
    with known_shape("the project's environments"):
        if name in [row["name"] for row in rows]:
            return []
    message = f"Sentry has seen {name} in other projects, but not in this one."
    return [ImpactWarning("environment", message + _known(own))]


def _of_project(client: SentryClient, config: ImpactConfig, host: str) -> list[str]:
    """Return the visible environments on the project's row, which needs no further scope.

    The slug only shortens the way there: by now it may be another project's.
    """
    path = path_to("organizations", config.org_key, "projects")
    slug = config.attributes.get("slug", "")
    what = "the list of projects"
    with known_shape(what):
        for query in ([("query", slug)], []) if slug else ([],):
            for row in client.rows(path, what, query, host):
                if str(row["id"]) == config.project_key:
                    return [str(name) for name in row.get("environments") or ()]
    return []


def _of_organization(client: SentryClient, config: ImpactConfig, host: str) -> list[str]:
    path = path_to("organizations", config.org_key, "environments")
    what = "the list of environments"
    rows = client.fetch(path, what, [("visibility", "all")], host)
    with known_shape(what):
        return [str(row["name"]) for row in rows]


def _closest(name: str, known: Iterable[str]) -> str:
    """Return what was probably meant; an abbreviation is closer than a similar spelling."""
    by_lower = {other.lower(): other for other in known}
    typed = name.lower()
    abbreviated = [other for other in by_lower if _is_short_for(typed, other)]
    matches = abbreviated or get_close_matches(typed, by_lower, n=1)
    return by_lower[matches[0]] if matches else ""


def _is_short_for(one: str, other: str) -> bool:
    shorter, longer = sorted((one, other), key=len)
    return len(shorter) >= _SHORTEST_ABBREVIATION and longer.startswith(shorter)


def _message(name: str, suggestion: str, own: list[str]) -> str:
    if not suggestion:
        return f"Sentry has not seen {name} yet.{_known(own)}"
    case = " Sentry tells upper from lower case." if suggestion.lower() == name.lower() else ""
    return f"Sentry has not seen {name} yet; did you mean {suggestion}?{case}"


def _known(own: list[str]) -> str:
    if not own:
        return " It has seen no environment in this project so far."
    more = ", …" if len(own) > _LISTED else ""
    return f" In this project it has seen {', '.join(own[:_LISTED])}{more}."


def _naive(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
