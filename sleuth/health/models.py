"""Verdicts: what a deploy did to errors, as one impact source saw it; and environments."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    or_,
)
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sleuth.deploys.models import Deploy
from sleuth.extensions import Model
from sleuth.ids import new_public_id
from sleuth.impact.models import ImpactSource
from sleuth.projects.models import Environment


class EnvironmentHealth(Model):
    """How an environment has been of late; there is a row once something measures it.

    ``windows`` holds the values of the strip, oldest first, all of ``window_seconds``: always
    read and written together, so they are one JSON list and not rows of their own.
    ``next_end_at`` is when the window that follows them ends; ``next_whole_at`` is how far
    every source has to have come for another one to be known as a whole.
    """

    __tablename__ = "environment_health"

    environment_id: Mapped[int] = mapped_column(
        ForeignKey("environment.id", ondelete="CASCADE"), primary_key=True
    )
    windows: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    window_seconds: Mapped[int] = mapped_column(default=180)
    refreshed_at: Mapped[datetime | None]
    next_end_at: Mapped[datetime | None]
    next_whole_at: Mapped[datetime | None]
    viewed_at: Mapped[datetime | None]
    claimed_until: Mapped[datetime | None]
    environment: Mapped[Environment] = relationship()


class Verdict(Model):
    """A deploy's health as seen by one impact source.

    The words and numbers stay when the impact source goes: ``source_name``, ``provider``
    and ``assessment`` are copies, ``impact_source_id`` becomes empty.

    Deploys close together share a verdict: this one belongs to the ``group_index``-th of
    ``group_size``, was made as of ``began_at``, when the first of them came, and ends with
    ``ended_at``, when the next one after them did. ``sensitivity`` is how it was judged, and
    ``known_hours`` how much of the past was known then.

    A verdict with a ``due_at`` is not done: it is made again then, or as soon as the source's
    counts reach ``look_at``. ``counted_until`` is how far they went when the picture was
    drawn. A verdict that said something and then, at the same look, something else, because
    counts came late or a deploy did, carries ``revised_at``. ``judged_again_by`` is whoever
    wants it judged by other rules, until it is.
    """

    __tablename__ = "verdict"
    __table_args__ = (
        UniqueConstraint("deploy_id", "impact_source_id"),
        Index(None, "deploy_id", "health"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), unique=True, default=new_public_id)
    deploy_id: Mapped[int] = mapped_column(ForeignKey("deploy.id", ondelete="CASCADE"))
    impact_source_id: Mapped[int | None] = mapped_column(
        ForeignKey("impact_source.id", ondelete="SET NULL"), index=True
    )
    source_name: Mapped[str] = mapped_column(String(120))
    provider: Mapped[str] = mapped_column(String(64))
    health: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(String(20), default="")
    is_final: Mapped[bool] = mapped_column(default=False)
    was_final: Mapped[bool] = mapped_column(default=False)
    rate_before: Mapped[float | None]
    rate_after: Mapped[float | None]
    minutes_of_data: Mapped[int] = mapped_column(default=0)
    sentence: Mapped[str] = mapped_column(Text, default="")
    group_size: Mapped[int] = mapped_column(default=1)
    group_index: Mapped[int] = mapped_column(default=1)
    began_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    sensitivity: Mapped[str] = mapped_column(String(10), default="normal")
    known_hours: Mapped[float] = mapped_column(default=0.0)
    assessed_at: Mapped[datetime | None]
    counted_until: Mapped[datetime | None]
    look_at: Mapped[datetime | None]
    revised_at: Mapped[datetime | None]
    judged_again_by: Mapped[str | None] = mapped_column(String(120))
    due_at: Mapped[datetime | None] = mapped_column(index=True)
    assessment: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    picture: Mapped[list[int | None]] = mapped_column(JSON, default=list)
    deploy: Mapped[Deploy] = relationship(backref="verdicts")
    impact_source: Mapped[ImpactSource | None] = relationship()
    changes: Mapped[list[VerdictChange]] = relationship(
        order_by="VerdictChange.id", passive_deletes=True
    )

    @hybrid_property
    def has_begun(self) -> bool:
        """Whether it rests on counts after the deploy: from then on its sensitivity stays."""
        return bool(self.was_final or self.minutes_of_data)

    @has_begun.inplace.expression
    @classmethod
    def _has_begun(cls) -> ColumnElement[bool]:
        return or_(cls.was_final, cls.minutes_of_data > 0)


class VerdictChange(Model):
    """A look at which a verdict became another, its first one included; never edited.

    ``at`` is when it was known. The numbers are the detector's at that look.
    ``is_revision`` says that the same look had said otherwise before. One that was judged by
    other rules because somebody wanted that names them in ``judged_again_by``, and is kept
    even if it says the same.
    """

    __tablename__ = "verdict_change"

    id: Mapped[int] = mapped_column(primary_key=True)
    verdict_id: Mapped[int] = mapped_column(
        ForeignKey("verdict.id", ondelete="CASCADE"), index=True
    )
    at: Mapped[datetime]
    minutes_of_data: Mapped[int]
    health: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(String(20))
    observed: Mapped[float | None]
    expected: Mapped[float | None]
    ratio: Mapped[float | None]
    is_revision: Mapped[bool] = mapped_column(default=False)
    judged_again_by: Mapped[str | None] = mapped_column(String(120))


class Timeline(Model):
    """Which deploys of an environment verdicts were last grouped by.

    Where it differs from the deploys that there are, one was registered or deleted since.
    """

    __tablename__ = "timeline"

    environment_id: Mapped[int] = mapped_column(
        ForeignKey("environment.id", ondelete="CASCADE"), primary_key=True
    )
    deploy_count: Mapped[int]
    newest_id: Mapped[int]
    newest_at: Mapped[datetime]


class NewErrors(Model):
    """What a tracker first saw after the deploy that a verdict is about.

    ``errors`` are those with the most events, 100 at most, and ``top`` the first three of
    them, so that cards need not read all: each has ``title``, ``url``, ``first_seen`` (epoch
    seconds), ``count`` and ``users``. ``total`` and ``events`` count all of them. It was
    asked up to ``asked_until``, at ``asked_at``, and is asked again at ``due_at``; a
    ``last_error`` tells why the last question had no answer. ``usual_kinds`` in ``usual_hours``
    are what was usual when it was found: what becomes usual later changes no verdict.
    """

    __tablename__ = "new_errors"

    verdict_id: Mapped[int] = mapped_column(
        ForeignKey("verdict.id", ondelete="CASCADE"), primary_key=True
    )
    total: Mapped[int] = mapped_column(default=0)
    events: Mapped[int] = mapped_column(BigInteger, default=0)
    top: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    errors: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list, deferred=True)
    usual_kinds: Mapped[int | None]
    usual_hours: Mapped[float | None]
    asked_until: Mapped[datetime | None]
    asked_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None] = mapped_column(index=True)
    claimed_until: Mapped[datetime | None]
    last_error: Mapped[str] = mapped_column(Text, default="")
    failure_count: Mapped[int] = mapped_column(default=0)
    verdict: Mapped[Verdict] = relationship()


class UsualNewErrors(Model):
    """How many new kinds of errors an impact source brought of late while nothing was deployed.

    ``kinds`` in ``hours``; both are empty until the tracker has told. Asked for again at
    ``due_at``, where the source has had a deploy.
    """

    __tablename__ = "usual_new_errors"

    impact_source_id: Mapped[int] = mapped_column(
        ForeignKey("impact_source.id", ondelete="CASCADE"), primary_key=True
    )
    kinds: Mapped[int | None]
    hours: Mapped[float | None]
    asked_at: Mapped[datetime | None]
    due_at: Mapped[datetime] = mapped_column(index=True)
    claimed_until: Mapped[datetime | None]
    last_error: Mapped[str] = mapped_column(Text, default="")
    failure_count: Mapped[int] = mapped_column(default=0)
