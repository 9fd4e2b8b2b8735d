"""The deploy page: the card in full, with what the registration told of the change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select

from sleuth.buckets import duration
from sleuth.dashboard import changes
from sleuth.dashboard.cards import DeployCard, read_card
from sleuth.dashboard.chart import Chart, draw_chart
from sleuth.dashboard.lines import KNOWN_BECAUSE, UNKNOWN_BECAUSE, ImpactLine
from sleuth.dashboard.links import web_address
from sleuth.dashboard.new_errors import read_in_full
from sleuth.deploys.models import Deploy
from sleuth.extensions import db
from sleuth.health.models import VerdictChange
from sleuth.health.words import HEALTH_NAMES

MOST_ROWS = 100


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit as registered; only the revision is sure to be there."""

    revision: str
    message: str
    author: str
    url: str


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """One file as registered; numbers are None where they were not told."""

    path: str
    additions: int | None
    deletions: int | None
    url: str


@dataclass(frozen=True, slots=True)
class PullRequest:
    """One pull request as registered."""

    title: str
    author: str
    url: str


@dataclass(frozen=True, slots=True)
class Change:
    """A look at which the verdict became another.

    Args:
        health: In words, with the reason if it is unknown.
        counted_for: How much data there was.
        at: When it was known.
        is_revision: The same data, or less, had said otherwise before.
    """

    health: str
    counted_for: str
    at: datetime
    is_revision: bool


@dataclass(frozen=True, slots=True)
class Impact:
    """One impact source's verdict with its larger chart, None if there are no counts.

    Args:
        changes: The verdicts so far, oldest first.
    """

    line: ImpactLine
    chart: Chart | None
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class DeployPage:
    """Everything about one deploy; of long lists, the first ``MOST_ROWS``."""

    last_event: int
    card: DeployCard
    impacts: tuple[Impact, ...]
    commits: tuple[Commit, ...]
    files: tuple[ChangedFile, ...]
    pull_requests: tuple[PullRequest, ...]


def read_deploy(organization_id: int, public_id: str) -> DeployPage | None:
    """Return a deploy's page, or None if the organization has no such deploy."""
    last_event = changes.latest(organization_id)
    card = read_card(organization_id, public_id)
    if card is None:
        return None
    commits, files, pull_requests = db.session.execute(
        select(Deploy.commits, Deploy.files, Deploy.pull_requests).where(
            Deploy.public_id == public_id
        )
    ).one()
    verdict_ids = [line.verdict_id for line in card.lines]
    changed = _changes_of(verdict_ids)
    is_new = read_in_full(verdict_ids)
    return DeployPage(
        last_event=last_event,
        card=card,
        impacts=tuple(
            Impact(
                replace(line, new_errors=is_new.get(line.verdict_id)),
                draw_chart(line.picture, line.rate_after),
                tuple(_changes(changed.get(line.verdict_id, ()), line)),
            )
            for line in card.lines
        ),
        commits=tuple(_commit(each) for each in _rows(commits)),
        files=tuple(_file(each) for each in _rows(files)),
        pull_requests=tuple(_pull_request(each) for each in _rows(pull_requests)),
    )


def _changes_of(verdict_ids: Sequence[int]) -> dict[int, list[VerdictChange]]:
    found: dict[int, list[VerdictChange]] = {}
    rows = select(VerdictChange).where(VerdictChange.verdict_id.in_(verdict_ids))
    for row in db.session.scalars(rows.order_by(VerdictChange.id)):
        found.setdefault(row.verdict_id, []).append(row)
    return found


def _changes(rows: Sequence[VerdictChange], line: ImpactLine) -> Iterator[Change]:
    """Yield what a reader notices: another health, or another reason why it is what it is."""
    before = ""
    for row in rows:
        reasons = UNKNOWN_BECAUSE if row.health == "unknown" else KNOWN_BECAUSE
        because = reasons.get(row.reason, "")
        health = HEALTH_NAMES[row.health] + (f" ({because})" if because else "")
        if health != before:
            counted_for = duration(row.minutes_of_data, line.step_seconds)
            yield Change(health, counted_for, row.at, row.is_revision)
        before = health


def _rows(entries: Sequence[Any]) -> list[dict[str, Any]]:
    return [each for each in entries[:MOST_ROWS] if isinstance(each, dict)]


def _commit(entry: dict[str, Any]) -> Commit:
    return Commit(
        revision=_text(entry, "revision", "sha"),
        message=_text(entry, "message").partition("\n")[0],
        author=_author(entry),
        url=web_address(entry.get("url")),
    )


def _file(entry: dict[str, Any]) -> ChangedFile:
    return ChangedFile(
        path=_text(entry, "path"),
        additions=_whole(entry.get("additions")),
        deletions=_whole(entry.get("deletions")),
        url=web_address(entry.get("url")),
    )


def _pull_request(entry: dict[str, Any]) -> PullRequest:
    url = web_address(entry.get("url"))
    return PullRequest(
        title=_text(entry, "title", "name", "number") or url or "Pull request",
        author=_author(entry),
        url=url,
    )


def _author(entry: dict[str, Any]) -> str:
    author = entry.get("author")
    if isinstance(author, dict):
        return _text(author, "name", "username", "email")
    return _text(entry, "author")


def _text(entry: dict[str, Any], *names: str) -> str:
    return next((str(entry[name]) for name in names if entry.get(name)), "")


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) else None
