"""The channels of an organization: added, listed, removed; their addresses are never shown."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import current_app
from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload

from sleuth import clock
from sleuth.accounts import audit
from sleuth.accounts.rules import RuleError, checked_name
from sleuth.extensions import db, write
from sleuth.http import AllowedHosts, public_refusal
from sleuth.ids import new_public_id
from sleuth.notifications import addresses, signing
from sleuth.notifications.models import Channel, ChannelKind

MOST_CHANNELS = 10
LONGEST_URL = 1000
EVENT = "notificationChanged"
WEBHOOK = "Webhook"
ONE_WEBHOOK = "There is a webhook already; remove it first."


def channels_of(organization_id: int) -> list[Channel]:
    """Return an organization's channels, the oldest first."""
    return list(
        db.session.scalars(
            select(Channel)
            .options(joinedload(Channel.created_by))
            .where(Channel.organization_id == organization_id)
            .order_by(Channel.id)
        )
    )


def find(organization_id: int, public_id: str) -> Channel | None:
    """Return an organization's channel by its public id, or None."""
    return db.session.scalar(
        select(Channel).where(
            Channel.organization_id == organization_id, Channel.public_id == public_id
        )
    )


def found(organization_id: int, public_id: str) -> Channel:
    """Return an organization's channel by its public id.

    Raises:
        RuleError: It is there no more.
    """
    channel = find(organization_id, public_id)
    if channel is None:
        raise RuleError("This channel was removed meanwhile.")
    return channel


def add_channel(organization_id: int, name: str, address: str, user_id: int) -> None:
    """Add a channel that Apprise reaches.

    Raises:
        RuleError: The name or the address is refused, or there are too many.
    """
    name, address = checked_name(name), address.strip()
    if "://" in name:
        raise RuleError("The name is shown to everybody who may see this; leave addresses out.")
    service = addresses.service_of(address).name
    channel = Channel(kind=ChannelKind.APPRISE, name=name, service=service, address=address)
    _add(channel, organization_id, user_id)


def add_webhook(organization_id: int, url: str, user_id: int) -> str:
    """Add the organization's one webhook; returns the secret, to be shown once.

    Raises:
        RuleError: The URL is refused, or there is a webhook already.
    """
    url = url.strip()
    _check_url(url)
    secret, host = signing.new_secret(), urlsplit(url).hostname or ""
    channel = Channel(kind=ChannelKind.WEBHOOK, name=host[:255], service=WEBHOOK, address=url)
    channel.secret = secret
    try:
        _add(channel, organization_id, user_id)
    except IntegrityError:
        raise RuleError(ONE_WEBHOOK) from None
    return secret


def renew_secret(organization_id: int, public_id: str) -> str:
    """Give a webhook another secret; returns it, to be shown once.

    Raises:
        RuleError: The webhook is there no more.
    """
    secret = signing.new_secret()
    with write():
        channel = found(organization_id, public_id)
        channel.secret = secret
        audit.record(organization_id, "notification_channel.secret_renewed", channel.name)
        audit.publish(organization_id, EVENT)
    return secret


def remove_channel(organization_id: int, public_id: str) -> None:
    """Remove a channel and its address; what it was sent stays listed.

    Raises:
        RuleError: It is there no more.
    """
    with write():
        channel = found(organization_id, public_id)
        audit.record(
            organization_id, "notification_channel.removed", channel.name, service=channel.service
        )
        audit.publish(organization_id, EVENT)
        db.session.execute(delete(Channel).where(Channel.id == channel.id))


def _add(channel: Channel, organization_id: int, user_id: int) -> None:
    channel.public_id, channel.organization_id = new_public_id(), organization_id
    channel.created_by_id, channel.created_at = user_id, clock.now()
    of_it = Channel.organization_id == organization_id
    with write():
        if (db.session.scalar(select(func.count()).where(of_it)) or 0) >= MOST_CHANNELS:
            raise RuleError(f"There are {MOST_CHANNELS} channels already; remove one first.")
        db.session.add(channel)
        audit.record(
            organization_id, "notification_channel.added", channel.name, service=channel.service
        )
        audit.publish(organization_id, EVENT)


def _check_url(url: str) -> None:
    named = AllowedHosts(current_app.config["SLEUTH_WEBHOOK_HOSTS"])
    if len(url) > LONGEST_URL or not url.isascii():
        raise RuleError(f"The URL may have {LONGEST_URL} ASCII characters at most.", "url")
    if refusal := public_refusal(url) if named.refusal(url) else "":
        raise RuleError(f"Nothing can be sent there: {refusal}.", "url")
