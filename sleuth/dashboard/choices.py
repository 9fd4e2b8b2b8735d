"""What the dashboard can be narrowed by."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Text, case, cast, func, literal, select, union_all

from sleuth.dashboard.filters import Asked, Statement
from sleuth.deploys.models import CodeDeployment, Deploy
from sleuth.extensions import db
from sleuth.projects.models import Environment, Project

NEWEST = 1000
"""Of how many deploys of the range authors and tags are offered."""

MOST_OFFERED = 100

Rows = Sequence[Row[Any]]


@dataclass(frozen=True, slots=True)
class Choice:
    """One option of a filter."""

    slug: str
    name: str


@dataclass(frozen=True, slots=True)
class Choices:
    """What can be filtered by, in view of the chosen project and the range."""

    projects: tuple[Choice, ...]
    environments: tuple[Choice, ...]
    deployments: tuple[Choice, ...]
    authors: tuple[Choice, ...]
    tags: tuple[Choice, ...]

    def of(self, name: str) -> tuple[Choice, ...]:
        """Return the options of one filter."""
        options: tuple[Choice, ...] = getattr(self, f"{name}s")
        return options

    def project(self, slug: str) -> Choice | None:
        """Return the project with this slug."""
        return next((each for each in self.projects if each.slug == slug), None)

    def only(self, slug: str) -> Choice | None:
        """Return the chosen project, or the only one there is."""
        if not slug and len(self.projects) == 1:
            return self.projects[0]
        return self.project(slug)


def read_choices(organization_id: int, asked: Asked) -> Choices:
    """Return what can be chosen, in one statement."""
    found = defaultdict(list)
    for row in db.session.execute(union_all(*_parts(organization_id, asked))):
        found[row.kind].append(row)
    return Choices(
        projects=_by_name(found["project"]),
        environments=_unlike(_in_order(found["environment"])),
        deployments=_by_name(found["deployment"]),
        authors=_by_name(_most_seen(found["author"])),
        tags=_tags(found["tag"]),
    )


def _parts(organization_id: int, asked: Asked) -> Iterable[Statement]:
    slug = asked.filters.project
    is_shown = [Project.organization_id == organization_id]
    of_project = [*is_shown, Project.slug == slug] if slug else is_shown
    yield _part("project", Project.slug, Project.name, literal(0)).where(*is_shown)
    environment = _part("environment", Environment.slug, Environment.name, Environment.id)
    yield environment.join(Environment.project).where(*of_project)
    deployment = _part("deployment", CodeDeployment.slug, CodeDeployment.name, literal(0))
    yield deployment.join(CodeDeployment.project).where(*of_project)
    yield from _of_deploys(organization_id, asked)


def _of_deploys(organization_id: int, asked: Asked) -> Iterable[Statement]:
    author = case((Deploy.author_name != "", Deploy.author_name), else_=Deploy.author_email)
    conditions = asked.only_by_project().conditions(organization_id)
    recent = (
        select(author.label("author"), cast(Deploy.tags, Text).label("tags"))
        .where(*conditions)
        .order_by(Deploy.deployed_at.desc())
        .limit(NEWEST)
        .cte("recent")
    )
    for kind, column in (("author", recent.c.author), ("tag", recent.c.tags)):
        yield _part(kind, literal(""), column, func.count()).group_by(column)


def _part(kind: str, slug: Any, name: Any, place: Any) -> Statement:
    return select(
        literal(kind).label("kind"),
        cast(slug, Text).label("slug"),
        cast(name, Text).label("name"),
        place.label("place"),
    )


def _in_order(rows: Rows) -> Rows:
    return sorted(rows, key=lambda row: row.place)


def _most_seen(rows: Rows) -> list[Choice]:
    counts = Counter({row.name: row.place for row in rows if row.name})
    return [Choice(name, name) for name, _count in counts.most_common(MOST_OFFERED)]


def _tags(rows: Rows) -> tuple[Choice, ...]:
    counts: Counter[str] = Counter()
    for row in rows:
        counts.update(dict.fromkeys(map(str, json.loads(row.name)), row.place))
    return _by_name(Choice(tag, f"#{tag}") for tag, _count in counts.most_common(MOST_OFFERED))


def _by_name(rows: Iterable[Row[Any] | Choice]) -> tuple[Choice, ...]:
    return tuple(sorted(_unlike(rows), key=lambda each: each.name.casefold()))


def _unlike(rows: Iterable[Row[Any] | Choice]) -> tuple[Choice, ...]:
    """Offer once what several projects call the same."""
    return tuple({row.slug: Choice(row.slug, row.name) for row in rows}.values())
