"""The only place where the host reads the time, so that tests can stop it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

_frozen: list[datetime] = []


def now() -> datetime:
    """Return the current time, timezone-aware UTC."""
    return _frozen[-1] if _frozen else datetime.now(UTC)


@contextmanager
def frozen(moment: datetime) -> Iterator[datetime]:
    """Stop :func:`now` at a moment, in the whole process, for tests.

    Args:
        moment: Timezone-aware; converted to UTC. Freezing again inside moves the clock.

    Raises:
        ValueError: The moment carries no timezone.
    """
    if moment.tzinfo is None:
        raise ValueError("A frozen moment needs a timezone.")
    _frozen.append(moment.astimezone(UTC))
    try:
        yield _frozen[-1]
    finally:
        _frozen.pop()
