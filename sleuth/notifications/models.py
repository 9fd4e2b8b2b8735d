"""Where messages go, what they are about, and what became of each."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sleuth.accounts.models import User
from sleuth.crypto import EncryptedText
from sleuth.extensions import Model
from sleuth.impact.models import ImpactSource


def _one_of(name: str, column: str, condition: str) -> Index:
    return Index(
        name, column, unique=True, sqlite_where=text(condition), postgresql_where=text(condition)
    )


class ChannelKind(enum.StrEnum):
    """How a channel is reached."""

    APPRISE = "apprise"
    WEBHOOK = "webhook"


class DeliveryState(enum.StrEnum):
    """Where a message to one channel stands; only ``waiting`` is tried again."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"
    GIVEN_UP = "given_up"


class Channel(Model):
    """Where an organization wants messages sent; it has one webhook at most.

    ``address`` and ``secret`` are never shown: people know a channel by ``name`` and by the
    ``service`` behind it. ``secret`` signs what is sent to a webhook.
    """

    __tablename__ = "channel"
    __table_args__ = (_one_of("uq_channel_webhook", "organization_id", "kind = 'webhook'"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), unique=True)
    organization_id: Mapped[int] = mapped_column(
        ForeignKey("organization.id", ondelete="CASCADE"), index=True
    )
    kind: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(255))
    service: Mapped[str] = mapped_column(String(40))
    address: Mapped[str] = mapped_column(EncryptedText, deferred=True)
    secret: Mapped[str | None] = mapped_column(EncryptedText, deferred=True)
    created_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("user_account.id", ondelete="SET NULL")
    )
    created_at: Mapped[datetime]
    created_by: Mapped[User | None] = relationship()


class Notice(Model):
    """One episode in which an integration, or one of its impact sources, needs attention.

    ``impact_source_id`` is None where it is the integration as a whole. ``began_at`` is
    since when it has not worked, ``opened_at`` when that was found, ``told_at`` when a
    message said so. ``recovered_at`` is when it was seen to work again, ``closed_at`` when
    that had lasted, or when nobody cared any more. No subject has two open episodes.
    """

    __tablename__ = "notice"
    __table_args__ = (
        _one_of(
            "uq_notice_of_integration",
            "integration_id",
            "impact_source_id IS NULL AND closed_at IS NULL",
        ),
        _one_of(
            "uq_notice_of_source",
            "impact_source_id",
            "impact_source_id IS NOT NULL AND closed_at IS NULL",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    integration_id: Mapped[int] = mapped_column(
        ForeignKey("integration.id", ondelete="CASCADE"), index=True
    )
    impact_source_id: Mapped[int | None] = mapped_column(
        ForeignKey("impact_source.id", ondelete="CASCADE")
    )
    began_at: Mapped[datetime]
    opened_at: Mapped[datetime]
    told_at: Mapped[datetime | None]
    recovered_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None] = mapped_column(index=True)
    source: Mapped[ImpactSource | None] = relationship()


class Delivery(Model):
    """One message to one channel, kept for 30 days.

    ``kind`` is the type of its event; ``facts`` are the event's data. ``channel_name`` stays
    when the channel is removed. ``attempts`` counts those that were begun.
    """

    __tablename__ = "delivery"
    __table_args__ = (Index(None, "organization_id", "id"), Index(None, "state", "due_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), unique=True)
    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id", ondelete="CASCADE"))
    channel_id: Mapped[int | None] = mapped_column(
        ForeignKey("channel.id", ondelete="SET NULL"), index=True
    )
    integration_id: Mapped[int | None] = mapped_column(
        ForeignKey("integration.id", ondelete="SET NULL"), index=True
    )
    channel_name: Mapped[str] = mapped_column(String(255))
    kind: Mapped[str] = mapped_column(String(40))
    title: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(20), default=DeliveryState.WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    outcome: Mapped[str] = mapped_column(Text, default="")
    due_at: Mapped[datetime | None]
    claimed_until: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(index=True)
    sent_at: Mapped[datetime | None]
    channel: Mapped[Channel | None] = relationship()

    @property
    def is_on_its_way(self) -> bool:
        """Whether an outcome is to be expected any moment."""
        is_running = self.claimed_until is not None or not self.attempts
        return self.state == DeliveryState.WAITING and is_running
