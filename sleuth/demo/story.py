"""What the company has deployed in the last three weeks, and what came of it.

Facts only; :mod:`sleuth.demo.plan` puts them on a calendar.
"""

from __future__ import annotations

from dataclasses import dataclass

PRODUCTION = "production"
STAGING = "staging"
MENDED = "improved or healthy"
"""What becomes of a deploy that ends an incident: it depends on how far the detector looks back."""
ALWAYS = 40 * 1440
"""Minutes: longer than the past that is collected."""

BROKEN_BASKET = (
    "TypeError: Cannot read properties of undefined (reading 'price')",
    "KeyError: 'voucher'",
    "ValueError: basket 3f9c has no currency",
    "HTTPError: 422 Unprocessable Entity for /basket/merge",
    "RangeError: Maximum call stack size exceeded",
)
BROKEN_REFUNDS = ("RefundError: payment was never captured", "ZeroDivisionError: division by zero")


@dataclass(frozen=True, slots=True)
class Errors:
    """A stretch of minutes with ``factor`` times the usual errors.

    Args:
        new: Titles of the kinds of errors that come with it.
    """

    factor: float
    minutes: int
    new: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Chapter:
    """One deploy.

    A window ends with the next deploy to the same environment, and the last look is a day
    away. So errors that come with a deploy go on until another one mends it.

    Args:
        when: ``"3d 09:20"`` is 09:20 UTC three working days before the anchor's day,
            ``"75m"`` is 75 minutes before the anchor.
        change: Number of the pull request, a key of :data:`sleuth.demo.changes.CHANGES`.
        health: What the detector will make of it in the end, for the tests; one of several
            if joined by "or".
        then: Errors that begin with the deploy.
        until_then: Errors that end with it.
        commits: How many of the change's commits it brings, None for all.
        is_rollback: It brings back a change that was deployed before.
    """

    when: str
    change: int
    environment: str = PRODUCTION
    health: str = "healthy"
    then: Errors | None = None
    until_then: Errors | None = None
    commits: int | None = None
    is_rollback: bool = False


STORY: tuple[Chapter, ...] = (
    Chapter("15d 09:20", 381),
    Chapter("15d 13:05", 118),
    Chapter("14d 08:50", 203, STAGING, "unknown"),
    Chapter("14d 10:30", 203),
    Chapter("14d 14:15", 384, health="ailing", then=Errors(2.3, 80)),
    Chapter("14d 15:35", 385, health=MENDED),
    Chapter("13d 09:40", 57),
    Chapter("13d 11:00", 121, STAGING, "unknown"),
    Chapter("13d 15:10", 121, health="unhealthy", then=Errors(6, 50)),
    Chapter("13d 16:00", 122, health=MENDED),
    Chapter("12d 10:05", 390, STAGING, commits=2),
    Chapter("12d 10:10", 390, STAGING),
    Chapter("12d 13:30", 390),
    Chapter("11d 09:15", 207, health="improved", until_then=Errors(3.5, ALWAYS)),
    Chapter("11d 14:40", 58),
    Chapter("10d 10:20", 125),
    Chapter("10d 15:45", 393, health="unhealthy", then=Errors(4.5, 35)),
    Chapter("10d 16:20", 394, health=MENDED),
    Chapter("9d 09:30", 210, STAGING, "unknown"),
    Chapter("9d 11:10", 210),
    Chapter("9d 14:00", 396, STAGING, "unknown"),
    Chapter("9d 14:21", 397, STAGING),
    Chapter("8d 09:20", 397),
    Chapter("8d 13:00", 212, health="ailing", then=Errors(2.3, 120)),
    Chapter("8d 15:00", 213, health=MENDED),
    Chapter("7d 11:30", 60),
    Chapter("7d 16:10", 401),
    Chapter("6d 10:45", 130, health="improved", until_then=Errors(4, ALWAYS)),
    Chapter("6d 14:25", 403),
    Chapter("5d 10:15", 405, health="unhealthy", then=Errors(5.5, 25)),
    Chapter("5d 10:40", 403, health=MENDED, is_rollback=True),
    Chapter("5d 15:30", 216),
    Chapter("4d 09:25", 133, STAGING, "unknown"),
    Chapter("4d 10:50", 133),
    Chapter("4d 12:10", 407),
    Chapter("4d 15:00", 61, health="ailing", then=Errors(2.2, 110)),
    Chapter("4d 16:50", 62, health=MENDED),
    Chapter("3d 10:00", 410, health="improved", until_then=Errors(3.2, ALWAYS)),
    Chapter("3d 11:20", 219),
    Chapter("3d 15:15", 135),
    Chapter("2d 15:20", 221, health="unhealthy", then=Errors(5, 40, BROKEN_REFUNDS)),
    Chapter("2d 16:00", 222, health=MENDED),
    Chapter("1d 09:35", 137),
    Chapter("1d 11:05", 413),
    Chapter("100m", 416, STAGING, "unknown or healthy"),
    Chapter("75m", 416, health="unhealthy", then=Errors(5, 43, BROKEN_BASKET)),
    Chapter("32m", 418, health=MENDED),
    Chapter("25m", 418, STAGING, "unknown"),
)
