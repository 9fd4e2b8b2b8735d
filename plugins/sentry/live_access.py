"""Live checks about tokens, organizations, regions and pages."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from plugins.sentry.answers import LIMITED_TO_ORGANIZATIONS, detail_of, header_of, parsed
from plugins.sentry.client import SentryClient, is_within, path_to
from plugins.sentry.live_places import (
    known_organizations,
    listed_organizations,
    regions,
    seen_place,
)
from sleuth.http import is_host_within
from sleuth.plugin_api import HttpAnswer, TrackerContext
from sleuth.testing.live import Finding, finding, not_found_out, shape_of

_KINDS = ("sntryu_", "sntryi_", "sntrya_", "sntrys_")
_SERVICE = "sentry.io"
_PROXY_USER = "@proxy-user.sentry.io"
_SCOPE = re.compile(r"[a-z]+:[a-z]+")
_REGION = re.compile(r"[a-z]{2,3}\d?")
"""Like us2; what else regions are called may be somebody's."""


def token_index(tracker: TrackerContext) -> Finding:
    """Ask the index with the token and without."""
    client = SentryClient(tracker)
    answer = client.get(path_to())
    bare = tracker.http.get(f"{client.base}{path_to()}", headers={"Accept": "application/json"})
    kind = next((each for each in _KINDS if client.token.startswith(each)), "without a prefix")
    anonymous = parsed(bare) if bare.status == 200 else {}
    is_anonymous = bare.status == 200 and anonymous.get("auth", "") is None
    seen = [f"a token {kind}", f"without a token: {bare.status}, {shape_of(anonymous)}"]
    if answer.status == 401 and detail_of(answer).text == LIMITED_TO_ORGANIZATIONS:
        return finding(is_anonymous, *seen, "with it: 401, limited to organization endpoints")
    document = client.document(answer, "the owner of the token")
    auth, user = document.get("auth") or {}, document.get("user") or {}
    scopes = [each for each in auth.get("scopes") or () if isinstance(each, str)]
    is_proxy = str(user.get("email", "")).endswith(_PROXY_USER)
    seen += [
        f"with it: {answer.status}, auth {shape_of(auth)}",
        f"scopes: {', '.join(scopes) or 'none'}",
        f"its user is {'a proxy user' if is_proxy else 'a person' if user else 'nobody'}",
    ]
    return finding(is_anonymous and "scopes" in auth, *seen, public=_plain(scopes, _SCOPE))


def organizations_of_all_regions(tracker: TrackerContext) -> Finding:
    """Compare the list of the control silo with those of all regions."""
    client = SentryClient(tracker)
    control = listed_organizations(client)
    by_region = {name: listed_organizations(client, url) for name, url in regions(client).items()}
    seen = [
        f"sentry.io lists {len(control)}",
        *(f"{name} lists {len(rows)}" for name, rows in by_region.items()),
    ]
    if not by_region:
        return not_found_out("the regions of this token are not told", *seen)
    if len([rows for rows in by_region.values() if rows]) < 2:
        because = "the organizations of this token are not in several regions"
        return not_found_out(because, *seen, public=_plain(by_region, _REGION))
    missing = {number for rows in by_region.values() for number in rows} - set(control)
    seen.append(f"missing at sentry.io: {len(missing)}")
    return finding(bool(missing), *seen, public=_plain(by_region, _REGION))


def region_hosts(tracker: TrackerContext) -> Finding:
    """Ask each region that an organization names for the projects of that organization."""
    client = SentryClient(tracker)
    names = regions(client)
    by_url = {_region_url(row): number for number, row in known_organizations(client, tracker)}
    seen, are_fine, hosts = [], [], [_host(url) for url in by_url]
    for (url, number), host in zip(by_url.items(), hosts, strict=True):
        path = path_to("organizations", number, "projects")
        answer = client.get(path, [("per_page", "1")], client.region(url))
        is_ours = bool(url) and is_within(client.base, url)
        are_fine.append(is_ours and answer.status == 200)
        where = "" if is_ours else ", which is not below the service's own: asked there instead"
        seen.append(f"regionUrl {host}: {answer.status}{where}")
    seen.append(f"regions: {', '.join(names) or 'none are told'}")
    return finding(
        bool(are_fine) and all(are_fine), *seen, public=[*_plain(names, _REGION), *hosts]
    )


def integration_projects(tracker: TrackerContext) -> Finding:
    """Ask for the projects of all organizations."""
    client = SentryClient(tracker)
    if not client.token.startswith("sntryi_"):
        return not_found_out("it takes the token of an internal integration")
    listed = client.get(path_to("organizations"), [("per_page", "100")])
    answer = client.get(path_to("projects"), [("per_page", "100")])
    rows = _rows(answer)
    are_named = bool(rows) and all(row.get("organization", {}).get("slug") for row in rows)
    return finding(
        listed.status == 200 and not _rows(listed) and are_named,
        f"the list of organizations: {listed.status}, {len(_rows(listed))} rows",
        f"the list of projects: {answer.status}, {len(rows)} rows",
        f"each row names its organization: {'yes' if are_named else 'no'}",
    )


def paging(tracker: TrackerContext) -> Finding:
    """Ask for one row of a list."""
    client = SentryClient(tracker)
    place = seen_place(client, tracker)
    path = path_to("organizations", place.organization, "projects")
    answer = client.get(path, [("per_page", "1")], place.host)
    link = header_of(answer, "link")
    parts = [part for part in link.split(", <") if part]
    has_both = all(f'rel="{each}"' in link for each in ("previous", "next"))
    are_whole = bool(parts) and all("results=" in each and "cursor=" in each for each in parts)
    following = answer.next_link()
    return finding(
        answer.status == 200 and has_both and are_whole,
        f"{answer.status} with {len(parts)} links",
        f"previous and next: {'yes' if has_both else 'no'}",
        f"results and cursor in each: {'yes' if are_whole else 'no'}",
        f"next has results: {following.get('results', 'nothing said')}",
        public=("true", "false"),
    )


def _rows(answer: HttpAnswer) -> list[dict[str, Any]]:
    rows = parsed(answer) if answer.status == 200 else []
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _plain(words: Iterable[str], form: re.Pattern[str]) -> list[str]:
    return [each for each in words if form.fullmatch(each)]


def _region_url(row: dict[str, Any]) -> str:
    return str((row.get("links") or {}).get("regionUrl") or "")


def _host(url: str) -> str:
    """Return the host of a region; a server of somebody's own is not told."""
    host = urlsplit(url).hostname or "none"
    return host if host == "none" or is_host_within(host, _SERVICE) else "a host of its own"
