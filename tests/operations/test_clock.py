"""The clock: one place to read the time, which tests can stop."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from sleuth import clock

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


def test_a_frozen_clock_stands_still() -> None:
    with clock.frozen(NOON):
        assert clock.now() == NOON
        assert clock.now() == NOON


def test_a_clock_can_be_moved_on_while_it_is_frozen() -> None:
    with clock.frozen(NOON):
        with clock.frozen(NOON + timedelta(minutes=5)):
            assert clock.now() == NOON + timedelta(minutes=5)
        assert clock.now() == NOON


def test_a_moment_elsewhere_on_earth_is_told_in_utc() -> None:
    with clock.frozen(datetime(2026, 3, 4, 14, 0, tzinfo=timezone(timedelta(hours=2)))):
        assert clock.now() == NOON
        assert clock.now().tzinfo is UTC


def test_a_moment_without_a_timezone_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a timezone"), clock.frozen(datetime(2026, 3, 4)):
        pass


def test_a_clock_that_nobody_froze_tells_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "_frozen", [])
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)
