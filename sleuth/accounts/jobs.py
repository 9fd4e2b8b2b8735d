"""RQ jobs of the accounts: nothing in, nothing out."""

from __future__ import annotations

from sleuth import clock
from sleuth.accounts import audit


def forget_old_events() -> None:
    """Empty the outbox of what every live page has heard."""
    audit.forget_old_events(clock.now())
