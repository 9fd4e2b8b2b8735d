"""Channels of Acme, and a receiver that the operator has named."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from sleuth.extensions import db
from sleuth.notifications import channels
from sleuth.notifications.models import Channel, Delivery
from tests.conftest import Cast
from tests.impact.conftest import integration, source
from tests.notifications.receiver import Receiver

__all__ = ["integration", "source"]  # fixtures of the impact tests, for these, too

DISCORD = "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js"
DISCORD_URL = "https://discord.com/api/webhooks/4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js"
TOKEN = "JHMHI8qBe7bk2ZwO5U711o3dV_js"


@pytest.fixture
def settings(settings: dict[str, Any]) -> dict[str, Any]:
    """Configuration in which the operator has named this machine."""
    return {
        **settings,
        "SLEUTH_WEBHOOK_HOSTS": "http://127.0.0.1",
        "SLEUTH_PUBLIC_URL": "https://sleuth.test",
    }


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver that takes everything."""
    with Receiver() as running:
        yield running


@pytest.fixture
def secret(cast: Cast, receiver: Receiver) -> str:
    """The secret of Acme's webhook, which leads to the receiver."""
    return channels.add_webhook(cast.acme.id, receiver.url, cast.owner.id)


@pytest.fixture
def webhook(cast: Cast, secret: str) -> Channel:
    """Acme's webhook."""
    return channels.channels_of(cast.acme.id)[0]


@pytest.fixture
def chat(cast: Cast) -> Channel:
    """Acme's channel in a chat."""
    channels.add_channel(cast.acme.id, "#operations", DISCORD, cast.owner.id)
    return channels.channels_of(cast.acme.id)[-1]


def all_deliveries() -> list[Delivery]:
    """Return every delivery, the oldest first."""
    db.session.rollback()
    return list(db.session.query(Delivery).order_by(Delivery.id))
