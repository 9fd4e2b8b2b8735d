"""Sending one message: through Apprise, or signed to a webhook. Jobs only: it opens connections."""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from apprise import Apprise, NotifyFormat, NotifyType
from flask import current_app

from sleuth.accounts.rules import RuleError
from sleuth.http import AllowedHosts, post
from sleuth.http.deadline import run_until
from sleuth.notifications import addresses, messages, signing
from sleuth.notifications.models import ChannelKind
from sleuth.plugin_api import TrackerError

SECONDS_FOR_ALL = 15
"""Somebody at a dialog may wait behind this."""

WEBHOOK = "The webhook"
TONES = {
    messages.NEEDS_ATTENTION: NotifyType.FAILURE,
    messages.RECOVERED: NotifyType.SUCCESS,
    messages.TEST: NotifyType.INFO,
}
_STATUS = re.compile(r"error=(\d{3})\b")
_HARMLESS = str.maketrans({"@": "@\u200b", "<": "‹", ">": "›"})
"""What trackers say must not call a whole channel, nor become a link of its choice."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """Everything that sending needs, so that no transaction is open meanwhile.

    Args:
        public_id: The same for every attempt, so that receivers can tell.
        service: The name of what is behind an Apprise address.
    """

    public_id: str
    channel_kind: str
    service: str
    address: str = field(repr=False)
    secret: str = field(repr=False)
    kind: str
    title: str
    body: str
    facts: dict[str, Any]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an attempt.

    Args:
        words: One sentence for people, without anything of the address.
        is_final: Trying again is of no use.
    """

    is_sent: bool
    words: str
    is_final: bool = False


def send(parcel: Parcel, now: datetime) -> Outcome:
    """Send one message, once.

    Args:
        now: The time that a webhook's signature is made at.
    """
    if parcel.channel_kind == ChannelKind.WEBHOOK:
        return _to_webhook(parcel, now)
    return _through_apprise(parcel)


def event_of(parcel: Parcel) -> dict[str, Any]:
    """Return what a webhook is told."""
    return {
        "type": parcel.kind,
        "timestamp": parcel.created_at.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "data": {"title": parcel.title, "message": parcel.body, **parcel.facts},
    }


def _to_webhook(parcel: Parcel, now: datetime) -> Outcome:
    body = json.dumps(event_of(parcel), ensure_ascii=False).encode()
    signed = signing.signed_headers(parcel.secret, f"msg_{parcel.public_id}", now, body)
    headers = {"Content-Type": "application/json", **signed}
    named = AllowedHosts(current_app.config["SLEUTH_WEBHOOK_HOSTS"])
    try:
        answer = post(parcel.address, body, headers, name=WEBHOOK, named=named)
    except TrackerError as error:
        return Outcome(False, error.message, is_final=error.permanent)
    if 200 <= answer.status < 300:
        return Outcome(True, f"The webhook answered {answer.status}.")
    if 300 <= answer.status < 400:
        return Outcome(False, f"The webhook answered {answer.status}; redirects are not followed.")
    return Outcome(False, f"The webhook answered {answer.status}.")


def _through_apprise(parcel: Parcel) -> Outcome:
    """Check the address again: what is offered may have become less since it was stored."""
    try:
        target = addresses.parsed_address(parcel.address)
    except RuleError as error:
        return Outcome(False, error.message, is_final=True)
    with _statuses() as statuses:
        try:
            is_sent = run_until(time.monotonic() + SECONDS_FOR_ALL, lambda: _notify(target, parcel))
        except TimeoutError:
            return Outcome(False, f"{parcel.service} took too long.")
    if is_sent:
        return Outcome(True, f"{parcel.service} took it.")
    if statuses:
        return Outcome(False, f"{parcel.service} did not take it (status {statuses[-1]}).")
    return Outcome(False, f"{parcel.service} could not be reached, or did not take it.")


def _notify(target: Any, parcel: Parcel) -> bool:
    apprise = Apprise(asset=addresses.asset())
    apprise.add(target)
    return bool(
        apprise.notify(
            body=parcel.body.translate(_HARMLESS),
            title=parcel.title.translate(_HARMLESS),
            notify_type=TONES.get(parcel.kind, NotifyType.INFO),
            body_format=NotifyFormat.TEXT,
        )
    )


class _Statuses(logging.Handler):
    """Keeps what a server answered, and nothing else of what Apprise logs: it names addresses."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Look for the number."""
        if status := _STATUS.search(record.getMessage()):
            self.found.append(status[1])


@contextmanager
def _statuses() -> Iterator[list[str]]:
    listener, log = _Statuses(), logging.getLogger("apprise")
    logging.getLogger("urllib3").setLevel(logging.INFO)  # below that it logs whole addresses
    log.addHandler(listener)
    try:
        yield listener.found
    finally:
        log.removeHandler(listener)
