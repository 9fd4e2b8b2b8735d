"""Issues and releases: what is new, since when, and with which release."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from plugins.sentry.sandbox.access import EVENT_READ, RELEASES_READ
from plugins.sentry.sandbox.directory import Call
from plugins.sentry.sandbox.events import environments_of, one_project, range_of
from plugins.sentry.sandbox.exchange import CONTROL, Answer, paginated, refuse
from plugins.sentry.sandbox.kinds import Kind
from plugins.sentry.sandbox.shapes import issue_row, release_row

MAX_LIMIT = 100
DEFAULT_SEARCH = "is:unresolved"
SORTS = ("date", "freq", "inbox", "new", "recommended", "trends", "user")
_TERM = re.compile(r'([\w.]+):(>=|<=|>|<|)("(?:[^"\\]|\\.)*"|\S+)\s*')
_AGES: dict[str, Callable[[float, float], bool]] = {
    ">=": lambda one, other: one >= other,
    "<=": lambda one, other: one <= other,
    ">": lambda one, other: one > other,
    "<": lambda one, other: one < other,
    "": lambda one, other: one == other,
}


@dataclass(frozen=True, slots=True)
class _Seen:
    """A kind of error as the asked window and environments show it.

    Args:
        born: When it was first seen there at all, epoch seconds.
        first, last: When it was first and last seen in the window.
    """

    kind: Kind
    born: float
    first: float
    last: float
    count: int

    @property
    def users(self) -> int:
        """People affected."""
        return min(self.count, 1 + self.count * 2 // 3)


def issues(call: Call, organization: str) -> Answer:
    """``issues``: by default only those that nobody has resolved."""
    owner = call.organization(organization, EVENT_READ)
    project = one_project(call, owner)
    environments = environments_of(call, owner, project)
    since, until = range_of(call)
    wanted = _search(call.request.first("query", DEFAULT_SEARCH))
    found = [
        seen
        for kind in call.kinds(owner, project)
        if kind.environment in environments
        and (seen := _seen(call, kind, since, until)) is not None
        and all(test(seen) for test in wanted)
    ]
    base = f"{call.urls[CONTROL]}/organizations/{owner.slug}"
    rows = [issue_row(project, each.kind, _figures(each), base) for each in _sorted(call, found)]
    return paginated(rows, call.request, call.other_url(), size=_limit(call))


def releases(call: Call, organization: str) -> Answer:
    """``releases``, the newest first; ``query`` is a part of the version, in any case."""
    owner = call.organization(organization, RELEASES_READ)
    asked = call.request.all("project")
    part = call.request.first("query").lower()
    kinds = [
        (project, kind)
        for project in owner.projects
        if project.has_access and (not asked or {project.id, project.slug, "-1"} & set(asked))
        for kind in call.kinds(owner, project)
        if kind.release and part in kind.release.lower()
    ]
    first: dict[str, Any] = {}
    for project, kind in sorted(kinds, key=lambda pair: pair[1].first_seen):
        first.setdefault(kind.release, release_row(project, kind.release, _iso(kind.first_seen)))
    return paginated([*first.values()][::-1], call.request, call.other_url())


def _limit(call: Call) -> int:
    text = call.request.first("limit", str(MAX_LIMIT))
    if not text.isdigit() or not 1 <= int(text) <= MAX_LIMIT:
        raise refuse(400, f"Invalid limit value. Must be between 1 and {MAX_LIMIT}.")
    return int(text)


def _sorted(call: Call, found: list[_Seen]) -> list[_Seen]:
    sort = call.request.first("sort", "date")
    if sort not in SORTS:
        raise refuse(400, f"Invalid sort value {sort!r}.")
    keys: dict[str, Callable[[_Seen], float]] = {
        "freq": lambda seen: seen.count,
        "new": lambda seen: seen.born,
        "user": lambda seen: seen.users,
    }
    return sorted(found, key=keys.get(sort, lambda seen: seen.last), reverse=True)


def _seen(call: Call, kind: Kind, since: int, until: int) -> _Seen | None:
    """Return a kind as a window shows it, None if no event of it lies there."""
    now = call.request.now.timestamp()
    times = [at for at in kind.times(min(now, until)) if since <= at]
    if not times:
        return None
    return _Seen(kind, kind.first_seen, times[0], times[-1], len(times))


def _search(query: str) -> list[Callable[[_Seen], bool]]:
    """Return what an issue has to pass.

    Raises:
        RefusalError: the sandbox does not know such a search.
    """
    return list(_tests(query))


def _tests(query: str) -> Iterator[Callable[[_Seen], bool]]:
    rest = query.strip()
    while rest:
        match = _TERM.match(rest)
        if match is None:
            raise refuse(400, f"The sandbox cannot parse the search {query!r}.")
        rest = rest[match.end() :]
        yield _test(match[1], match[2], _unquoted(match[3]))


def _test(name: str, sign: str, value: str) -> Callable[[_Seen], bool]:
    if name == "is" and value == "unresolved":
        return lambda seen: not seen.kind.is_resolved
    if name == "issue.category":
        return lambda seen: seen.kind.category == value
    if name in {"firstRelease", "first-release"}:
        return lambda seen: seen.kind.release == value
    if name == "firstSeen":
        moment, is_so = _instant(value), _AGES[sign]
        return lambda seen: is_so(seen.born, moment)
    raise refuse(400, f"The sandbox knows no search for {name}.")


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1]) if text.startswith('"') else text


def _instant(text: str) -> float:
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        raise refuse(400, f"Invalid date: {text}") from None
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()


def _figures(seen: _Seen) -> dict[str, Any]:
    first, last = _iso(seen.first), _iso(seen.last)
    count, born = str(seen.count), _iso(seen.kind.first_seen_anywhere)
    return {
        "count": count,
        "userCount": seen.users,
        "firstSeen": first,
        "lastSeen": last,
        "lifetime": {
            "count": count,
            "userCount": seen.users,
            "firstSeen": born,
            "lastSeen": last,
            "stats": None,
        },
    }


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
