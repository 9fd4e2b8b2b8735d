"""Which endpoint answers which path."""

from __future__ import annotations

import re
from collections.abc import Callable

from plugins.sentry.sandbox import directory, events, issues
from plugins.sentry.sandbox.directory import Call
from plugins.sentry.sandbox.exchange import Answer, RefusalError, as_json, nothing_here

_ORGANIZATION = r"/api/0/organizations/(?P<organization>[^/]+)"
_PROJECT = r"/api/0/projects/(?P<organization>[^/]+)/(?P<project>[^/]+)"

ROUTES: tuple[tuple[re.Pattern[str], Callable[..., Answer]], ...] = tuple(
    (re.compile(pattern), endpoint)
    for pattern, endpoint in (
        (r"/api/0/", directory.index),
        (r"/api/0/users/me/regions/", directory.regions),
        (r"/api/0/organizations/", directory.organizations),
        (r"/api/0/projects/", directory.all_projects),
        (_ORGANIZATION + "/", directory.organization),
        (_ORGANIZATION + "/projects/", directory.projects),
        (_ORGANIZATION + "/environments/", directory.organization_environments),
        (_ORGANIZATION + "/events-timeseries/", events.events_timeseries),
        (_ORGANIZATION + "/events-stats/", events.events_stats),
        (_ORGANIZATION + "/issues/", issues.issues),
        (_ORGANIZATION + "/releases/", issues.releases),
        (_PROJECT + "/", directory.project),
        (_PROJECT + "/environments/", directory.project_environments),
    )
)
_ANONYMOUS = {"version": "0", "auth": None, "user": None}
_NO_SLASH = b"Route not found, did you forget a trailing slash?"


def answer(make_call: Callable[[], Call], path: str, *, is_anonymous: bool) -> Answer:
    """Answer an API request.

    Args:
        make_call: Authenticates the caller; raises RefusalError.
        is_anonymous: Whether the request carries no Authorization header at all, which
            the index answers with 200.
    """
    try:
        endpoint, parts = _match(path)
        if is_anonymous and endpoint is directory.index:
            return as_json(_ANONYMOUS)
        return endpoint(make_call(), *parts)
    except RefusalError as refusal:
        return refusal.answer


def _match(path: str) -> tuple[Callable[..., Answer], tuple[str, ...]]:
    for pattern, endpoint in ROUTES:
        match = pattern.fullmatch(path)
        if match:
            return endpoint, match.groups()
    if not path.endswith("/"):
        raise RefusalError(Answer(404, _NO_SLASH, {"Content-Type": "text/plain"}))
    raise nothing_here()
