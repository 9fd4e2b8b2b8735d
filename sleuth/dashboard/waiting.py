"""Why no counts come in, for verdicts that wait for some."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func

from sleuth.impact.models import ImpactSource
from sleuth.integrations.models import Integration

WAITED_FOR = (
    ImpactSource.complete_until,
    func.coalesce(ImpactSource.paused_at, Integration.paused_at).label("paused_at"),
    ImpactSource.last_error.label("source_error"),
    Integration.last_error.label("integration_error"),
)
"""What :func:`trouble_of` reads, of a source and its integration."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What keeps counts from coming in.

    Args:
        since: Up to when there are counts, None if none ever came.
        words: Why, as the impact source's own page says it.
        is_paused: Somebody wants it so.
    """

    since: datetime | None
    words: str
    is_paused: bool


def trouble_of(row: Row[*tuple[Any, ...]]) -> Trouble | None:
    """Return what keeps counts of a source from coming in now, None if nothing does.

    Args:
        row: With ``WAITED_FOR``.
    """
    if row.paused_at is not None:
        return Trouble(row.complete_until, "collecting is paused.", is_paused=True)
    words = row.source_error or row.integration_error
    return Trouble(row.complete_until, words, is_paused=False) if words else None
