"""Projects and the environments they are deployed to."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sleuth.accounts.models import Organization
from sleuth.extensions import Model

SENSITIVITIES = ("fine", "normal", "coarse")
BOUNDARIES = ("ailing", "unhealthy")


class Project(Model):
    """What is deployed and judged together.

    Args:
        sensitivity: How readily a change of errors is held against a deploy; one of
            ``SENSITIVITIES``.
        failure_boundary: The lowest health that counts as a failure; one of ``BOUNDARIES``.
        failure_minutes: How long in all a deploy is there until it counts as failed.
    """

    __tablename__ = "project"
    __table_args__ = (UniqueConstraint("organization_id", "slug"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    organization_id: Mapped[int] = mapped_column(
        ForeignKey("organization.id", ondelete="CASCADE"), index=True
    )
    slug: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime]
    sensitivity: Mapped[str] = mapped_column(String(20), default="normal")
    failure_boundary: Mapped[str] = mapped_column(String(20), default="unhealthy")
    failure_minutes: Mapped[int] = mapped_column(default=7)
    organization: Mapped[Organization] = relationship()
    environments: Mapped[list[Environment]] = relationship(
        back_populates="project", passive_deletes=True, order_by="Environment.id"
    )

    @property
    def default_environment(self) -> Environment:
        """The environment a deploy goes to when it names none; every project has one."""
        return next(each for each in self.environments if each.is_default)


class Environment(Model):
    __tablename__ = "environment"
    __table_args__: Any = (
        UniqueConstraint("project_id", "slug"),
        {"info": {"noun": "environment"}},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(
        ForeignKey("project.id", ondelete="CASCADE"), index=True
    )
    slug: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(120))
    is_default: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    project: Mapped[Project] = relationship(back_populates="environments")
