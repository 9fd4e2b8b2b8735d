"""RQ jobs of the messages: ids in, nothing out."""

from __future__ import annotations

from sleuth import clock
from sleuth.notifications import deliveries, noticing


def follow(integration_id: int) -> None:
    """Open, tell and close the episodes of one integration."""
    noticing.follow(integration_id)


def deliver(delivery_id: int) -> None:
    """Try to send one message to one channel."""
    deliveries.deliver(delivery_id)


def forget_old() -> None:
    """Forget what was sent long ago."""
    deliveries.forget_old(clock.now())
