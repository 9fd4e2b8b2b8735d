"""Code deployments (the change sources) and the deploys registered to them."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sleuth.deploys import sizes
from sleuth.extensions import Model
from sleuth.projects.models import Environment, Project


def _told(context: Any, *names: str) -> list[sizes.Entries]:
    """Return lists of the row that is about to be stored, in an execution context."""
    values = context.get_current_parameters()
    return [values.get(name) or () for name in names]


def _first_commit_at(context: Any) -> datetime | None:
    return sizes.first_commit_at(*_told(context, "commits"))


def _author_count(context: Any) -> int:
    return sizes.author_count(*_told(context, "commits"))


def _size(context: Any) -> str:
    return sizes.size_of(*_told(context, "commits", "files", "pull_requests"))


class CodeDeployment(Model):
    """A change source; its slug is unique in the organization since the API names no project."""

    __tablename__ = "code_deployment"
    __table_args__: Any = (
        UniqueConstraint("organization_id", "slug"),
        {"info": {"noun": "code deployment"}},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id", ondelete="CASCADE"))
    project_id: Mapped[int] = mapped_column(
        ForeignKey("project.id", ondelete="CASCADE"), index=True
    )
    slug: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime]
    project: Mapped[Project] = relationship()


class Deploy(Model):
    """One registered change to one environment.

    What it changed in detail may be long and is read only where it is shown; what that amounts
    to is worked out once, however the row comes to be. ``failed_at`` is
    when its health has been at ``failure_boundary`` or beyond for ``failure_minutes`` in all;
    it lies ahead while the health is there now and only time is missing.
    """

    __tablename__ = "deploy"
    __table_args__: Any = (
        Index(None, "organization_id", "deployed_at", "id"),
        Index(None, "code_deployment_id", "environment_id", "deployed_at", "id"),
        Index(None, "code_deployment_id", "deployed_at", "id"),
        Index(None, "environment_id", "deployed_at", "id"),
        {"info": {"noun": "deploy"}},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), unique=True)
    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id", ondelete="CASCADE"))
    code_deployment_id: Mapped[int] = mapped_column(
        ForeignKey("code_deployment.id", ondelete="CASCADE")
    )
    environment_id: Mapped[int] = mapped_column(ForeignKey("environment.id", ondelete="CASCADE"))
    revision: Mapped[str] = mapped_column(String(255))
    branch: Mapped[str] = mapped_column(String(255), default="")
    author_name: Mapped[str] = mapped_column(String(255), default="")
    author_email: Mapped[str] = mapped_column(String(254), default="")
    description: Mapped[str] = mapped_column(Text, default="")
    tags: Mapped[list[str]] = mapped_column(JSON, default=list)
    links: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    commits: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list, deferred=True)
    files: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list, deferred=True)
    pull_requests: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list, deferred=True)
    first_commit_at: Mapped[datetime | None] = mapped_column(default=_first_commit_at)
    author_count: Mapped[int] = mapped_column(default=_author_count)
    size: Mapped[str] = mapped_column(String(10), default=_size)
    deployed_at: Mapped[datetime]
    registered_at: Mapped[datetime]
    failed_at: Mapped[datetime | None]
    failure_boundary: Mapped[str | None] = mapped_column(String(20))
    failure_minutes: Mapped[int | None]
    code_deployment: Mapped[CodeDeployment] = relationship()
    environment: Mapped[Environment] = relationship()

    @property
    def short_revision(self) -> str:
        """The revision as people say it."""
        return shortened(self.revision)


def shortened(revision: str) -> str:
    """Return a revision as people say it: hashes are cut, names are not."""
    is_hash = re.fullmatch(r"[0-9a-fA-F]{12,}", revision)
    return revision[:7] if is_hash else revision
