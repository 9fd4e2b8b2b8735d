"""The contract of every answer: what a hook returned is checked before anybody uses it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit

from sleuth.plugin_api import (
    Choice,
    CountSeries,
    ImpactWarning,
    NewError,
    RemoteDeploy,
    RemoteProject,
    TokenCheck,
)
from sleuth.redaction import Scrubber
from sleuth.trackers.arguments import ceiling_to, floor_to
from sleuth.trackers.errors import ContractError, shortened
from sleuth.trackers.shapes import require

LARGEST_COUNT = 2**63 - 1
"""What fits into a column of the database."""

LONGEST_VALUE = 255
MOST_CHOICES = 1000


def token_check(answer: Any, scrub: Scrubber) -> TokenCheck:
    """Check what ``sleuth_validate_token`` returned."""
    require(answer, TokenCheck, "TokenCheck")
    check: TokenCheck = answer
    if not check.ok and not check.message.strip():
        raise ContractError("TokenCheck.message is empty although ok is False")
    return replace(
        check,
        message=shortened(scrub(check.message)),
        account_label=shortened(scrub(check.account_label)),
        scopes_present=tuple(map(scrub, check.scopes_present)),
        scopes_missing=tuple(map(scrub, check.scopes_missing)),
    )


def projects(answer: Any, scrub: Scrubber) -> list[RemoteProject]:
    """Check what ``sleuth_list_projects`` returned."""
    require(answer, list[RemoteProject], "projects")
    found: list[RemoteProject] = answer
    if not all(project.key for project in found):
        raise ContractError("a RemoteProject has an empty key")
    keys = [(project.org_key, project.key) for project in found]
    if len(set(keys)) != len(keys):
        raise ContractError("two RemoteProjects have the same org_key and key")
    return [
        replace(project, label=scrub(project.label), org_label=scrub(project.org_label))
        for project in found
    ]


def choices(answer: Any, scrub: Scrubber) -> list[Choice]:
    """Check and cut what ``sleuth_list_choices`` returned; labels are made fit for one line."""
    require(answer, list[Choice], "choices")
    found: list[Choice] = answer[:MOST_CHOICES]
    problem = problem_of_choices(found)
    if problem:
        raise ContractError(f"choices: {problem}")
    return [
        Choice(each.value, shortened(scrub(each.label), LONGEST_VALUE) or each.value)
        for each in found
    ]


def problem_of_choices(found: Sequence[Choice]) -> str:
    """Return why a list cannot be offered, "" if it can."""
    values = [each.value for each in found]
    if len(set(values)) != len(values):
        return "two of them have the same value"
    for value in values:
        if not is_enterable(value):
            return f"a value is empty, longer than {LONGEST_VALUE}, not printable, or in spaces"
    return ""


def is_enterable(value: str) -> bool:
    """Tell whether a value comes back from a form, and from the database, as it was."""
    is_tidy = bool(value) and value == value.strip()
    return is_tidy and len(value) <= LONGEST_VALUE and value.isprintable()


def counts(answer: Any, since: datetime, until: datetime, interval_seconds: int) -> CountSeries:
    """Check what ``sleuth_collect_counts`` returned, and cut it to what is vouched for."""
    require(answer, CountSeries, "CountSeries")
    series: CountSeries = answer
    if series.interval_seconds != interval_seconds:
        raise ContractError(
            f"CountSeries.interval_seconds is {series.interval_seconds}, "
            f"not the declared {interval_seconds}"
        )
    if series.quota_left is not None and series.quota_left < 0:
        raise ContractError("CountSeries.quota_left is negative")
    _require_order(series.points)
    _require_buckets(series.points, since, until, interval_seconds)
    return vouched_for(series, since, until)


def _require_order(points: tuple[tuple[datetime, int], ...]) -> None:
    for (earlier, _), (later, _) in pairwise(points):
        if earlier >= later:
            raise ContractError(f"CountSeries.points are not sorted and unique at {later}")


def _require_buckets(
    points: tuple[tuple[datetime, int], ...],
    since: datetime,
    until: datetime,
    interval_seconds: int,
) -> None:
    if points and not (since <= points[0][0] and points[-1][0] < until):
        raise ContractError(f"CountSeries.points lie outside of {since} to {until}")
    for start, count in points:
        if not 0 <= count <= LARGEST_COUNT:
            raise ContractError(f"CountSeries.points have an impossible count at {start}")
        if start.timestamp() % interval_seconds:
            raise ContractError(f"CountSeries.points have a bucket that starts at {start}")


def vouched_for(series: CountSeries, since: datetime, until: datetime) -> CountSeries:
    """Return what of a series lies in a window, in buckets that are wholly vouched for."""
    step, complete_since = series.interval_seconds, None
    if series.complete_since:
        complete_since = max(ceiling_to(series.complete_since, step), since)
    complete_until = min(floor_to(series.complete_until, step), until)
    return replace(
        series,
        complete_since=complete_since,
        complete_until=complete_until,
        points=tuple(
            point
            for point in series.points
            if (complete_since or since) <= point[0] < complete_until
        ),
    )


def warnings(answer: Any, scrub: Scrubber) -> list[ImpactWarning]:
    """Check what ``sleuth_check_impact`` returned."""
    require(answer, list[ImpactWarning], "warnings")
    return [replace(warning, message=shortened(scrub(warning.message))) for warning in answer]


def new_errors(answer: Any, scrub: Scrubber) -> list[NewError]:
    """Check what ``sleuth_new_errors`` returned; titles are made fit for one line."""
    require(answer, list[NewError], "new errors")
    found: list[NewError] = answer
    _require_links(error.url for error in found)
    if any(not _are_counts(error.count, error.users or 0) for error in found):
        raise ContractError("a NewError has an impossible count")
    return [replace(error, title=shortened(scrub(error.title), LONGEST_VALUE)) for error in found]


def _are_counts(*counts: int) -> bool:
    return all(0 <= count <= LARGEST_COUNT for count in counts)


def deploys(answer: Any) -> list[RemoteDeploy]:
    """Check what ``sleuth_list_deploys`` returned."""
    require(answer, list[RemoteDeploy], "deploys")
    found: list[RemoteDeploy] = answer
    _require_links(deploy.url for deploy in found)
    return found


def link(answer: Any) -> str:
    """Check what ``sleuth_explore_url`` returned."""
    require(answer, str, "the address")
    address: str = answer
    _require_links([address])
    return address


def is_link(address: str) -> bool:
    """Return whether a browser may be sent there: an absolute http(s) URL."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


def _require_links(addresses: Iterable[str]) -> None:
    for address in addresses:
        if address and not is_link(address):
            raise ContractError("an address is not an absolute http(s) URL")
