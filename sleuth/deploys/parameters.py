"""The parameters of a registration, from JSON or a form, into one checked value."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sleuth.deploys.values import (
    ParameterError,
    TooLargeError,
    email,
    flag,
    items,
    line,
    moment,
    number,
    parsed,
    prose,
    record,
    timestamp,
    url,
    word,
)

CLOCK_SKEW = timedelta(minutes=10)
"""How far a caller's clock may be ahead of ours; such a date counts as now."""
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)

MOST_COMMITS = 1_000
MOST_FILES = 5_000
MOST_PULL_REQUESTS = 500
MOST_PARENTS = 20
MOST_TAGS = 50
MOST_LINKS = 20
LONGEST_TAG = 64

_TAG = re.compile(r"[\w-]+")
_NEXT_LINK = re.compile(r"[\n,]\s*(?=[^=,\n]+=\s*[A-Za-z][A-Za-z0-9+.-]*:)|\n")


@dataclass(frozen=True, slots=True)
class Registration:
    """A deploy as its registration describes it.

    Args:
        revision: What was deployed, usually a commit's SHA.
        environment: Slug; empty for the project's default.
        deployed_at: None for the moment of registration.
        email: The author's; empty if not given.
        ignore_if_duplicate: Whether a repeat of the latest deploy is no error.
    """

    revision: str
    environment: str = ""
    deployed_at: datetime | None = None
    branch: str = ""
    email: str = ""
    tags: list[str] = field(default_factory=list)
    links: dict[str, str] = field(default_factory=dict)
    commits: list[dict[str, Any]] = field(default_factory=list)
    files: list[dict[str, Any]] = field(default_factory=list)
    pull_requests: list[dict[str, Any]] = field(default_factory=list)
    ignore_if_duplicate: bool = False


def parse(given: Mapping[str, Any], now: datetime) -> Registration:
    """Check every parameter; those unknown to us are ignored.

    Raises:
        ParameterError: One of them cannot be used.
    """
    found: dict[str, Any] = {
        name: read(name, given[name])
        for name, read in READERS.items()
        if given.get(name) not in (None, "")
    }
    revision = found.pop("sha", "")
    if not revision:
        raise ParameterError("sha is missing: send the revision that was deployed.")
    if "date" in found:
        found["deployed_at"] = _not_ahead(found.pop("date"), now)
    return Registration(revision=revision, **found)


def tags(name: str, value: Any) -> list[str]:
    """Read tags from a list, or from text with commas or spaces between them."""
    listed = " ".join(value.split(",")).split() if isinstance(value, str) else value
    if isinstance(value, str) and value.lstrip().startswith("["):
        listed = parsed(name, value)
    return list(dict.fromkeys(items(name, listed, _tag, MOST_TAGS)))


def links(name: str, value: Any) -> dict[str, str]:
    """Read links from an object, from a list or text of ``name=url``."""
    if isinstance(value, str) and value.lstrip().startswith("{"):
        value = parsed(name, value)
    if isinstance(value, str):
        value = [each for each in _NEXT_LINK.split(value) if each.strip()]
    pairs = value.items() if isinstance(value, dict) else items(name, value, _link, MOST_LINKS)
    if len(pairs) > MOST_LINKS:
        raise TooLargeError(f"{name} has {len(pairs)} items; at most {MOST_LINKS} are kept.")
    return {line(name, title): url(f"{name}.{title}", target) for title, target in pairs if title}


def commits(name: str, value: Any) -> list[dict[str, Any]]:
    """Read the commits that a deploy brings."""
    return items(name, value, _commit, MOST_COMMITS)


def files(name: str, value: Any) -> list[dict[str, Any]]:
    """Read the files that a deploy or a commit changes."""
    return items(name, value, _file, MOST_FILES)


def pull_requests(name: str, value: Any) -> list[dict[str, Any]]:
    """Read the pull requests that a deploy brings."""
    return items(name, value, _pull_request, MOST_PULL_REQUESTS)


def _not_ahead(at: datetime, now: datetime) -> datetime:
    if at > now + CLOCK_SKEW:
        raise ParameterError(f"date is in the future: {at.isoformat()}.")
    if at < EARLIEST:
        raise ParameterError(f"date is too long ago: {at.isoformat()}.")
    return min(at, now)


def _tag(name: str, value: Any) -> str:
    tag = line(name, value).removeprefix("#").lower()
    if not _TAG.fullmatch(tag) or len(tag) > LONGEST_TAG:
        raise ParameterError(
            f"{name}: a tag has letters, digits, - and _ only, at most {LONGEST_TAG} of them."
        )
    return tag


def _link(name: str, value: Any) -> tuple[str, str]:
    title, separator, target = str(value).partition("=")
    if not isinstance(value, str) or not separator or not title.strip():
        raise ParameterError(f"{name} must have the form name=https://….")
    return title.strip(), target.strip()


def _author(name: str, value: Any) -> dict[str, str]:
    if isinstance(value, str):
        return {"name": line(name, value)}
    return record(name, value, {"name": line, "email": line, "username": line})


def _parents(name: str, value: Any) -> list[str]:
    return items(name, value, word, MOST_PARENTS)


def _file(name: str, value: Any) -> dict[str, Any]:
    given = {"path": value} if isinstance(value, str) else value
    return record(name, given, FILE, needs=["path"])


def _commit(name: str, value: Any) -> dict[str, Any]:
    return record(name, value, COMMIT, needs=["revision"])


def _pull_request(name: str, value: Any) -> dict[str, Any]:
    return record(name, value, PULL_REQUEST, needs=["title", "url", "number"])


FILE = {"path": prose, "additions": number, "deletions": number, "url": url}
COMMIT = {
    "revision": word,
    "message": prose,
    "author": _author,
    "date": timestamp,
    "files": files,
    "parents": _parents,
    "url": url,
}
PULL_REQUEST = {
    "number": number,
    "title": prose,
    "url": url,
    "author": _author,
    "date": timestamp,
}
READERS = {
    "sha": word,
    "environment": line,
    "date": moment,
    "branch": line,
    "email": email,
    "tags": tags,
    "links": links,
    "commits": commits,
    "files": files,
    "pull_requests": pull_requests,
    "ignore_if_duplicate": flag,
}
