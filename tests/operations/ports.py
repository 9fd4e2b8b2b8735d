"""A port for a server that has to be told it before it starts."""

from __future__ import annotations

import random
import socket

BELOW_CONNECTIONS = range(20_000, 32_768)
"""Linux gives connections a port from 32768 on, unless told otherwise: whoever is given one of
those by the system, and binds it later, may find a connection on it by then."""


def free_port() -> int:
    """Return a port that nobody listens on, and that no connection will be given."""
    while True:
        port = random.choice(BELOW_CONNECTIONS)
        try:
            socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            continue
        return port
