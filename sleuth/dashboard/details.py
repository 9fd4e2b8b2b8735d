"""The deploy page: the card in full, with what the registration told of the change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select

from sleuth import clock
from sleuth.dashboard import changes
from sleuth.dashboard.cards import DeployCard, read_card
from sleuth.dashboard.evidence import Impact, impacts_of
from sleuth.dashboard.filters import Statement
from sleuth.dashboard.following import PREVIOUS_COLUMNS, Neighbouring, previous_of
from sleuth.dashboard.lines import ImpactLine
from sleuth.dashboard.links import web_address
from sleuth.dashboard.new_errors import read_in_full
from sleuth.deploys.models import Deploy
from sleuth.extensions import db
from sleuth.health.by_hand import overriding

MOST_ROWS = 500
NEAREST_TO_AN_END = 6
"""Percent of the time line that is left on either side of the deploy, so that both are seen."""


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
class DeployPage:
    """Everything about one deploy; of long lists, the first ``MOST_ROWS``.

    Args:
        previous: The deploy that it replaced, None if it was the first there.
    """

    last_event: int
    card: DeployCard
    previous: Neighbouring | None
    impacts: tuple[Impact, ...]
    commits: tuple[Commit, ...]
    files: tuple[ChangedFile, ...]
    pull_requests: tuple[PullRequest, ...]
    past_overrides: tuple[overriding.Shown, ...]

    @property
    def deployed_place(self) -> float:
        """How far the deploy lies from first commit to replacement, or to now; in percent."""
        card, next_one = self.card, self.card.replaced_by
        first = card.first_commit_at or card.deployed_at
        whole = (next_one.at if next_one else clock.now()) - first
        place = 100 * ((card.deployed_at - first) / whole) if whole else 0.0
        return round(min(max(place, NEAREST_TO_AN_END), 100 - NEAREST_TO_AN_END), 2)


def read_deploy(organization_id: int, public_id: str) -> DeployPage | None:
    """Return a deploy's page, or None if the organization has no such deploy."""
    last_event = changes.latest(organization_id)
    card = read_card(organization_id, public_id)
    if card is None:
        return None
    contents: Statement = select(
        Deploy.commits, Deploy.files, Deploy.pull_requests, *PREVIOUS_COLUMNS
    )
    row = db.session.execute(contents.where(Deploy.public_id == public_id)).one()
    return DeployPage(
        last_event=last_event,
        card=card,
        previous=previous_of(row),
        impacts=impacts_of(public_id, _in_full(card.lines)),
        commits=tuple(_commit(each) for each in _rows(row.commits)),
        files=tuple(_file(each) for each in _rows(row.files)),
        pull_requests=tuple(_pull_request(each) for each in _rows(row.pull_requests)),
        past_overrides=overriding.past(organization_id, public_id),
    )


def _in_full(lines: Sequence[ImpactLine]) -> list[ImpactLine]:
    """Return the lines with all of their new errors, not only what a card has room for."""
    found = read_in_full([line.verdict_id for line in lines if line.new_errors])
    return [replace(line, new_errors=found.get(line.verdict_id)) for line in lines]


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
