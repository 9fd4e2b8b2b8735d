"""What many tabs ask for at once is read and drawn once: all have heard of the same event.

What is read is the same for all members. What is drawn is not: it depends on what they may do, and
on what they have answered, and its forms carry a token of each reader's own.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Hashable
from functools import partial
from threading import Condition
from typing import Any, Generic, TypeVar, cast

from cachetools import TTLCache, cached
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


class Reading(Generic[Found]):
    """What was read, and what was drawn of it, by what differs from reader to reader."""

    def __init__(self, read: Callable[[], Found]) -> None:
        self.found = read()
        self.drawn = cached({}, lambda reader, _draw: reader, condition=Condition())(_call)


def init_app(
    app: Flask, seconds: float = KEPT_SECONDS, timer: Callable[[], float] = time.monotonic
) -> None:
    """Give an application a memory of its own.

    Args:
        seconds: How long something is kept.
        timer: Tells seconds.
    """
    kept: TTLCache[Any, Any] = TTLCache(MOST_KEPT, seconds, timer)
    app.extensions[EXTENSION] = cached(kept, _asked_for, condition=Condition())(Reading)


def read_once(read: Callable[[], Found]) -> Reading[Found]:
    """Return what was read a moment ago at this address, since the newest event, or read it.

    Those who ask while somebody reads wait: a hundred tabs ask within seconds, and each that
    read as well would keep all others waiting for longer.

    Args:
        read: Returns plain data that nobody changes, the same for every member of the
            organization, and bound to no session of the database.
    """
    return cast("Reading[Found]", current_app.extensions[EXTENSION](read))


def draw_once(reading: Reading[Any], template: str, *differs: Hashable, **context: Any) -> str:
    """Return what was drawn of a reading for somebody with the same rights, or draw it.

    Args:
        template: What it shows of the reader beyond rights stands in ``differs``.
        context: What it draws of the reading.
    """
    reader = request.url_root, is_htmx(), g.membership.role, differs
    draw = partial(render_template, template, csrf_token=lambda: TOKEN, **context)
    drawn: str = reading.drawn(reader, draw)
    return drawn.replace(TOKEN, generate_csrf()) if TOKEN in drawn else drawn


def _asked_for(_read: Callable[[], Any]) -> Hashable:
    return g.organization.id, g.last_event, request.full_path


def _call(_reader: Hashable, draw: Callable[[], str]) -> str:
    return draw()
