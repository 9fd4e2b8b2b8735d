"""Live checks about counting errors."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from plugins.sentry.answers import detail_of, known_shape, number_in, parsed
from plugins.sentry.client import Params, SentryClient, path_to
from plugins.sentry.collect import search_for
from plugins.sentry.counts import Window, from_stats, from_timeseries
from plugins.sentry.live_places import Place, seen_place
from sleuth.plugin_api import CountSeries, HttpAnswer, TrackerContext, TrackerError
from sleuth.testing.live import Finding, finding, headers_of, not_found_out, shape_of

_MINUTE, _DAY = 60, 86_400
_WINDOW = 30 * _MINUTE
_TIMESERIES, _STATS = "events-timeseries", "events-stats"
_NOWHERE = "sleuth-live-check"
_WORDINGS = (
    "The requested resource does not exist",
    "You do not have permission to perform this action.",
    "Invalid date range. Please try a more recent date range.",
)
_LIMITS = ("Limit", "Remaining", "Reset", "ConcurrentLimit", "ConcurrentRemaining")


@dataclass(frozen=True, slots=True)
class _Asked:
    """Questions about one project, and the half hour that ends with the current minute."""

    client: SentryClient
    place: Place
    window: Window

    @classmethod
    def about(cls, tracker: TrackerContext) -> _Asked:
        client = SentryClient(tracker)
        until = int(client.now.timestamp()) // _MINUTE * _MINUTE
        return cls(client, seen_place(client, tracker), Window(until - _WINDOW, until))

    def ask(
        self,
        more: Params = (),
        *,
        endpoint: str = _TIMESERIES,
        project: str = "",
        window: Window | None = None,
    ) -> HttpAnswer:
        of = window or self.window
        params = [
            ("dataset", "errors"),
            ("project", project or self.place.project),
            ("yAxis", "count()"),
            ("interval", "1m"),
            ("start", _zulu(of.since)),
            ("end", _zulu(of.until)),
            *more,
        ]
        path = path_to("organizations", self.place.organization, endpoint)
        return self.client.get(path, params, self.place.host)


def counts(tracker: TrackerContext) -> Finding:
    """Read half an hour as collecting does."""
    asked = _Asked.about(tracker)
    answer = asked.ask()
    if answer.status != 200:
        return finding(False, _told(answer))
    document = parsed(answer)
    try:
        series = from_timeseries(document, asked.window, asked.client.now)
    except TrackerError as error:
        return finding(False, error.message, shape_of(document))
    values, reasons = _values(document)
    has_end = bool(values) and values[-1]["timestamp"] == asked.window.until * 1000
    return finding(
        has_end,
        f"200, {shape_of(document)}",
        f"{len(values)} buckets for 30 minutes; the last starts at the end: {_yes(has_end)}",
        f"incomplete: {', '.join(f'{n} × {each}' for each, n in reasons.items()) or 'none'}",
        f"complete until {_ago(asked, series)} seconds ago",
        public=[each for each in reasons if each.isupper()],
    )


def older_endpoint(tracker: TrackerContext) -> Finding:
    """Read the same half hour both ways and compare what both call complete."""
    asked = _Asked.about(tracker)
    answer = asked.ask(endpoint=_STATS)
    if answer.status != 200:
        return finding(False, _told(answer))
    document = parsed(answer)
    try:
        series = from_stats(document, asked.window, asked.client.now)
    except TrackerError as error:
        return finding(False, error.message, shape_of(document))
    seen = f"200, {shape_of(document)}"
    other = asked.ask()
    if other.status != 200:
        return finding(True, seen, f"nothing to compare with: {_told(other)}")
    newer = from_timeseries(parsed(other), asked.window, asked.client.now)
    until = min(series.complete_until, newer.complete_until)
    is_same = _total(series, until) == _total(newer, until)
    return finding(is_same, seen, f"the sums are the same: {_yes(is_same)}")


def interval_too_fine(tracker: TrackerContext) -> Finding:
    """Ask for twenty days by the minute."""
    asked = _Asked.about(tracker)
    window = Window(asked.window.until - 20 * _DAY, asked.window.until)
    answer = asked.ask(window=window)
    if answer.status != 200:
        return finding(False, _told(answer))
    with known_shape("error counts"):
        intervals = [row["meta"]["interval"] for row in parsed(answer)["timeSeries"]]
    is_other = bool(intervals) and all(each > _MINUTE * 1000 for each in intervals)
    return finding(is_other, f"200, meta.interval {', '.join(map(str, intervals)) or 'nowhere'}")


def environment_unknown(tracker: TrackerContext) -> Finding:
    """Name an environment that cannot be, in the parameter and in the search."""
    asked = _Asked.about(tracker)
    named = asked.ask([("environment", _NOWHERE)])
    searched = asked.ask(search_for(_NOWHERE))
    is_refused = named.status == 404 and detail_of(named).text == _WORDINGS[0]
    return finding(
        is_refused and searched.status == 200 and _sum(searched) == 0,
        f"in the parameter: {_told(named)}",
        f"in the search: {_told(searched)}",
        public=_WORDINGS,
    )


def environment_none(tracker: TrackerContext) -> Finding:
    """Ask for events without an environment, in both ways."""
    asked = _Asked.about(tracker)
    named, searched = asked.ask([("environment", "")]), asked.ask(search_for(""))
    return finding(
        named.status in {200, 404} and searched.status == 200,
        f"environment= : {_told(named)}",
        f"!has:environment: {_told(searched)}",
        public=_WORDINGS,
    )


def project_unknown(tracker: TrackerContext) -> Finding:
    """Ask for a project whose number nobody has."""
    answer = _Asked.about(tracker).ask(project="1")
    return finding(answer.status == 403, _told(answer), public=_WORDINGS)


def retention(tracker: TrackerContext) -> Finding:
    """Ask for a half hour of two years ago."""
    asked = _Asked.about(tracker)
    until = asked.window.until - 730 * _DAY
    answer = asked.ask(window=Window(until - _WINDOW, until))
    is_refused = answer.status == 400 and "more recent date range" in detail_of(answer).text
    return finding(is_refused, _told(answer), public=_WORDINGS)


def rate_limit_headers(tracker: TrackerContext) -> Finding:
    """Look at the headers of an answer with counts."""
    answer = _Asked.about(tracker).ask()
    if answer.status != 200:
        return not_found_out("there are no counts to look at", _told(answer))
    names = [f"X-Sentry-Rate-Limit-{each}" for each in _LIMITS]
    seen = headers_of(answer, *names)
    told = {line.partition(": ")[0]: line.partition(": ")[2] for line in seen}
    are_numbers = all(number_in(value) is not None for value in told.values())
    return finding(
        are_numbers and {names[0], names[1]} <= set(told),
        *(seen or ["none of them"]),
        f"Retry-After: {'yes' if headers_of(answer, 'Retry-After') else 'no'}",
    )


def _told(answer: HttpAnswer) -> str:
    """Return the status, and what is in the body without quoting it."""
    if answer.status == 200:
        total = _sum(answer)
        return "200, no counts" if total is None else f"200, {'some' if total else 'zeros'}"
    wording = detail_of(answer).text
    if not answer.text:
        return f"{answer.status}, empty"
    return f"{answer.status}, {wording if wording in _WORDINGS else 'in other words'}"


def _sum(answer: HttpAnswer) -> int | None:
    """Return how many errors an answer counts altogether, None if it cannot be told."""
    with known_shape("error counts"):
        values, _reasons = _values(parsed(answer))
        return sum(each["value"] for each in values) if values else None


def _values(document: Any) -> tuple[list[dict[str, Any]], Counter[str]]:
    """Return all buckets, and how many are incomplete for which reason."""
    series = document.get("timeSeries") or [{}]
    values = list(series[0].get("values") or ())
    return values, Counter(
        str(each.get("incompleteReason", "no reason")) for each in values if each["incomplete"]
    )


def _total(series: CountSeries, until: datetime) -> int:
    return sum(count for start, count in series.points if start < until)


def _ago(asked: _Asked, series: CountSeries) -> int:
    return int((asked.client.now - series.complete_until).total_seconds())


def _yes(is_so: bool) -> str:
    return "yes" if is_so else "no"


def _zulu(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
