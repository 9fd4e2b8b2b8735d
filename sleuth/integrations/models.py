"""Integrations, the attempts to validate something with a tracker, and its projects."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sleuth.accounts.models import Organization, User
from sleuth.crypto import EncryptedJSON
from sleuth.disabling import CanBeDisabled
from sleuth.extensions import Model
from sleuth.plugin_api import RemoteProject
from sleuth.text import one_line

LONGEST_LABEL = 255
WHILE_ENABLED = text("disabled_at IS NULL")


class CheckState(enum.StrEnum):
    """Where an attempt to validate something stands; only ``running`` polls."""

    RUNNING = "running"
    SUCCEEDED = "succeeded"
    INCOMPLETE = "incomplete"
    FAILED = "failed"
    CANCELLED = "cancelled"


class CheckKind(enum.StrEnum):
    """What an attempt tries to validate."""

    CONNECT = "connect"
    IMPACT_SOURCE = "impact_source"
    RECHECK = "recheck"
    REPLACE = "replace"
    RESTORE = "restore"


class Integration(CanBeDisabled, Model):
    """The organization's connection to one tracker.

    Once disabled it has no credentials and only waits to be restored until ``purge_at``.

    ``refusals`` counts how often the tracker has refused the token in a row, ``proven_at``
    is when it last accepted it. ``retry_at`` is our own pause after failures,
    ``told_to_wait_until`` the tracker's wish. ``announced`` is how it felt when live pages
    were last told.
    """

    __tablename__ = "integration"
    __table_args__ = (
        Index(
            "uq_integration_organization_id_provider",
            "organization_id",
            "provider",
            unique=True,
            sqlite_where=WHILE_ENABLED,
            postgresql_where=WHILE_ENABLED,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id", ondelete="CASCADE"))
    provider: Mapped[str] = mapped_column(String(64))
    credentials: Mapped[dict[str, str]] = mapped_column(EncryptedJSON, deferred=True)
    masked_token: Mapped[str] = mapped_column(String(16), default="")
    account_id: Mapped[str] = mapped_column(String(255), default="")
    account_label: Mapped[str] = mapped_column(String(255), default="")
    scopes_present: Mapped[list[str]] = mapped_column(JSON, default=list)
    scopes_missing: Mapped[list[str]] = mapped_column(JSON, default=list)
    connected_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("user_account.id", ondelete="SET NULL")
    )
    connected_at: Mapped[datetime]
    projects_due_at: Mapped[datetime | None] = mapped_column(index=True)
    projects_listed_at: Mapped[datetime | None]
    projects_error: Mapped[str] = mapped_column(Text, default="")
    last_error: Mapped[str] = mapped_column(Text, default="")
    last_error_at: Mapped[datetime | None]
    failure_count: Mapped[int] = mapped_column(default=0)
    failing_since: Mapped[datetime | None]
    refusals: Mapped[int] = mapped_column(default=0)
    proven_at: Mapped[datetime | None]
    retry_at: Mapped[datetime | None]
    told_to_wait_until: Mapped[datetime | None]
    paused_at: Mapped[datetime | None]
    resumed_at: Mapped[datetime | None]
    hurried_at: Mapped[datetime | None]
    purge_at: Mapped[datetime | None] = mapped_column(index=True)
    announced: Mapped[str] = mapped_column(String(60), default="")
    claimed_until: Mapped[datetime | None]
    claimed_by: Mapped[str] = mapped_column(String(32), default="")
    quota_left: Mapped[int | None]
    projects_claimed_until: Mapped[datetime | None]
    organization: Mapped[Organization] = relationship()
    connected_by: Mapped[User | None] = relationship()


class ConnectionCheck(Model):
    """One attempt to validate something; dialogs watch it, a job decides it.

    ``payload`` holds what is to be validated, credentials included, and is erased by
    success, cancel, failure or an hour.
    """

    __tablename__ = "connection_check"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), unique=True)
    organization_id: Mapped[int] = mapped_column(
        ForeignKey("organization.id", ondelete="CASCADE"), index=True
    )
    integration_id: Mapped[int | None] = mapped_column(
        ForeignKey("integration.id", ondelete="CASCADE"), index=True
    )
    provider: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(20))
    payload: Mapped[dict[str, Any] | None] = mapped_column(EncryptedJSON, deferred=True)
    state: Mapped[str] = mapped_column(String(20), default=CheckState.RUNNING)
    message: Mapped[str] = mapped_column(Text, default="")
    result: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    created_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("user_account.id", ondelete="SET NULL")
    )
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    due_at: Mapped[datetime | None] = mapped_column(index=True)
    claimed_until: Mapped[datetime | None]
    created_by: Mapped[User | None] = relationship()


class TrackerProject(Model):
    """A tracker's project as last listed."""

    __tablename__ = "tracker_project"
    __table_args__ = (UniqueConstraint("integration_id", "org_key", "project_key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    integration_id: Mapped[int] = mapped_column(ForeignKey("integration.id", ondelete="CASCADE"))
    org_key: Mapped[str] = mapped_column(String(255), default="")
    org_label: Mapped[str] = mapped_column(String(255), default="")
    project_key: Mapped[str] = mapped_column(String(255))
    label: Mapped[str] = mapped_column(String(255))
    is_accessible: Mapped[bool] = mapped_column(default=True)
    environments: Mapped[list[str]] = mapped_column(JSON, default=list)
    attributes: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)

    @property
    def choice(self) -> str:
        """The value that stands for this project in a drop-down, stable over refreshes."""
        return f"{self.org_key}:{self.project_key}"

    @classmethod
    def from_remote(cls, integration_id: int, remote: RemoteProject) -> TrackerProject:
        """Build the row that keeps ``remote``."""
        return cls(
            integration_id=integration_id,
            org_key=remote.org_key,
            org_label=one_line(remote.org_label)[:LONGEST_LABEL],
            project_key=remote.key,
            label=one_line(remote.label)[:LONGEST_LABEL],
            is_accessible=remote.is_accessible,
            environments=list(remote.environments),
            attributes=dict(remote.attributes),
        )


class ChoiceList(Model):
    """What a tracker offers for a field of a dialog, as last listed; kept for minutes.

    ``key`` stands for ``config``, what the list depends on. ``answered_at`` is when the
    tracker gave the list, or the ``error``.
    """

    __tablename__ = "choice_list"
    __table_args__ = (UniqueConstraint("integration_id", "field_name", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    integration_id: Mapped[int] = mapped_column(ForeignKey("integration.id", ondelete="CASCADE"))
    field_name: Mapped[str] = mapped_column(String(64))
    key: Mapped[str] = mapped_column(String(64))
    config: Mapped[dict[str, Any]] = mapped_column(JSON)
    choices: Mapped[list[list[str]]] = mapped_column(JSON, default=list)
    error: Mapped[str] = mapped_column(Text, default="")
    asked_at: Mapped[datetime] = mapped_column(index=True)
    answered_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None] = mapped_column(index=True)
    claimed_until: Mapped[datetime | None]
