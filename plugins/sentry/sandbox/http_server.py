"""Sockets of the stand-in: reads requests, writes answers, and stalls when told to."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlsplit

from plugins.sentry.sandbox.exchange import Answer, Request


class Answerer(Protocol):
    """What a silo needs of the sandbox."""

    clock: Callable[[], datetime]
    verbose: bool

    def answer(self, request: Request) -> Answer:
        """Return what to send."""

    def wait(self, seconds: float | None) -> bool:
        """Wait, or until the server stops; True if it stops."""


class Silo(ThreadingHTTPServer):
    """One listening port."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], sandbox: Answerer, name: str) -> None:
        self.sandbox, self.name = sandbox, name
        self._open: set[Any] = set()
        self._open_lock = threading.Lock()
        super().__init__(address, _Handler)

    @property
    def url(self) -> str:
        """Base URL of this port."""
        return f"http://{self.server_address[0]!s}:{self.server_address[1]}"

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember the connection, so that stopping can drop it."""
        with self._open_lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget the connection."""
        with self._open_lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def stop(self) -> None:
        """Stop serving and drop every open connection."""
        self.shutdown()
        with self._open_lock:
            connections = list(self._open)
        for connection in connections:
            with suppress(OSError):  # the client may have closed it just now
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that went away; that is what half of the tests do."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "SentrySandbox"
    sys_version = ""
    wbufsize = -1
    disable_nagle_algorithm = True
    server: Silo

    def do_GET(self) -> None:
        self._respond()

    def do_POST(self) -> None:
        self._respond()

    def date_time_string(self, timestamp: float | None = None) -> str:
        """Tell the time of the stand-in, which tests may stop."""
        told = self.server.sandbox.clock().timestamp() if timestamp is None else timestamp
        return super().date_time_string(told)

    def log_message(self, template: str, *args: Any) -> None:
        if self.server.sandbox.verbose:
            sys.stderr.write(f"{self.server.name} {template % args}\n")

    def _respond(self) -> None:
        answer = self.server.sandbox.answer(self._request())
        if answer.ending == "silence":
            self.server.sandbox.wait(None)
        if answer.ending in ("silence", "hang_up"):
            self.close_connection = True
            return
        if answer.delay_seconds:
            self.server.sandbox.wait(answer.delay_seconds)
        self._send(answer)

    def _request(self) -> Request:
        parts = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        return Request(
            method=self.command,
            path=parts.path,
            query=tuple(parse_qsl(parts.query, keep_blank_values=True)),
            silo=self.server.name,
            authorization=self.headers.get("Authorization", ""),
            now=self.server.sandbox.clock(),
            body=self.rfile.read(length),
        )

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if answer.ending == "stall":
            self.wfile.write(answer.body[: len(answer.body) // 2])
            self.wfile.flush()
            self.server.sandbox.wait(None)
            self.close_connection = True
            return
        self.wfile.write(answer.body)
        self.wfile.flush()
