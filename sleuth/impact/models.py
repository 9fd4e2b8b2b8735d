"""Impact sources and the counts collected for them."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Float,
    ForeignKey,
    Index,
    String,
    Text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sleuth import clock
from sleuth.disabling import CanBeDisabled
from sleuth.extensions import Model
from sleuth.integrations.models import WHILE_ENABLED, Integration
from sleuth.plugin_api import ImpactConfig
from sleuth.projects.models import Environment, Project

LONGEST_NAME = 120


class ImpactSource(CanBeDisabled, Model):
    """What is measured for one project and environment; disabled with its integration.

    ``error_environment`` is None for all environments and empty for events that carry
    none. ``value_labels`` is what those of ``field_values`` that were chosen are called.
    Deploys since ``judges_from`` get a verdict.

    ``expected_at`` is when the next counts should have been there; failures do not move it.
    ``due_at`` says when the newest counts are collected next, as decided at
    ``scheduled_at``; None while its counts are not to be trusted. ``history_days`` is how
    far back the tracker answers. Before ``minutes_from`` (epoch seconds) only hours are
    kept. ``changed_since`` to ``changed_until`` (epoch seconds) is where the known past
    became another since somebody last looked, ``changed_at`` when that began. There have
    been no errors since ``quiet_since``, which is unlikely: there usually are some within
    ``quiet_usual_hours``.
    """

    __tablename__ = "impact_source"
    __table_args__: Any = (
        Index(
            "uq_impact_source_project_id_environment_id_name",
            "project_id",
            "environment_id",
            "name",
            unique=True,
            sqlite_where=WHILE_ENABLED,
            postgresql_where=WHILE_ENABLED,
        ),
        Index(None, "integration_id", "due_at"),
        {"info": {"noun": "impact source"}},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), unique=True)
    organization_id: Mapped[int] = mapped_column(
        ForeignKey("organization.id", ondelete="CASCADE"), index=True
    )
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id", ondelete="CASCADE"))
    environment_id: Mapped[int] = mapped_column(
        ForeignKey("environment.id", ondelete="CASCADE"), index=True
    )
    integration_id: Mapped[int] = mapped_column(ForeignKey("integration.id", ondelete="CASCADE"))
    provider: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    error_org_key: Mapped[str] = mapped_column(String(255), default="")
    error_org_label: Mapped[str] = mapped_column(String(255), default="")
    error_project_key: Mapped[str] = mapped_column(String(255))
    error_project_label: Mapped[str] = mapped_column(String(255))
    error_environment: Mapped[str | None] = mapped_column(String(255))
    attributes: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    field_values: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    value_labels: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    manually_set_health_threshold: Mapped[float | None] = mapped_column(Float)
    interval_seconds: Mapped[int] = mapped_column(default=60)
    warning: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]
    judges_from: Mapped[datetime]
    paused_at: Mapped[datetime | None]
    expected_at: Mapped[datetime] = mapped_column(default=clock.now)
    due_at: Mapped[datetime | None]
    scheduled_at: Mapped[datetime | None]
    history_days: Mapped[int] = mapped_column(default=29)
    minutes_from: Mapped[int] = mapped_column(BigInteger, default=0)
    changed_since: Mapped[int | None] = mapped_column(BigInteger)
    changed_until: Mapped[int | None] = mapped_column(BigInteger)
    changed_at: Mapped[datetime | None] = mapped_column(index=True)
    collected_at: Mapped[datetime | None]
    complete_until: Mapped[datetime | None]
    quiet_since: Mapped[datetime | None]
    quiet_usual_hours: Mapped[int | None]
    last_error: Mapped[str] = mapped_column(Text, default="")
    last_error_at: Mapped[datetime | None]
    failure_count: Mapped[int] = mapped_column(default=0)
    integration: Mapped[Integration] = relationship()
    project: Mapped[Project] = relationship()
    environment: Mapped[Environment] = relationship()
    sweeps: Mapped[list[Sweep]] = relationship(viewonly=True)

    @property
    def progress(self) -> int | None:
        """Per cent of the past that is collected; None once all of it is."""
        first = (
            sweep.share_done if sweep.reached is not None else 0.0
            for sweep in self.sweeps
            if sweep.kind == SweepKind.GAP
            or (sweep.kind == SweepKind.ALL and sweep.confirmed_at is None)
        )
        share = min(first, default=None)
        return None if share is None else int(100 * share)

    @property
    def config(self) -> ImpactConfig:
        """What the plugin is told to measure."""
        return ImpactConfig(
            org_key=self.error_org_key,
            project_key=self.error_project_key,
            environment=self.error_environment,
            attributes=dict(self.attributes),
            values=dict(self.field_values),
        )


class SweepKind(enum.StrEnum):
    """Ranges of the past that are read again, and what is proven, beside the newest counts."""

    GAP = "gap"
    FILTERS = "filters"
    DAY = "day"
    WEEK = "week"
    ALL = "all"


class Sweep(Model):
    """One way in which a source's past is read again, page by page from the newest back.

    While it is under way ``[since, reached)`` (epoch seconds) is left of
    ``[since, started_from)``; otherwise all three are empty. ``confirmed_at`` is when the
    last whole run began: what it read is no older than that.
    """

    __tablename__ = "sweep"
    __table_args__: Any = (Index(None, "integration_id", "due_at"),)

    impact_source_id: Mapped[int] = mapped_column(
        ForeignKey("impact_source.id", ondelete="CASCADE"), primary_key=True
    )
    kind: Mapped[str] = mapped_column(String(10), primary_key=True)
    integration_id: Mapped[int] = mapped_column(ForeignKey("integration.id", ondelete="CASCADE"))
    due_at: Mapped[datetime]
    scheduled_at: Mapped[datetime]
    since: Mapped[int | None] = mapped_column(BigInteger)
    reached: Mapped[int | None] = mapped_column(BigInteger)
    started_from: Mapped[int | None] = mapped_column(BigInteger)
    started_at: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]
    last_error: Mapped[str] = mapped_column(Text, default="")
    failure_count: Mapped[int] = mapped_column(default=0)

    @property
    def share_done(self) -> float:
        """How much of the run under way is done, from 0 to 1; 1 if none is."""
        if self.since is None or self.reached is None or self.started_from is None:
            return 1.0
        return (self.started_from - self.reached) / max(1, self.started_from - self.since)


class ErrorCount(Model):
    """Errors in the bucket that starts at ``bucket_start`` (epoch seconds); never zero."""

    __tablename__ = "error_count"
    __table_args__: Any = (
        CheckConstraint("count > 0", name="count_positive"),
        {"sqlite_with_rowid": False},
    )

    impact_source_id: Mapped[int] = mapped_column(
        ForeignKey("impact_source.id", ondelete="CASCADE"), primary_key=True
    )
    bucket_start: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    count: Mapped[int] = mapped_column(BigInteger)


class Coverage(Model):
    """A half-open range of epoch seconds whose counts are known; ranges never touch."""

    __tablename__ = "coverage"
    __table_args__: Any = (
        CheckConstraint("since < until", name="not_empty"),
        {"sqlite_with_rowid": False},
    )

    impact_source_id: Mapped[int] = mapped_column(
        ForeignKey("impact_source.id", ondelete="CASCADE"), primary_key=True
    )
    since: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    until: Mapped[int] = mapped_column(BigInteger)


class HourlyCount(Model):
    """Errors in the hour that starts at ``hour_start`` (epoch seconds); never zero.

    Kept when the minutes of the hour are not kept any more.
    """

    __tablename__ = "hourly_count"
    __table_args__: Any = (
        CheckConstraint("count > 0", name="count_positive"),
        {"sqlite_with_rowid": False},
    )

    impact_source_id: Mapped[int] = mapped_column(
        ForeignKey("impact_source.id", ondelete="CASCADE"), primary_key=True
    )
    hour_start: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    count: Mapped[int] = mapped_column(BigInteger)
