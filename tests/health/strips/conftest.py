"""Counts of an environment."""

from __future__ import annotations

from datetime import datetime

import pytest

from sleuth.extensions import db, write
from sleuth.impact import series
from sleuth.impact.models import ImpactSource
from sleuth.impact.series import Replacement
from tests.conftest import NOW
from tests.health.strips.looking import (
    NOON,
)


@pytest.fixture
def counted(source):
    """Store three days of two errors a minute, but for what is said of single minutes."""

    def store(until: datetime = NOW, days: float = 3, **others: int) -> None:
        end = int(until.timestamp())
        since = end - int(days * 86_400)
        errors = dict.fromkeys(range(since, end, 60), 2)
        errors |= {NOON - 60 * int(minute[1:]): n for minute, n in others.items()}
        with write():
            series.replace_counts(
                [Replacement(source.id, since, end, [(at, n) for at, n in errors.items() if n])]
            )
            db.session.get_one(ImpactSource, source.id).complete_until = until

    return store
