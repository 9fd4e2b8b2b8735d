"""Which deploys the dashboard shows, and which page of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, or_

from sleuth.deploys.models import CodeDeployment, Deploy
from sleuth.projects.models import Environment, Project

PAGE_SIZE = 25
LONGEST_VALUE = 200

Statement = Select[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Filters:
    """What the reader asked for; an empty value asks for everything.

    Args:
        project, environment, deployment: Slugs.
        q: Part of a revision or of an author's name or address.
    """

    project: str = ""
    environment: str = ""
    deployment: str = ""
    q: str = ""

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Filters:
        """Take the filters out of a query string; anything else in it is left alone."""
        names = cls.__dataclass_fields__
        return cls(**{name: query.get(name, "").strip()[:LONGEST_VALUE] for name in names})

    @property
    def as_query(self) -> dict[str, str]:
        """What is asked for, without what is not."""
        return {name: value for name, value in asdict(self).items() if value}

    def apply(self, statement: Statement) -> Statement:
        """Narrow a statement over deploys, joining it to what they belong to."""
        joined = statement.join(Deploy.code_deployment).join(CodeDeployment.project)
        return joined.join(Deploy.environment).where(*self._conditions())

    def _conditions(self) -> list[ColumnElement[bool]]:
        slugs = (
            (Project.slug, self.project),
            (Environment.slug, self.environment),
            (CodeDeployment.slug, self.deployment),
        )
        conditions: list[ColumnElement[bool]] = [column == slug for column, slug in slugs if slug]
        if self.q:
            searched = (Deploy.revision, Deploy.author_name, Deploy.author_email)
            conditions.append(or_(*(each.icontains(self.q, autoescape=True) for each in searched)))
        return conditions


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
