"""What came of placebo deploys, by month."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from sleuth.extensions import Model


class Placebo(Model):
    """How one impact source's placebo deploys of a month (UTC) were judged.

    ``slots_done`` is how many of the month's slots were gone through, ``tried`` in how many of
    them there was a moment to judge, ``flagged`` how many of these were called ailing or
    unhealthy. ``next_at`` is when to go on; None once the month is through.
    """

    __tablename__ = "placebo"

    impact_source_id: Mapped[int] = mapped_column(
        ForeignKey("impact_source.id", ondelete="CASCADE"), primary_key=True
    )
    month: Mapped[str] = mapped_column(String(7), primary_key=True)
    sensitivity: Mapped[str] = mapped_column(String(10), primary_key=True)
    slots_done: Mapped[int] = mapped_column(default=0)
    tried: Mapped[int] = mapped_column(default=0)
    flagged: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime | None] = mapped_column(index=True)
    claimed_until: Mapped[datetime | None]
