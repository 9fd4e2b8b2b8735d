"""The only place where the host reads the time, so that tests can stop it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

_frozen_at: ContextVar[datetime | None] = ContextVar("frozen_at", default=None)


def now() -> datetime:
    """Return the current time, timezone-aware UTC."""
    return _frozen_at.get() or datetime.now(UTC)


@contextmanager
def frozen(moment: datetime) -> Iterator[datetime]:
    """Stop :func:`now` at a moment, in this thread, for tests.

    Args:
        moment: Timezone-aware; converted to UTC.

    Raises:
        ValueError: The moment carries no timezone.
    """
    if moment.tzinfo is None:
        raise ValueError("A frozen moment needs a timezone.")
    token = _frozen_at.set(moment.astimezone(UTC))
    try:
        yield moment
    finally:
        _frozen_at.reset(token)
