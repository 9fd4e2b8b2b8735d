"""What many tabs ask for at once is read and drawn once: all have heard of the same event.

What is read is the same for all members. What is drawn is not: it depends on what they may do, and
on what they have answered, and its forms carry a token of each reader's own.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Hashable
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Generic, TypeVar, cast

from cachetools import TTLCache
from flask import Flask, current_app, g, render_template, request
from flask_wtf.csrf import generate_csrf

from sleuth.web import is_htmx

KEPT_SECONDS = 1.0
"""Times are told as of the moment of reading, and not every change is an event."""

MOST_KEPT = 64
"""Boards hold some hundred kilobytes."""

EXTENSION = "sleuth-shared"

TOKEN = f"token-{secrets.token_urlsafe(16)}"
"""Stands for the reader's own token where something is drawn for several; nobody can know it."""

Found = TypeVar("Found")


@dataclass(frozen=True)
class Reading(Generic[Found]):
    """What was read, and what was drawn of it, by what differs from reader to reader."""

    found: Found
    drawn: dict[Hashable, str] = field(default_factory=dict)


def init_app(
    app: Flask, seconds: float = KEPT_SECONDS, timer: Callable[[], float] = time.monotonic
) -> None:
    """Give an application a memory of its own.

    Args:
        seconds: How long something is kept.
        timer: Tells seconds.
    """
    kept: TTLCache[Any, Any] = TTLCache(MOST_KEPT, seconds, timer)
    app.extensions[EXTENSION] = kept, Lock()


def read_once(read: Callable[[], Found]) -> Reading[Found]:
    """Return what was read a moment ago at this address, since the newest event, or read it.

    Those who ask while somebody reads do not wait, but read as well.

    Args:
        read: Returns plain data that nobody changes, the same for every member of the
            organization, and bound to no session of the database.
    """
    kept, lock = current_app.extensions[EXTENSION]
    key = g.organization.id, g.last_event, request.full_path
    with lock, suppress(KeyError):
        return cast("Reading[Found]", kept[key])
    reading = Reading(read())
    with lock:
        kept[key] = reading
    return reading


def draw_once(reading: Reading[Any], template: str, *differs: Hashable, **context: Any) -> str:
    """Return what was drawn of a reading for somebody with the same rights, or draw it.

    Args:
        template: What it shows of the reader beyond rights stands in ``differs``.
        context: What it draws of the reading.
    """
    reader = request.url_root, is_htmx(), g.membership.role, differs
    drawn = reading.drawn.get(reader)
    if drawn is None:
        drawn = render_template(template, csrf_token=lambda: TOKEN, **context)
        reading.drawn[reader] = drawn
    return drawn.replace(TOKEN, generate_csrf()) if TOKEN in drawn else drawn
