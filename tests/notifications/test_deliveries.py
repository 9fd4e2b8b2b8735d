"""Messages on their way: signed, tried again, given up, listed, and forgotten."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import re
from datetime import timedelta
from pathlib import Path

import pytest
import responses
from requests.exceptions import ConnectionError as RequestsConnectionError

from sleuth import clock
from sleuth.extensions import db, write
from sleuth.notifications import channels, deliveries, messages
from sleuth.notifications.models import Channel, Delivery, DeliveryState
from tests.conftest import NOW, Cast
from tests.notifications.conftest import DISCORD_URL, TOKEN, all_deliveries
from tests.notifications.receiver import Received, Receiver

GUIDE = Path(__file__).parent.parent.parent / "docs" / "notifications.md"
A_NOTICE = messages.Message(
    messages.NEEDS_ATTENTION, "Sentry needs attention", "Hello <@everyone>", {"tracker": "sentry"}
)


@pytest.fixture(autouse=True)
def no_queue(queued) -> None:
    """Nothing runs but what a test runs."""


def send(cast: Cast, message: messages.Message = A_NOTICE) -> Delivery:
    """Have a message sent, and try once."""
    organization_id = cast.acme.id
    with write():
        ids = deliveries.spread(organization_id, message)
    for id_ in ids:
        deliveries.deliver(id_)
    return all_deliveries()[-1]


def is_signed(secret: str, request: Received) -> bool:
    """Verify as any receiver would, from the specification."""
    headers = request.headers
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + request.body
    key = base64.b64decode(secret.split("_", 1)[1])
    digest = base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()
    return headers["webhook-signature"] == f"v1,{digest}"


def test_a_webhook_is_told_what_happened_and_signed(cast, webhook, secret, receiver) -> None:
    sent = send(cast)
    (request,) = receiver.requests
    assert json.loads(request.body) == {
        "type": "integration.needs_attention",
        "timestamp": "2026-03-04T12:00:00Z",
        "data": {
            "title": "Sentry needs attention",
            "message": "Hello <@everyone>",
            "tracker": "sentry",
        },
    }
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["webhook-timestamp"] == str(int(NOW.timestamp()))
    assert is_signed(secret, request)
    assert (sent.state, sent.outcome) == (DeliveryState.SENT, "The webhook answered 204.")
    assert sent.sent_at == NOW


def test_a_new_secret_replaces_the_old_one(cast, webhook, secret, receiver) -> None:
    new = channels.renew_secret(cast.acme.id, webhook.public_id)
    send(cast)
    assert is_signed(new, receiver.requests[0])
    assert not is_signed(secret, receiver.requests[0])


def test_the_example_of_the_guide_accepts_what_is_sent(cast, webhook, secret, receiver) -> None:
    code = re.findall(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL)[0]
    example: dict[str, object] = {}
    exec(code, example)
    send(cast)
    (request,) = receiver.requests
    verify, now = example["verify"], NOW.timestamp()
    assert verify(secret, request.headers, request.body, now)["type"] == A_NOTICE.kind
    for changed in (
        (secret, request.headers, request.body + b" ", now),
        (secret, request.headers, request.body, now + 301),
        (channels.signing.new_secret(), request.headers, request.body, now),
    ):
        with pytest.raises(ValueError, match=r"\w"):
            verify(*changed)


def test_what_is_not_taken_is_tried_after_1_5_and_30_minutes_and_given_up(
    cast, webhook, receiver
) -> None:
    receiver.status = 500
    sent = send(cast)
    assert (sent.state, sent.outcome) == (DeliveryState.WAITING, "The webhook answered 500.")
    at = NOW
    for minutes in (1, 5, 30):
        assert deliveries.due_ids(at + timedelta(minutes=minutes, seconds=-1)) == []
        at += timedelta(minutes=minutes)
        assert deliveries.due_ids(at) == [sent.id]
        with clock.frozen(at):
            deliveries.deliver(sent.id)
    assert all_deliveries()[0].state == DeliveryState.GIVEN_UP
    assert deliveries.due_ids(at + timedelta(days=1)) == []
    assert len(receiver.requests) == 4
    assert len({each.headers["webhook-id"] for each in receiver.requests}) == 1


def test_what_is_taken_at_last_is_not_sent_again(cast, webhook, receiver) -> None:
    receiver.status = 503
    sent = send(cast)
    receiver.status = 200
    with clock.frozen(NOW + timedelta(minutes=1)):
        deliveries.deliver(sent.id)
        deliveries.deliver(sent.id)
    assert all_deliveries()[0].state == DeliveryState.SENT
    assert len(receiver.requests) == 2


def test_two_workers_at_once_send_it_once(cast, webhook, receiver, monkeypatch) -> None:
    organization_id = cast.acme.id
    with write():
        (id_,) = deliveries.spread(organization_id, A_NOTICE)
    original = deliveries.sending.send

    def meanwhile(*arguments):
        deliveries.deliver(id_)
        return original(*arguments)

    monkeypatch.setattr(deliveries.sending, "send", meanwhile)
    deliveries.deliver(id_)
    assert len(receiver.requests) == 1


def test_what_a_killed_worker_left_is_taken_up_again(cast, webhook, receiver) -> None:
    organization_id = cast.acme.id
    with write():
        (id_,) = deliveries.spread(organization_id, A_NOTICE)
    deliveries._claim(id_, NOW)
    assert deliveries.due_ids(NOW) == []
    assert deliveries.due_ids(NOW + deliveries.LEASE) == [id_]


def test_a_redirect_is_not_followed(cast, webhook, receiver: Receiver) -> None:
    with Receiver() as elsewhere:
        receiver.status, receiver.headers = 307, {"Location": elsewhere.url}
        sent = send(cast)
    assert sent.outcome == "The webhook answered 307; redirects are not followed."
    assert not elsewhere.requests


@responses.activate
def test_a_chat_is_told_and_nobody_in_it_is_called_by_what_a_tracker_says(cast, chat) -> None:
    responses.post(DISCORD_URL, status=204)
    sent = send(cast)
    assert (sent.state, sent.outcome) == (DeliveryState.SENT, "Discord took it.")
    body = responses.calls[0].request.body
    text = body.decode() if isinstance(body, bytes) else str(body)
    assert "Sentry needs attention" in text
    assert "@everyone" not in text


@responses.activate
def test_what_a_chat_does_not_take_is_said_with_its_status(cast, chat, caplog) -> None:
    responses.post(DISCORD_URL, status=404)
    with caplog.at_level(logging.DEBUG):
        sent = send(cast)
    assert sent.outcome == "Discord did not take it (status 404)."
    assert TOKEN not in caplog.text


@responses.activate
def test_a_chat_out_of_reach_is_said_to_be_that(cast, chat, caplog) -> None:
    responses.post(DISCORD_URL, body=RequestsConnectionError(f"no route to {DISCORD_URL}"))
    with caplog.at_level(logging.DEBUG):
        sent = send(cast)
    assert sent.outcome == "Discord could not be reached, or did not take it."
    assert TOKEN not in caplog.text + sent.title + sent.body


def test_mail_goes_to_the_provider_over_tls(cast, monkeypatch) -> None:
    seen: list[object] = []

    class Server:
        def __init__(self, host: str, port: int, *_: object, **__: object) -> None:
            seen.append((host, port))

        def starttls(self, *_: object, **__: object) -> None:
            seen.append("TLS")

        def login(self, user: str, password: str) -> None:
            seen.append((user, password))

        def sendmail(self, _sender: str, to: list[str], text: str) -> None:
            seen.append(to)

        def quit(self) -> None:
            pass

    monkeypatch.setattr("smtplib.SMTP", Server)
    address = "mailto://joe:pw@gmail.com?to=ops@acme.test"
    channels.add_channel(cast.acme.id, "Operations", address, cast.owner.id)
    sent = send(cast)
    expected = [("smtp.gmail.com", 587), "TLS", ("joe@gmail.com", "pw"), ["ops@acme.test"]]
    assert (sent.outcome, seen) == ("E-mail took it.", expected)


def test_an_address_that_is_offered_no_more_is_not_tried(cast, chat, monkeypatch) -> None:
    monkeypatch.delitem(deliveries.sending.addresses.SERVICES, "discord")
    sent = send(cast)
    assert sent.state == DeliveryState.FAILED
    assert sent.outcome.startswith("Only these services are offered")


def test_nothing_is_sent_to_a_channel_that_was_removed_meanwhile(cast, webhook, receiver) -> None:
    organization_id = cast.acme.id
    with write():
        (id_,) = deliveries.spread(organization_id, A_NOTICE)
    channels.remove_channel(organization_id, webhook.public_id)
    deliveries.deliver(id_)
    (sent,) = all_deliveries()
    assert (sent.state, sent.outcome) == (DeliveryState.FAILED, deliveries.NO_CHANNEL)
    assert sent.channel_name == "127.0.0.1"
    assert not receiver.requests


def test_a_test_is_tried_once(cast, webhook, receiver) -> None:
    receiver.status = 500
    deliveries.send_test(cast.acme, webhook.public_id)
    (sent,) = all_deliveries()
    deliveries.deliver(sent.id)
    (sent,) = all_deliveries()
    assert (sent.kind, sent.state) == (messages.TEST, DeliveryState.FAILED)


def test_every_channel_is_told(cast, webhook, chat) -> None:
    organization_id = cast.acme.id
    with write():
        deliveries.spread(organization_id, A_NOTICE)
    assert [each.channel_name for each in all_deliveries()] == ["127.0.0.1", "#operations"]


def test_deliveries_are_kept_for_30_days(cast, webhook) -> None:
    send(cast)
    deliveries.forget_old(NOW + timedelta(days=30))
    assert len(all_deliveries()) == 1
    deliveries.forget_old(NOW + timedelta(days=30, seconds=1))
    assert all_deliveries() == []


def test_addresses_and_secrets_are_encrypted_at_rest(cast, webhook, chat, secret) -> None:
    stored = " ".join(map(str, db.session.execute(db.text("SELECT * FROM channel"))))
    for hidden in (TOKEN, secret, "s3cret-path"):
        assert hidden not in stored


def test_there_is_one_webhook(cast, webhook: Channel, receiver) -> None:
    with pytest.raises(channels.RuleError, match="There is a webhook already"):
        channels.add_webhook(cast.acme.id, receiver.url, cast.owner.id)


def test_the_example_event_of_the_guide_has_the_shape_of_what_is_sent() -> None:
    example = json.loads(re.findall(r"```json\n(.*?)```", GUIDE.read_text(), re.DOTALL)[0])
    about = messages.About("acme", "sentry", "Sentry", "https://sleuth.test")
    made = messages.integration_needs_attention(about, "It broke.", NOW, [])
    assert set(example["data"]) == {"title", "message", *made.facts}
    assert example["type"] == made.kind
    rows = set(re.findall(r"^\| (`.*?) \|", GUIDE.read_text(), re.MULTILINE))
    documented = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    assert set(example["data"]) - {"impact_source_count"} <= documented
