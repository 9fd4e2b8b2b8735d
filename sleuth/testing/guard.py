"""Watching whether a plugin opens connections, and putting back what is stuck with it."""

from __future__ import annotations

import logging
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_expected = threading.local()


class ForeignConnectionError(OSError):
    """A connection was opened where none may be."""


@contextmanager
def expected_connections() -> Iterator[None]:
    """Let this thread open connections, whatever is watched."""
    _expected.is_here = True
    try:
        yield
    finally:
        _expected.is_here = False


@contextmanager
def no_connections() -> Iterator[list[str]]:
    """Refuse connections and look-ups of names that are not expected; yield those refused."""
    refused: list[str] = []
    connect, resolve = socket.socket.connect, socket.getaddrinfo

    def refuse(address: object) -> None:
        if not getattr(_expected, "is_here", False):
            refused.append(str(address))
            raise ForeignConnectionError(f"it opens a connection to {address}.")

    def guarded_connect(self: socket.socket, address: Any) -> None:
        refuse(address)
        connect(self, address)

    def guarded_resolve(host: Any, *arguments: Any, **options: Any) -> Any:
        refuse(host)
        return resolve(host, *arguments, **options)

    socket.socket.connect = guarded_connect  # type: ignore[method-assign, assignment] # for a while
    socket.getaddrinfo = guarded_resolve
    try:
        yield refused
    finally:
        socket.socket.connect = connect  # type: ignore[method-assign] # for a while
        socket.getaddrinfo = resolve


@contextmanager
def restored() -> Iterator[None]:
    """Put streams, logging and sockets back in the end, even if a thread is stuck with them."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    streams, connect, resolve = (sys.stdout, sys.stderr), socket.socket.connect, socket.getaddrinfo
    try:
        yield
    finally:
        sys.stdout, sys.stderr = streams
        root.handlers[:] = handlers
        root.setLevel(level)
        socket.socket.connect = connect  # type: ignore[method-assign] # for a while
        socket.getaddrinfo = resolve
