"""How fast one account of a tracker may be asked."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Protocol


class Pace(Protocol):
    """Lets the requests of one account through, one at a time and not too many a second."""

    def slot(
        self, account: str, requests_per_hour: int | None = None
    ) -> AbstractContextManager[None]:
        """Wait for a turn, and keep it until the answer is there.

        Args:
            account: Names the account; never its secret.
            requests_per_hour: The tracker's own limit, None if it has none to speak of.

        Raises:
            TrackerError: ``rate_limited``: no turn came in time.
        """


class Unpaced:
    """Lets everything through at once, for tests and measurements."""

    def slot(
        self, account: str, requests_per_hour: int | None = None
    ) -> AbstractContextManager[None]:
        """Do not wait."""
        return nullcontext()
