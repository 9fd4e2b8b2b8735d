"""Healths set by hand, and answers to whether a verdict was right."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from sleuth.extensions import Model

_STANDS = text("ended_at IS NULL")


class Override(Model):
    """A deploy's health as somebody set it; at most one of a deploy stands, the others ended.

    One ends by another that follows it, or because it ``was_undone``; it is never edited.
    ``set_by`` and ``ended_by`` are what people were called then, for when they are gone.
    """

    __tablename__ = "health_override"
    __table_args__ = (
        Index(
            "uq_health_override_standing",
            "deploy_id",
            unique=True,
            sqlite_where=_STANDS,
            postgresql_where=_STANDS,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), unique=True)
    deploy_id: Mapped[int] = mapped_column(ForeignKey("deploy.id", ondelete="CASCADE"), index=True)
    health: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(Text)
    set_at: Mapped[datetime]
    set_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("user_account.id", ondelete="SET NULL")
    )
    set_by: Mapped[str] = mapped_column(String(254))
    ended_at: Mapped[datetime | None]
    ended_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("user_account.id", ondelete="SET NULL")
    )
    ended_by: Mapped[str] = mapped_column(String(254), default="")
    was_undone: Mapped[bool] = mapped_column(default=False)


class Answer(Model):
    """What one person says of one verdict; of several only the last is kept.

    ``health``, ``reason`` and ``sensitivity`` are the verdict's as they were when it was asked
    about, whatever became of it since. ``actual`` is what it was instead, if that was said: one
    of ``ACTUALS`` in :mod:`sleuth.health.by_hand.answering`.
    """

    __tablename__ = "verdict_answer"
    __table_args__ = (UniqueConstraint("verdict_id", "user_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    verdict_id: Mapped[int] = mapped_column(ForeignKey("verdict.id", ondelete="CASCADE"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id", ondelete="SET NULL"))
    is_right: Mapped[bool]
    actual: Mapped[str] = mapped_column(String(20), default="")
    note: Mapped[str] = mapped_column(Text, default="")
    health: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(String(20))
    sensitivity: Mapped[str] = mapped_column(String(10))
    answered_at: Mapped[datetime]
