"""The calls that count errors, and finding out why they were refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from plugins.sentry.answers import BusyError, detail_of, header_of, number_in
from plugins.sentry.client import Params, SentryClient, path_to
from plugins.sentry.counts import (
    Window,
    from_stats,
    from_timeseries,
    joined,
    nothing_kept,
    window_of,
)
from plugins.sentry.organizations import fetch_organization
from sleuth.plugin_api import (
    CountSeries,
    HttpAnswer,
    ImpactConfig,
    TrackerContext,
    TrackerError,
)

MAX_BUCKETS = 9_000
_TIMESERIES = "events-timeseries"
_STATS = "events-stats"


@dataclass(frozen=True, slots=True)
class _Source:
    """What is counted, and the region it is read from."""

    client: SentryClient
    host: str
    organization: str
    project: str
    environment: str | None
    slug: str

    def ask(self, endpoint: str, window: Window, *, is_search: bool = False) -> HttpAnswer:
        """Ask for the counts of a window.

        Args:
            is_search: Name the environment in the search, where Sentry does not insist on
                having seen it.
        """
        params = [
            ("dataset", "errors"),
            ("project", self.project),
            *self._environment(is_search=is_search),
            ("yAxis", "count()"),
            ("interval", "1m"),
            ("start", _zulu(window.since)),
            ("end", _zulu(window.until)),
        ]
        path = path_to("organizations", self.organization, endpoint)
        return self.client.get(path, params, self.host)

    def _environment(self, *, is_search: bool) -> Params:
        if self.environment is None:
            return []
        return search_for(self.environment) if is_search else [("environment", self.environment)]


def collect_counts(
    tracker: TrackerContext, config: ImpactConfig, since: datetime, until: datetime
) -> CountSeries:
    """Count the errors of each minute in ``[since, until)``.

    A query that is too heavy for Sentry is tried once more in two halves.

    Raises:
        TrackerError: there are no counts to be had.
        ValueError: the window is empty, or more than Sentry answers in one call.
    """
    window = window_of(since, until)
    if not 0 < window.buckets <= MAX_BUCKETS:
        raise ValueError(f"A window has 1 to {MAX_BUCKETS} minutes, not {window.buckets}.")
    source = _source(tracker, config)
    try:
        return _counts(source, window)
    except BusyError:
        if window.buckets == 1:
            raise
    early, late = window.halves()
    return joined(_counts(source, early), _counts(source, late), late.since)


def search_for(environment: str) -> Params:
    """Return the search that selects an environment whether or not Sentry has seen it."""
    if not environment:
        return [("query", "!has:environment")]
    escaped = "".join(f"\\{c}" if c in '\\"*' else c for c in environment)
    return [("query", f'environment:"{escaped}"')]


def _source(tracker: TrackerContext, config: ImpactConfig) -> _Source:
    client = SentryClient(tracker)
    return _Source(
        client=client,
        host=client.region(config.attributes.get("region_url")),
        organization=config.org_key,
        project=config.project_key,
        environment=None if config.environment is None else config.environment.strip(),
        slug=config.attributes.get("slug", config.project_key),
    )


def _counts(source: _Source, window: Window) -> CountSeries:
    answer = source.ask(_TIMESERIES, window)
    if _is_not_here(answer):
        return _counts_otherwise(source, window)
    return _read(source, window, answer)


def _counts_otherwise(source: _Source, window: Window) -> CountSeries:
    """Tell apart what "not here" can mean, once the organization is known to be there.

    Raises:
        TrackerError: it is not there, or no way of asking is answered.
    """
    found = _located(source)
    for endpoint, is_search in _other_ways(found, has_moved=found.host != source.host):
        answer = found.ask(endpoint, window, is_search=is_search)
        if not _is_not_here(answer):
            return _read(found, window, answer, endpoint)
    raise TrackerError(
        "Sentry knows the organization but offers no error counts for it. Its plan may not "
        "include them.",
        permanent=True,
        reason="not_found",
    )


def _other_ways(source: _Source, *, has_moved: bool) -> Iterator[tuple[str, bool]]:
    """Yield what to ask next: another region, an unseen environment, the older endpoint.

    An environment in the search instead of the parameter counts zero where it is unknown.
    """
    if has_moved:
        yield _TIMESERIES, False
    if source.environment is not None:
        yield _TIMESERIES, True
    yield _STATS, False
    if source.environment is not None:
        yield _STATS, True


def _is_not_here(answer: HttpAnswer) -> bool:
    """Whether organization, environment or endpoint is missing, which look alike."""
    is_old_server = answer.status == 400 and "dataset" in detail_of(answer).text
    return answer.status == 404 or is_old_server


def _located(source: _Source) -> _Source:
    """Return the source with the region where its organization is now.

    Raises:
        TrackerError: the organization is gone, or closed to the token.
    """
    try:
        found = fetch_organization(source.client, source.organization, source.host)
    except TrackerError as error:
        if error.reason != "not_found" or source.host == source.client.base:
            raise
        found = fetch_organization(source.client, source.organization)
    return replace(source, host=found.region_url)


def _read(
    source: _Source, window: Window, answer: HttpAnswer, endpoint: str = _TIMESERIES
) -> CountSeries:
    what = f"the errors of {source.slug}"
    if answer.status == 403:
        raise _explained_403(source)
    if answer.status == 400 and "more recent date range" in detail_of(answer).text:
        return nothing_kept(window)
    read = from_stats if endpoint == _STATS else from_timeseries
    series = read(source.client.document(answer, what), window, source.client.now)
    left, resets_at = (
        number_in(header_of(answer, f"x-sentry-rate-limit-{what}"))
        for what in ("remaining", "reset")
    )
    return replace(
        series,
        quota_left=left,
        quota_resets_at=None if resets_at is None else datetime.fromtimestamp(resets_at, UTC),
    )


def _explained_403(source: _Source) -> TrackerError:
    """Find out whether organization or project is closed to the token, or the project gone."""
    fetch_organization(source.client, source.organization, source.host)
    path = path_to("projects", source.organization, source.project)
    answer = source.client.get(path, host=source.host)
    if answer.status in {301, 302, 404}:
        return source.client.error(answer, f"the project {source.slug}")
    return TrackerError(
        f"Sentry does not let this token read the errors of {source.slug}. The project may have "
        "been deleted; otherwise the owner of the token has to join a team it belongs to.",
        permanent=True,
        reason="forbidden",
    )


def _zulu(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
