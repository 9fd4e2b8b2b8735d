"""Channels for ``tests/samples.py``."""

from __future__ import annotations

from sleuth.ids import new_public_id
from sleuth.notifications import channels
from sleuth.notifications.models import ChannelKind
from tests.conftest import Cast

ADDRESS = "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js"


def a_channel(cast: Cast) -> str:
    """A further channel of Acme, or the oldest once there are as many as there may be."""
    known = channels.channels_of(cast.acme.id)
    if len(known) >= channels.MOST_CHANNELS:
        return known[0].public_id
    channels.add_channel(cast.acme.id, new_public_id(), ADDRESS, cast.owner.id)
    return channels.channels_of(cast.acme.id)[-1].public_id


def a_webhook(cast: Cast) -> str:
    """Acme's webhook, made at the first call."""
    organization_id = cast.acme.id
    if not any(each.kind == ChannelKind.WEBHOOK for each in channels.channels_of(organization_id)):
        channels.add_webhook(organization_id, "https://hooks.example.com/sleuth", cast.owner.id)
    known = channels.channels_of(organization_id)
    return next(each.public_id for each in known if each.kind == ChannelKind.WEBHOOK)
