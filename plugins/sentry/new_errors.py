"""Issues that Sentry first saw in a window: of the deploy's own release where there is one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from plugins.sentry.answers import known_shape
from plugins.sentry.client import PAGE_SIZE, Params, SentryClient, path_to
from plugins.sentry.organizations import fetch_organization
from sleuth.plugin_api import HttpAnswer, ImpactConfig, NewError, TrackerContext, TrackerError

MOST_PAGES = 5
"""Of a hundred issues each, those with the most events first."""

_CATEGORY = "error"
_SHORTEST_HASH = 7
_HASH = re.compile(r"[0-9a-f]{7,64}", re.IGNORECASE)
_WHAT = "the issues"


@dataclass(frozen=True, slots=True)
class _Question:
    """Which issues are asked for, and where.

    Args:
        release: The release that has to be their first, "" for any.
    """

    client: SentryClient
    host: str
    config: ImpactConfig
    since: datetime
    until: datetime
    release: str = ""

    @property
    def environment(self) -> str | None:
        """The environment's name as Sentry has it; None for all of them."""
        return None if self.config.environment is None else self.config.environment.strip()

    @property
    def place(self) -> list[tuple[str, str]]:
        """The parameter that names the project."""
        return [("project", self.config.project_key)]

    @property
    def params(self) -> Params:
        """What is asked for; the search is never left out, or Sentry shows open issues only."""
        environment = self.environment
        return [
            *self.place,
            *([] if environment is None else [("environment", environment)]),
            ("query", self.search),
            ("start", _zulu(self.since)),
            ("end", _zulu(self.until)),
            ("sort", "freq"),
            ("collapse", "stats"),
            ("limit", PAGE_SIZE),
        ]

    @property
    def search(self) -> str:
        """The search; with an environment, Sentry takes "first seen" to mean there."""
        terms = [
            f"issue.category:{_CATEGORY}",
            f"firstSeen:>={_naive(self.since)}",
            f"firstSeen:<{_naive(self.until)}",
        ]
        if self.release:
            escaped = "".join(f"\\{c}" if c in '\\"*' else c for c in self.release)
            terms.append(f'firstRelease:"{escaped}"')
        return " ".join(terms)


def list_new_errors(
    tracker: TrackerContext,
    config: ImpactConfig,
    since: datetime,
    until: datetime,
    revision: str = "",
) -> list[NewError]:
    """List the issues first seen in ``[since, until)``, those with the most events first.

    Where Sentry knows a release of the revision, only issues that came with it are listed.
    Nobody is asked about releases where nothing is new.

    Raises:
        TrackerError: the list could not be had; ``forbidden`` if the token may not read issues.
    """
    client = SentryClient(tracker)
    host = client.region(config.attributes.get("region_url"))
    question = _Question(client, host, config, since, until)
    found = _listed(question)
    release = _release_of(question, revision) if found and revision else ""
    if not release:
        return found
    return _listed(_Question(client, host, config, since, until, release))


def matches(release: str, revision: str) -> bool:
    """Tell whether a release is that of a revision.

    It is if both are the same, if the release is ``package@revision``, or if one of two hashes
    begins with the other, of which seven digits are given at least.
    """
    version = release.rpartition("@")[2]
    if revision in {release, version}:
        return True
    short, long = sorted((version.lower(), revision.lower()), key=len)
    are_hashes = _HASH.fullmatch(short) is not None and _HASH.fullmatch(long) is not None
    return are_hashes and long.startswith(short)


def _release_of(question: _Question, revision: str) -> str:
    """Return the release of a revision; "" if there is none, or the token may not know."""
    part = revision[:_SHORTEST_HASH] if _HASH.fullmatch(revision) else revision
    organization = question.config.org_key
    params = [*question.place, ("query", part), ("per_page", PAGE_SIZE)]
    answer = question.client.get(
        path_to("organizations", organization, "releases"), params, question.host
    )
    if answer.status in {403, 404}:
        return ""
    rows = question.client.document(answer, "the releases")
    with known_shape("the releases"):
        versions = [str(row["version"]) for row in rows]
    return next((each for each in versions if matches(each, revision)), "")


def _listed(question: _Question) -> list[NewError]:
    with known_shape(_WHAT):
        found = [_new_error(row) for row in _rows(question) if _is_wanted(row, question)]
    return sorted(
        (each for each in found if question.since <= each.first_seen_at < question.until),
        key=lambda each: -each.count,
    )


def _rows(question: _Question) -> Iterator[Any]:
    """Yield the rows of the first pages."""
    cursor = ""
    for _page in range(MOST_PAGES):
        answer = _page_of(question, cursor)
        if answer is None:
            return
        rows = question.client.document(answer, _WHAT)
        if not isinstance(rows, list):
            raise TypeError("no list")
        yield from rows
        link = answer.next_link()
        if link.get("results") != "true" or link.get("cursor", "") in {"", cursor}:
            return
        cursor = link["cursor"]


def _page_of(question: _Question, cursor: str) -> HttpAnswer | None:
    """Return one page; None where the environment was never seen, so that nothing in it is new.

    Raises:
        TrackerError: the organization is gone, or the token may not read issues.
    """
    client, organization = question.client, question.config.org_key
    params = [*question.params, *([("cursor", cursor)] if cursor else [])]
    answer = client.get(path_to("organizations", organization, "issues"), params, question.host)
    if answer.status == 404 and question.environment is not None:
        fetch_organization(client, organization, question.host)
        return None
    if answer.status == 403:
        raise TrackerError(
            "Sentry does not let this token list issues. It needs the scope event:read, and its "
            "owner has to be in a team that the project belongs to.",
            permanent=True,
            reason="forbidden",
        )
    return answer


def _is_wanted(row: Any, question: _Question) -> bool:
    """Whether an issue is an error, and not one that is older than what the window shows of it.

    Across all environments the whole life of an issue counts; in one of them, being seen there
    for the first time does, which the search has seen to.
    """
    if row.get("issueCategory", _CATEGORY) != _CATEGORY:
        return False
    born = (row.get("lifetime") or {}).get("firstSeen")
    if question.environment is not None or not born:
        return bool(row.get("firstSeen"))
    return bool(row.get("firstSeen")) and _instant(born) >= question.since


def _new_error(row: Any) -> NewError:
    title = " ".join(str(row["title"] or row.get("culprit") or row["shortId"]).split())
    link = row.get("permalink")
    return NewError(
        title=title or str(row["id"]),
        url=link if isinstance(link, str) and link.startswith(("https://", "http://")) else "",
        first_seen_at=_instant(row["firstSeen"]),
        count=max(1, int(row["count"])),
        users=int(row["userCount"]) if row.get("userCount") is not None else None,
    )


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _naive(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _zulu(moment: datetime) -> str:
    return f"{_naive(moment)}Z"
