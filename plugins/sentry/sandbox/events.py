"""The two endpoints that count errors: events-timeseries and events-stats."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from plugins.sentry.sandbox.directory import Call
from plugins.sentry.sandbox.exchange import Answer, as_json, forbidden, no_such_resource, refuse
from plugins.sentry.sandbox.series import MINUTE
from plugins.sentry.sandbox.world import NO_ENVIRONMENT, Organization, Project

INGESTION_DELAY_SECONDS = 90
MAX_BUCKETS = 10_000
_HOUR, _DAY = 3600, 86_400
_DEFAULT_INTERVALS = (
    (_HOUR, 900),
    (_DAY, 300),
    (30 * _DAY - 1, _HOUR),
    (60 * _DAY - 1, 4 * _HOUR),
)
_UNITS = {"": 1, "s": 1, "m": MINUTE, "h": _HOUR, "d": _DAY, "w": 7 * _DAY}
_SEARCH = re.compile(r'environment:(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<plain>[^\s"]+))')
_RATE_HEADERS = {
    "X-Sentry-Rate-Limit-Limit": "30",
    "X-Sentry-Rate-Limit-Remaining": "29",
    "X-Sentry-Rate-Limit-ConcurrentLimit": "15",
    "X-Sentry-Rate-Limit-ConcurrentRemaining": "14",
}


@dataclass(frozen=True, slots=True)
class _Window:
    """What is asked for; times in epoch seconds."""

    organization: Organization
    project: Project
    environments: tuple[str, ...]
    since: int
    until: int
    interval: int
    oldest: int
    now: float

    def buckets(self) -> range:
        """Start of every bucket, among them the one that starts at ``until``."""
        first = self.since // self.interval * self.interval
        return range(first, self.until + 1, self.interval)


def events_timeseries(call: Call, organization: str) -> Answer:
    """``events-timeseries``: milliseconds, zeros filled in, incomplete buckets marked."""
    owner = call.organization(organization)
    if call.request.first("dataset") != "errors":
        raise refuse(400, "The sandbox counts dataset=errors only; name it in every call.")
    if not any(project.has_access for project in owner.projects):
        return as_json({"timeSeries": []}, headers=_limits(call))
    window = _window(call, owner)
    series = {
        "yAxis": "count()",
        "meta": {"valueType": "integer", "valueUnit": None, "interval": window.interval * 1000},
        "values": [_value(window, start, n) for start, n in _counted(call, window)],
    }
    meta = {"dataset": "errors", "start": window.since * 1000.0, "end": window.until * 1000.0}
    return as_json({"meta": meta, "timeSeries": [series]}, headers=_limits(call))


def events_stats(call: Call, organization: str) -> Answer:
    """``events-stats``: seconds, no marks; a bucket without events may be an empty list."""
    owner = call.organization(organization)
    if not any(project.has_access for project in owner.projects):
        return as_json({"data": []}, headers=_limits(call))
    window = _window(call, owner)
    document = {
        "data": [_row(start, n) for start, n in _reported(call, window)],
        "start": window.since,
        "end": window.until,
        "isMetricsData": False,
        "meta": {"fields": {"count": "integer"}, "units": {"count": None}, "dataset": "errors"},
    }
    return as_json(document, headers=_limits(call))


def _limits(call: Call) -> dict[str, str]:
    return _RATE_HEADERS if call.world.habits.tells_limits else {}


def _value(window: _Window, start: int, count: int) -> dict[str, object]:
    reason = _incomplete_reason(window, start)
    value: dict[str, object] = {
        "timestamp": start * 1000,
        "value": count,
        "incomplete": bool(reason),
    }
    return value | {"incompleteReason": reason} if reason else value


def _incomplete_reason(window: _Window, start: int) -> str:
    end = start + window.interval
    if start < window.oldest:
        return "OUTSIDE_RETENTION"
    if end > window.now:
        return "NOT_ELAPSED"
    return "INGESTION_PENDING" if end >= window.now - INGESTION_DELAY_SECONDS else ""


def _reported(call: Call, window: _Window) -> Iterator[tuple[int, int]]:
    is_partial_wanted = call.request.first("partial") == "1"
    is_single = window.until - window.since == window.interval
    for start, count in _counted(call, window):
        is_whole = start + window.interval <= window.until
        if is_whole or is_single or (is_partial_wanted and start < window.until):
            yield start, count


def _row(start: int, count: int) -> list[object]:
    is_bare = count == 0 and start // MINUTE % 2
    return [start, [] if is_bare else [{"count": count}]]


def _counted(call: Call, window: _Window) -> Iterator[tuple[int, int]]:
    buckets = window.buckets()
    since = max(buckets[0], window.since // MINUTE * MINUTE)
    until = -(-window.until // MINUTE) * MINUTE
    minutes = [0] * ((until - since) // MINUTE)
    for name in window.environments:
        counts = call.counts(window.organization, window.project, name, since, until)
        minutes = [total + count for total, count in zip(minutes, counts, strict=True)]
    for start in buckets:
        begin, end = start - since, start + window.interval - since
        kept = (
            0
            if start < window.oldest
            else sum(minutes[max(begin, 0) // MINUTE : max(end, 0) // MINUTE])
        )
        yield start, kept


def _window(call: Call, owner: Organization) -> _Window:
    project = one_project(call, owner)
    environments = _environments(call, owner, project)
    since, until = range_of(call)
    oldest = int(call.request.now.timestamp()) - owner.retention_days * _DAY
    if until <= oldest:
        raise refuse(400, "Invalid date range. Please try a more recent date range.")
    if call.request.first("yAxis", "count()") != "count()":
        raise refuse(400, "The sandbox knows yAxis=count() only.")
    interval = _interval(call.request.first("interval"), until - since)
    now = call.request.now.timestamp()
    return _Window(owner, project, environments, since, until, interval, oldest, now)


def one_project(call: Call, owner: Organization) -> Project:
    """Return the one project that is asked about; refuses several, and closed ones."""
    asked = call.request.all("project")
    accessible = [p for p in owner.projects if p.has_access]
    if not asked or asked == ["-1"]:
        asked = [p.id for p in accessible]
    found = [owner.project(id_or_slug) for id_or_slug in asked]
    if any(project is None or not project.has_access for project in found):
        raise forbidden()
    if len(found) > 1 or found[0] is None:
        raise refuse(400, "You cannot view events from multiple projects.")
    return found[0]


def environments_of(call: Call, owner: Organization, project: Project) -> tuple[str, ...]:
    """Return the project's environments that are asked about; all, if none is named.

    Raises:
        RefusalError: the organization has never seen one of them.
    """
    asked = call.request.all("environment")
    is_known = all(owner.knows_environment(name) for name in asked)
    if call.world.habits.checks_environments and not is_known:
        raise no_such_resource()
    return tuple(name for name in asked or project.environments if name in project.environments)


def _environments(call: Call, owner: Organization, project: Project) -> tuple[str, ...]:
    found, searched = environments_of(call, owner, project), _searched(call.request.first("query"))
    return found if searched is None else tuple(name for name in found if name == searched)


def _searched(query: str) -> str | None:
    """Return the environment that a search names; the server does not check that it exists."""
    if not query:
        return None
    if query == "!has:environment":
        return NO_ENVIRONMENT
    match = _SEARCH.fullmatch(query)
    if match is None:
        raise refuse(400, f"The sandbox cannot parse the search {query!r}.")
    return match["plain"] or re.sub(r"\\(.)", r"\1", match["quoted"])


def range_of(call: Call) -> tuple[int, int]:
    """Return the window that is asked about, in epoch seconds."""
    period = call.request.first("statsPeriod")
    start, end = call.request.first("start"), call.request.first("end")
    if period or not (start or end):
        until = int(call.request.now.timestamp())
        return until - (_seconds(period) or 90 * _DAY), until
    if not (start and end):
        raise refuse(400, "Invalid date range: start and end are both required")
    since, until = _instant(start), _instant(end)
    if since >= until:
        raise refuse(400, "Invalid date range: start must be before end")
    return since, until


def _instant(text: str) -> int:
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        raise refuse(400, f"{text} is not a valid ISO8601 date query") from None
    return int((parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp())


def _interval(text: str, span: int) -> int:
    """Like Sentry, replace an interval that is senseless or too fine, and say nothing."""
    seconds = _seconds(text)
    is_whole_minutes = seconds > 0 and seconds % MINUTE == 0
    if is_whole_minutes and span / seconds <= MAX_BUCKETS:
        return seconds
    return default_interval(span)


def default_interval(span: int) -> int:
    """Return the bucket width that Sentry picks for a range of so many seconds."""
    return next((width for limit, width in _DEFAULT_INTERVALS if span <= limit), _DAY)


def _seconds(text: str) -> int:
    match = re.fullmatch(r"(\d+)([smhdw]?)", text)
    return int(match[1]) * _UNITS[match[2]] if match else 0
