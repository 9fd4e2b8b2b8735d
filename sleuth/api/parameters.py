"""The query of a request, each parameter checked; one that is misspelt is refused, not ignored."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime

from flask import request
from werkzeug.exceptions import BadRequest

from sleuth.dashboard.ranks import BEST_FIRST

MOST_DEPLOYS = 100
USUAL_DEPLOYS = 50
LONGEST_STEP = 86_400

_WHOLE = re.compile(r"[0-9]{1,9}", re.ASCII)
_MOMENT = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:)(\d\d)(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)
_LOST_PLUS = re.compile(r"(.+) (\d\d:\d\d)")
"""A query turns the + before an offset into a space unless it is written %2B."""


@dataclass(frozen=True, slots=True)
class DeploysQuery:
    """Which deploys are asked for, and which page of them; what is None or "" does not narrow.

    Args:
        since, until: Deployed in ``[since, until)``.
    """

    limit: int
    cursor: str
    project: str
    environment: str
    deployment: str
    health: str
    since: datetime | None
    until: datetime | None

    NAMES = frozenset(
        ("limit", "cursor", "project", "environment", "deployment", "health", "since", "until")
    )

    @property
    def bound(self) -> list[str | None]:
        """What a cursor is good for, as JSON."""
        times = (each.isoformat() if each else None for each in (self.since, self.until))
        return [self.project, self.environment, self.deployment, self.health, *times]


@dataclass(frozen=True, slots=True)
class SeriesQuery:
    """Which part of a series is asked for; what is None is chosen for the caller.

    Args:
        step: Width of the buckets in seconds.
    """

    cursor: str
    since: datetime | None
    until: datetime | None
    step: int | None

    NAMES = frozenset(("cursor", "since", "until", "step"))

    @property
    def bound(self) -> list[str | int | None]:
        """What a cursor is good for, as JSON."""
        times = (each.isoformat() if each else None for each in (self.since, self.until))
        return [self.step, *times]


def read_deploys_query() -> DeploysQuery:
    """Read the query of a request for deploys.

    Raises:
        BadRequest: A parameter cannot be used.
    """
    _refuse_others(DeploysQuery.NAMES)
    since, until = _range()
    return DeploysQuery(
        limit=_whole("limit", 1, MOST_DEPLOYS) or USUAL_DEPLOYS,
        cursor=_text("cursor"),
        project=_text("project"),
        environment=_text("environment"),
        deployment=_text("deployment"),
        health=_one_of("health", BEST_FIRST),
        since=since,
        until=until,
    )


def read_series_query() -> SeriesQuery:
    """Read the query of a request for a series.

    Raises:
        BadRequest: A parameter cannot be used.
    """
    _refuse_others(SeriesQuery.NAMES)
    since, until = _range()
    return SeriesQuery(_text("cursor"), since, until, _whole("step", 1, LONGEST_STEP))


def read_no_query() -> None:
    """Check that nothing is asked for beside what the address names.

    Raises:
        BadRequest: There is a parameter.
    """
    _refuse_others(())


def _refuse_others(known: Collection[str]) -> None:
    for name, values in request.args.lists():
        if name not in known:
            there = f"there are {', '.join(sorted(known))}" if known else "there is none"
            raise BadRequest(f"There is no parameter “{name[:100]}” here; {there}.")
        if len(values) > 1:
            raise BadRequest(f"{name} is given more than once.")
        if not values[0]:
            raise BadRequest(f"{name} is empty: leave it out, or give it a value.")


def _text(name: str) -> str:
    return request.args.get(name, "")


def _whole(name: str, lowest: int, highest: int) -> int | None:
    text = _text(name)
    if not text:
        return None
    if not _WHOLE.fullmatch(text) or not lowest <= int(text) <= highest:
        raise BadRequest(f"{name} must be a whole number from {lowest} to {highest}.")
    return int(text)


def _one_of(name: str, choices: Collection[str]) -> str:
    text = _text(name)
    if text and text not in choices:
        raise BadRequest(f"{name} must be one of: {', '.join(choices)}.")
    return text


def _range() -> tuple[datetime | None, datetime | None]:
    since, until = _moment("since"), _moment("until")
    if since is not None and until is not None and since >= until:
        raise BadRequest("since must be before until.")
    return since, until


def _moment(name: str) -> datetime | None:
    text = _text(name)
    if not text:
        return None
    found = _MOMENT.fullmatch(_LOST_PLUS.sub(r"\1+\2", text) if text.count(":") == 3 else text)
    if found is None:
        raise BadRequest(
            f"{name} must be a date and time in RFC 3339, for example 2026-03-04T12:00:00Z."
        )
    day, clock, seconds, fraction, offset = found.groups()
    seconds = "59" if seconds == "60" else seconds  # a leap second, which Python has none of
    try:
        read = datetime.fromisoformat(f"{day}T{clock}{seconds}{fraction or ''}{offset.upper()}")
        return read.astimezone(UTC)
    except OverflowError:
        return _nearest(day)
    except ValueError:
        raise BadRequest(f"{name} is not a date that there is.") from None


def _nearest(day: str) -> datetime:
    """Return the first or last moment that can be told, for one just beyond it in UTC."""
    is_first = day.startswith("0001")
    return datetime(1, 1, 1, tzinfo=UTC) if is_first else datetime(9999, 12, 31, 23, 59, tzinfo=UTC)
