"""Calling a hook for as long as a call may take, so that one that hangs is known by its name."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from sleuth.http.deadline import run_until

CALL_SECONDS = 20
"""A job that collects has as much for many calls."""

Told = Callable[[str], None]
"""Given what is called when a call begins, and "" when it has ended."""


def unheard(_what: str) -> None:
    """Tell nobody."""


class StuckError(BaseException):
    """A call did not come to an end, and its thread is still at work; ends every rule."""


def tried(what: str, work: Callable[[], Any], tell: Told) -> tuple[Any, BaseException | None]:
    """Call a hook in a thread of its own, and return what it returned and what it raised.

    Args:
        what: Is called, for whoever reads of it.
        tell: Given the signs of life by which another process knows what is going on.

    Raises:
        StuckError: it took too long.
    """

    def outcome() -> tuple[Any, BaseException | None]:
        try:
            return work(), None
        except BaseException as error:  # among them a TimeoutError of its own
            return None, error

    tell(what)
    try:
        came = run_until(time.monotonic() + CALL_SECONDS, outcome)
    except TimeoutError:
        words = f"{what} did not come to an end within {CALL_SECONDS} seconds."
        raise StuckError(words) from None
    tell("")
    return came


def called(what: str, work: Callable[[], Any], tell: Told) -> Any:
    """Return what a hook returned, or raise what it raised; otherwise as :func:`tried`."""
    value, error = tried(what, work, tell)
    if error is not None:
        raise error
    return value
