"""Replays and what they found."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sleuth.accounts.models import User
from sleuth.deploys.models import Deploy
from sleuth.extensions import Model
from sleuth.impact.models import ImpactSource
from sleuth.projects.models import Project


class ReplayKind(enum.StrEnum):
    """What is proposed."""

    SENSITIVITY = "sensitivity"
    THRESHOLD = "threshold"
    ADDED = "added"


class ReplayState(enum.StrEnum):
    """How far it is."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    APPLIED = "applied"
    DISMISSED = "dismissed"


OPEN_STATES = (ReplayState.QUEUED, ReplayState.RUNNING)


class Replay(Model):
    """The deploys of 30 days, judged by what somebody proposes; nothing is applied by it.

    All of them are judged as of ``judged_at``, however often a worker has to begin anew.
    They are taken in the order of their ids, up to ``reached_id`` so far. ``fingerprint`` tells
    the deploys and counts that it was made from.

    Args:
        impact_source_id: The one concerned; None where all of the project are.
        proposal: What is to be saved, and what it takes the place of.
        message: What whoever looks at it should know.
    """

    __tablename__ = "replay"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), unique=True)
    organization_id: Mapped[int] = mapped_column(
        ForeignKey("organization.id", ondelete="CASCADE"), index=True
    )
    project_id: Mapped[int] = mapped_column(
        ForeignKey("project.id", ondelete="CASCADE"), index=True
    )
    impact_source_id: Mapped[int | None] = mapped_column(
        ForeignKey("impact_source.id", ondelete="CASCADE"), index=True
    )
    kind: Mapped[str] = mapped_column(String(12))
    proposal: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    state: Mapped[str] = mapped_column(String(10), default=ReplayState.QUEUED, index=True)
    message: Mapped[str] = mapped_column(Text, default="")
    judged_at: Mapped[datetime | None]
    total: Mapped[int] = mapped_column(default=0)
    done: Mapped[int] = mapped_column(default=0)
    reached_id: Mapped[int] = mapped_column(default=0)
    fingerprint: Mapped[str] = mapped_column(String(64), default="")
    created_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("user_account.id", ondelete="SET NULL")
    )
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    claimed_until: Mapped[datetime | None]
    project: Mapped[Project] = relationship()
    impact_source: Mapped[ImpactSource | None] = relationship()
    created_by: Mapped[User | None] = relationship()

    @property
    def is_running(self) -> bool:
        """Whether its results are still to come."""
        return self.state in OPEN_STATES


class ReplayFinding(Model):
    """What one impact source says of one deploy, now and by what is proposed.

    ``health_before`` is empty where it says nothing now. ``course`` holds the looks of the
    first hour at which something else was said than before, and the last one: pairs of minutes
    of data and health.
    """

    __tablename__ = "replay_finding"

    id: Mapped[int] = mapped_column(primary_key=True)
    replay_id: Mapped[int] = mapped_column(ForeignKey("replay.id", ondelete="CASCADE"), index=True)
    deploy_id: Mapped[int] = mapped_column(ForeignKey("deploy.id", ondelete="CASCADE"), index=True)
    impact_source_id: Mapped[int] = mapped_column(
        ForeignKey("impact_source.id", ondelete="CASCADE"), index=True
    )
    health_before: Mapped[str] = mapped_column(String(20), default="")
    reason_before: Mapped[str] = mapped_column(String(20), default="")
    health: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(String(20))
    is_final: Mapped[bool] = mapped_column(default=False)
    sentence: Mapped[str] = mapped_column(Text, default="")
    minutes_of_data: Mapped[int] = mapped_column(default=0)
    observed: Mapped[float | None]
    expected: Mapped[float | None]
    ratio: Mapped[float | None]
    course: Mapped[list[list[Any]]] = mapped_column(JSON, default=list)
    deploy: Mapped[Deploy] = relationship()
    impact_source: Mapped[ImpactSource] = relationship()
