"""What many tabs ask for at once is read and drawn once: all have heard of the same event.

What is read is the same for all members. What is drawn is not: it depends on what they may do, and
on what they have answered, and its forms carry a token of each reader's own.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Hashable
from contextlib import suppress
from threading import Lock
from typing import Any, TypeVar, cast

from cachetools import TTLCache
from flask import Flask, current_app, g, render_template, request
from flask_wtf.csrf import generate_csrf

from sleuth.web import is_htmx

KEPT_SECONDS = 1.0
"""Times are told as of the moment of reading, and not every change is an event."""

MOST_KEPT = 32
"""Boards hold some hundred kilobytes."""

EXTENSION = "sleuth-shared"

TOKEN = f"token-{secrets.token_urlsafe(16)}"
"""Stands for the reader's own token where something is drawn for several; nobody can know it."""

Made = TypeVar("Made")


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


def read_once(read: Callable[[], Made]) -> Made:
    """Return what a member of this organization read a moment ago at this address, or read it.

    Args:
        read: Returns plain data that nobody changes, the same for every member, and bound to no
            session of the database.
    """
    return _once("read", read)


def draw_once(template: str, *differs: Hashable, **context: Any) -> str:
    """Return what was drawn a moment ago for somebody with the same rights, or draw it.

    Args:
        template: Shows what was read at this address. What it shows of the reader beyond rights
            stands in ``differs``.
        context: What it draws.
    """
    reader = request.url_root, is_htmx(), g.membership.role, differs
    drawn = _once(reader, lambda: render_template(template, csrf_token=lambda: TOKEN, **context))
    return drawn.replace(TOKEN, generate_csrf()) if TOKEN in drawn else drawn


def _once(key: Hashable, make: Callable[[], Made]) -> Made:
    """Make something, unless it was made since the newest event that the asker can know of."""
    kept, lock = current_app.extensions[EXTENSION]
    whole = g.organization.id, g.last_event, request.full_path, key
    with lock, suppress(KeyError):
        return cast("Made", kept[whole])
    made = make()
    with lock:
        kept[whole] = made
    return made
