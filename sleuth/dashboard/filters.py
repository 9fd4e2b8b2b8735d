"""Which deploys the dashboard shows, and which page of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, cast, or_, select

from sleuth.dashboard.ranges import Range
from sleuth.dashboard.ranks import BEST_FIRST, overall_rank
from sleuth.deploys.models import CodeDeployment, Deploy
from sleuth.deploys.values import LONGEST_WORD
from sleuth.projects.models import Environment, Project
from sleuth.text import one_line

PAGE_SIZE = 25

Statement = Select[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Filters:
    """What the reader asked for; an empty value asks for everything.

    Args:
        project, environment, deployment: Slugs.
        q: Part of a revision or of an author's name or address.
        health: One of ``BEST_FIRST``, as it counts: set by hand, else judged.
        author: A name or an address, exactly.
        tag: Without ``#``.
    """

    project: str = ""
    environment: str = ""
    deployment: str = ""
    q: str = ""
    health: str = ""
    author: str = ""
    tag: str = ""

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Filters:
        """Take the filters out of a query string; anything else in it is left alone."""
        names = [each.name for each in fields(cls)]
        given = cls(**{name: one_line(query.get(name))[:LONGEST_WORD] for name in names})
        return replace(
            given,
            health=given.health if given.health in BEST_FIRST else "",
            tag=given.tag.removeprefix("#").lower(),
        )

    @property
    def as_query(self) -> dict[str, str]:
        """What is asked for, without what is not."""
        return {name: value for name, value in asdict(self).items() if value}

    def apply(self, statement: Statement) -> Statement:
        """Narrow a statement over deploys, joining it to what they belong to."""
        joined = statement.join(Deploy.code_deployment).join(CodeDeployment.project)
        return joined.join(Deploy.environment).where(*self.conditions())

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return the same as conditions on deploys alone, which need no join."""
        conditions = self._places()
        if self.q:
            searched = (Deploy.revision, Deploy.author_name, Deploy.author_email)
            conditions.append(or_(*(each.icontains(self.q, autoescape=True) for each in searched)))
        if self.author:
            conditions.append(or_(*(each == self.author for each in AUTHOR)))
        if self.tag:
            conditions.append(_is_tagged(self.tag))
        if self.health:
            conditions.append(overall_rank(Deploy.id) == BEST_FIRST.index(self.health))
        return conditions

    def _places(self) -> list[ColumnElement[bool]]:
        deployments = select(CodeDeployment.id).join(CodeDeployment.project)
        environments = select(Environment.id)
        conditions: list[ColumnElement[bool]] = []
        if self.project:
            deployments = deployments.where(Project.slug == self.project)
        if self.deployment:
            deployments = deployments.where(CodeDeployment.slug == self.deployment)
        if self.project or self.deployment:
            conditions.append(Deploy.code_deployment_id.in_(deployments))
        if self.environment:
            environments = environments.where(Environment.slug == self.environment)
            conditions.append(Deploy.environment_id.in_(environments))
        return conditions


AUTHOR = (Deploy.author_name, Deploy.author_email)


def _is_tagged(tag: str) -> ColumnElement[bool]:
    """Look for a tag in the list's own text: it is quoted there, and holds no quote itself."""
    return cast(Deploy.tags, Text).contains(json.dumps(tag), autoescape=True)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address of a dashboard asks for, but for the page."""

    filters: Filters
    range: Range

    @classmethod
    def from_query(cls, query: Mapping[str, str], now: datetime) -> Asked:
        """Take what concerns the dashboard out of a query string."""
        return cls(Filters.from_query(query), Range.from_query(query, now))

    @property
    def as_query(self) -> dict[str, str]:
        """The shortest query string that asks for the same."""
        return {**self.filters.as_query, **self.range.as_query}

    def without(self, name: str) -> dict[str, str]:
        """Return the query without one filter."""
        return {key: value for key, value in self.as_query.items() if key != name}

    def within(self, other: Range) -> dict[str, str]:
        """Return the query with another range."""
        return {**self.filters.as_query, **other.as_query}

    def only_by_project(self) -> Asked:
        """Return the same without any filter but that for a project."""
        return replace(self, filters=Filters(project=self.filters.project))

    def conditions(self, organization_id: int) -> list[ColumnElement[bool]]:
        """Return which deploys of an organization are shown."""
        of_organization = Deploy.organization_id == organization_id
        return [of_organization, self.range.condition(), *self.filters.conditions()]


@dataclass(frozen=True, slots=True)
class Page:
    """One page of many, in the words of the ``pagination`` macro; pages count from 1."""

    page: int
    total: int
    per_page: int = PAGE_SIZE

    @classmethod
    def of(cls, total: int, wanted: str | None) -> Page:
        """Return the wanted page, or the nearest that there is."""
        number = int(wanted) if wanted and wanted.isdecimal() and len(wanted) < 7 else 1
        pages = -(-total // PAGE_SIZE)
        return cls(max(1, min(number, pages)), total)

    @property
    def pages(self) -> int:
        return -(-self.total // self.per_page)

    @property
    def offset(self) -> int:
        return (self.page - 1) * self.per_page

    @property
    def has_prev(self) -> bool:
        return self.page > 1

    @property
    def has_next(self) -> bool:
        return self.page < self.pages

    @property
    def prev_num(self) -> int:
        return self.page - 1

    @property
    def next_num(self) -> int:
        return self.page + 1
