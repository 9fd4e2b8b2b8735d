"""Deliveries: one message to one channel, tried again for a while, and kept as a record."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, or_, select, update

from sleuth import clock, queue
from sleuth.accounts import audit
from sleuth.accounts.models import Organization
from sleuth.accounts.rules import RuleError
from sleuth.crypto import EncryptionKeyError
from sleuth.extensions import db, rows_changed, write
from sleuth.ids import new_public_id
from sleuth.notifications import channels, messages, sending
from sleuth.notifications.messages import Message
from sleuth.notifications.models import Channel, Delivery, DeliveryState, Notice
from sleuth.notifications.sending import Outcome, Parcel

DELIVER_JOB = "sleuth.notifications.jobs.deliver"
EVENT = "notificationChanged"
RETRIES = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30))
LEASE = timedelta(seconds=queue.JOB_TIMEOUT_SECONDS)
KEPT = timedelta(days=30)
MOST_SHOWN = 50
BETWEEN_TESTS = timedelta(seconds=10)
INTERRUPTED = "Sending it was interrupted again and again."
OVER = "It was over before it could be sent."
NO_CHANNEL = "The channel was removed before this was sent."
UNREADABLE = "The stored address cannot be read: its key is gone."


def spread(
    organization_id: int,
    message: Message,
    *,
    integration_id: int | None = None,
    but: Collection[int] = frozenset(),
) -> list[int]:
    """Have a message sent to every channel; call inside ``with write():``.

    Args:
        integration_id: The integration that it is about.
        but: Channels that it is not sent to.
    """
    return [
        _add(channel, message, integration_id).id
        for channel in channels.channels_of(organization_id)
        if channel.id not in but
    ]


def withdraw(integration_id: int, scope: str, now: datetime) -> set[int]:
    """Give up inside ``with write():`` telling of what is over before it could be told.

    Returns:
        The channels that have not heard of it, and so need not hear that it is over.
    """
    waiting = db.session.scalars(
        select(Delivery)
        .where(
            Delivery.integration_id == integration_id,
            Delivery.kind == messages.NEEDS_ATTENTION,
            Delivery.state == DeliveryState.WAITING,
            or_(Delivery.claimed_until.is_(None), Delivery.claimed_until <= now),
        )
        .order_by(Delivery.id)
        .with_for_update()
    )
    late = [each for each in waiting if each.facts.get("scope") == scope]
    for delivery in late:
        _note(delivery, Outcome(False, OVER, is_final=True), now)
    return {each.channel_id for each in late if each.channel_id is not None}


def enqueue(ids: Iterable[int]) -> None:
    """Send what was committed; what the queue does not take is sent by the tick."""
    for id_ in ids:
        queue.enqueue(DELIVER_JOB, id_)


def send_test(organization: Organization, public_id: str) -> None:
    """Have a test sent to one channel.

    Raises:
        RuleError: The last test is on its way, or was sent a moment ago.
    """
    organization_id, message = organization.id, messages.trial(organization.slug, organization.name)
    with write():
        channel = channels.found(organization_id, public_id)
        latest = _latest_test(channel.id)
        if latest is not None and _is_recent(latest, clock.now()):
            raise RuleError("A test was sent a moment ago. Wait a little, then try again.")
        delivery_id = _add(channel, message).id
        audit.record(organization_id, "notification_channel.tested", channel.name)
    enqueue([delivery_id])


def recent(organization_id: int) -> list[Delivery]:
    """Return an organization's last deliveries, the newest first."""
    return list(
        db.session.scalars(
            select(Delivery)
            .where(Delivery.organization_id == organization_id)
            .order_by(Delivery.id.desc())
            .limit(MOST_SHOWN)
        )
    )


def due_ids(now: datetime) -> list[int]:
    """Return the deliveries that are due and that nobody works on."""
    return list(db.session.scalars(select(Delivery.id).where(_is_due(now)).order_by(Delivery.id)))


def deliver(delivery_id: int) -> None:
    """Try once to send what is due, and note what came of it."""
    parcel = _claim(delivery_id, clock.now())
    if parcel is None:
        return
    db.session.rollback()
    outcome = parcel if isinstance(parcel, Outcome) else sending.send(parcel, clock.now())
    with write():
        delivery = db.session.get(Delivery, delivery_id)
        if delivery is not None and delivery.state == DeliveryState.WAITING:
            _note(delivery, outcome, clock.now())


def forget_old(now: datetime) -> None:
    """Forget messages, and episodes that are over, after 30 days."""
    with write():
        db.session.execute(delete(Delivery).where(Delivery.created_at < now - KEPT))
        db.session.execute(delete(Notice).where(Notice.closed_at < now - KEPT))


def _add(channel: Channel, message: Message, integration_id: int | None = None) -> Delivery:
    now = clock.now()
    delivery = Delivery(
        public_id=new_public_id(),
        organization_id=channel.organization_id,
        channel_id=channel.id,
        integration_id=integration_id,
        channel_name=channel.name,
        kind=message.kind,
        title=message.title,
        body=message.body,
        facts=message.facts,
        due_at=now,
        created_at=now,
    )
    db.session.add(delivery)
    audit.publish(channel.organization_id, EVENT)
    db.session.flush()
    return delivery


def _claim(delivery_id: int, now: datetime) -> Parcel | Outcome | None:
    """Take the lease on a due delivery, and return what is to be sent, or why it cannot be."""
    with write():
        taken = rows_changed(
            update(Delivery)
            .where(Delivery.id == delivery_id, _is_due(now))
            .values(claimed_until=now + LEASE, attempts=Delivery.attempts + 1)
        )
    if not taken:
        return None
    delivery = db.session.get_one(Delivery, delivery_id)
    if delivery.attempts > len(RETRIES) + 1:
        return Outcome(False, INTERRUPTED, is_final=True)
    if delivery.channel is None:
        return Outcome(False, NO_CHANNEL, is_final=True)
    try:
        return _parcel(delivery, delivery.channel)
    except EncryptionKeyError:
        return Outcome(False, UNREADABLE, is_final=True)


def _parcel(delivery: Delivery, channel: Channel) -> Parcel:
    return Parcel(
        public_id=delivery.public_id,
        channel_kind=channel.kind,
        service=channel.service,
        address=channel.address,
        secret=channel.secret or "",
        kind=delivery.kind,
        title=delivery.title,
        body=delivery.body,
        facts=dict(delivery.facts),
        created_at=delivery.created_at,
    )


def _note(delivery: Delivery, outcome: Outcome, now: datetime) -> None:
    delivery.outcome, delivery.claimed_until, delivery.due_at = outcome.words, None, None
    if outcome.is_sent:
        delivery.state, delivery.sent_at = DeliveryState.SENT, now
    elif outcome.is_final or delivery.kind == messages.TEST:
        delivery.state = DeliveryState.FAILED
    elif delivery.attempts > len(RETRIES):
        delivery.state = DeliveryState.GIVEN_UP
    else:
        delivery.due_at = now + RETRIES[delivery.attempts - 1]
    audit.publish(delivery.organization_id, EVENT)


def _is_due(now: datetime) -> ColumnElement[bool]:
    return and_(
        Delivery.state == DeliveryState.WAITING,
        Delivery.due_at <= now,
        or_(Delivery.claimed_until.is_(None), Delivery.claimed_until <= now),
    )


def _latest_test(channel_id: int) -> Delivery | None:
    return db.session.scalar(
        select(Delivery)
        .where(Delivery.channel_id == channel_id, Delivery.kind == messages.TEST)
        .order_by(Delivery.id.desc())
        .limit(1)
    )


def _is_recent(test: Delivery, now: datetime) -> bool:
    is_waiting = test.state == DeliveryState.WAITING and now - test.created_at < LEASE
    return is_waiting or timedelta() <= now - test.created_at < BETWEEN_TESTS
