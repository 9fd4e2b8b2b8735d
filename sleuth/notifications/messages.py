"""What messages say, for people and for programs. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sleuth.impact.models import ImpactSource
from sleuth.text import one_line

NEEDS_ATTENTION = "integration.needs_attention"
RECOVERED = "integration.recovered"
TEST = "test"
SCOPES = {"integration": True, "impact_sources": False}
"""What a message is about; whether that is the integration as a whole."""

MOST_LINES = 8
LONGEST_LINE = 160
"""Chats take 2,000 characters at most."""

MOST_LISTED = 100
UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60))


@dataclass(frozen=True, slots=True)
class About:
    """What a message is about.

    Args:
        organization: As it stands in addresses.
        tracker: The provider's slug.
        tracker_name: For people.
        url: Of the page that shows it; empty if the operator has not said where Sleuth is.
    """

    organization: str
    tracker: str
    tracker_name: str
    url: str


@dataclass(frozen=True, slots=True)
class Message:
    """One message.

    Args:
        kind: The type of the event.
        facts: The data of the event.
    """

    kind: str
    title: str
    body: str
    facts: dict[str, Any]


def integration_needs_attention(
    about: About, error: str, began_at: datetime, affected: Sequence[ImpactSource]
) -> Message:
    """Say that an integration as a whole does not work.

    Args:
        affected: Its impact sources; none of them is told of on its own.
    """
    lines = [one_line(error) or "No counts come in.", f"Since {_utc(began_at)}."]
    if affected:
        projects = sorted({source.project.name for source in affected})
        lines.append(f"Affected: {_plural(len(affected), 'impact source')} of {_few(projects)}.")
    title = f"{about.tracker_name} needs attention"
    return _message(NEEDS_ATTENTION, about, title, lines, affected, "integration", began_at)


def sources_need_attention(
    about: About, began_at: datetime, troubled: Sequence[ImpactSource]
) -> Message:
    """Say which impact sources get no counts, while their integration works."""
    verb = "gets" if len(troubled) == 1 else "get"
    title = f"{_named(about, troubled)} {verb} no counts"
    lines = [_line(source) for source in troubled[:MOST_LINES]]
    if len(troubled) > MOST_LINES:
        lines.append(f"and {len(troubled) - MOST_LINES} more")
    lines.append(f"Since {_utc(began_at)}.")
    return _message(NEEDS_ATTENTION, about, title, lines, troubled, "impact_sources", began_at)


def integration_recovered(about: About, began_at: datetime, recovered_at: datetime) -> Message:
    """Say that an integration works again."""
    title = f"{about.tracker_name} works again, after {_duration(recovered_at - began_at)}"
    lines = [f"Since {_utc(recovered_at)}. What was missed is read, too."]
    times = (began_at, recovered_at)
    return _message(RECOVERED, about, title, lines, (), "integration", *times)


def sources_recovered(
    about: About, began_at: datetime, recovered_at: datetime, sources: Sequence[ImpactSource]
) -> Message:
    """Say which impact sources get counts again."""
    verb = "gets" if len(sources) == 1 else "get"
    after = _duration(recovered_at - began_at)
    title = f"{_named(about, sources)} {verb} counts again, after {after}"
    lines = [f"{source.project.name} · {source.name}" for source in sources[:MOST_LINES]]
    times = (began_at, recovered_at)
    return _message(RECOVERED, about, title, lines, sources, "impact_sources", *times)


def trial(organization: str, organization_name: str) -> Message:
    """Say that this is a test."""
    return Message(
        TEST,
        f"A test from Sleuth for {one_line(organization_name)}",
        "If you read this, messages arrive here.",
        {"organization": organization},
    )


def _message(
    kind: str,
    about: About,
    title: str,
    lines: Sequence[str],
    sources: Sequence[ImpactSource],
    scope: str,
    began_at: datetime,
    recovered_at: datetime | None = None,
) -> Message:
    facts = {
        "organization": about.organization,
        "tracker": about.tracker,
        "tracker_name": about.tracker_name,
        "scope": scope,
        "since": _iso(began_at),
        "until": _iso(recovered_at) if recovered_at else None,
        "impact_source_count": len(sources),
        "impact_sources": [_facts(source) for source in sources[:MOST_LISTED]],
        "url": about.url,
    }
    short = [_shortened(line) for line in lines]
    body = "\n".join([*short, about.url] if about.url else short)
    return Message(kind, one_line(title), body, facts)


def _facts(source: ImpactSource) -> dict[str, str]:
    return {
        "project": source.project.slug,
        "environment": source.environment.slug,
        "name": source.name,
        "error": one_line(source.last_error),
    }


def _named(about: About, sources: Sequence[ImpactSource]) -> str:
    if len(sources) == 1:
        return f"{sources[0].name} of {sources[0].project.name}"
    return f"{len(sources)} impact sources of {about.tracker_name}"


def _line(source: ImpactSource) -> str:
    error = one_line(source.last_error)
    return f"{source.project.name} · {source.name}" + (f": {error}" if error else "")


def _shortened(line: str) -> str:
    return line if len(line) <= LONGEST_LINE else f"{line[: LONGEST_LINE - 1]}…"


def _few(names: Sequence[str]) -> str:
    more = [f"{len(names) - MOST_LINES} more"] if len(names) > MOST_LINES else []
    return ", ".join([*names[:MOST_LINES], *more])


def _duration(span: timedelta) -> str:
    seconds = max(60, int(span.total_seconds()))
    unit, length = next(each for each in UNITS if seconds >= each[1])
    return _plural(seconds // length, unit)


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _utc(at: datetime) -> str:
    return f"{at.day} {at:%b %Y, %H:%M} UTC"


def _iso(at: datetime) -> str:
    return at.replace(microsecond=0).isoformat().replace("+00:00", "Z")
