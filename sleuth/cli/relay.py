"""A port of one's choice in front of a server that takes any free one."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from socketserver import BaseRequestHandler, ThreadingTCPServer
from urllib.parse import urlsplit


@contextmanager
def relayed(url: str, port: int | None) -> Iterator[str]:
    """Hand on what comes to a port of this machine, while the context lasts.

    Args:
        url: Of the server, which is on this machine, too.
        port: None to leave the server alone.

    Returns:
        The address to be used instead of ``url``.

    Raises:
        OSError: the port cannot be listened on.
    """
    if port is None:
        yield url
        return
    parts = urlsplit(url)
    with _Relay(port, (parts.hostname or "127.0.0.1", parts.port or 80)) as relay:
        threading.Thread(target=relay.serve_forever, args=(0.05,), daemon=True).start()
        yield parts._replace(netloc=f"127.0.0.1:{relay.server_address[1]}").geturl()
        relay.shutdown()


class _Relay(ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, port: int, target: tuple[str, int]) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.target = target


class _Handler(BaseRequestHandler):
    server: _Relay

    def handle(self) -> None:
        with socket.create_connection(self.server.target) as there:
            back = threading.Thread(target=_pour, args=(there, self.request), daemon=True)
            back.start()
            _pour(self.request, there)
            back.join()


def _pour(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):  # either end may hang up at any time; the other is told below
        while data := source.recv(65536):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
