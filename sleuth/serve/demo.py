"""What ``./run demo`` adds: a data directory of its own and the stand-in for sentry.io."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from sleuth.demo import RESET_FILE
from sleuth.serve.children import Child, python

FOLDER = "demo"
FIRST_PORT = 8200
PORTS = 3
"""The stand-in plays three servers, on ports in a row."""


def environ(current: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that make it a demo, and keep it away from real data.

    The demo has a folder of its own in the data directory, with its own database and queue.
    """
    port = current.get("SLEUTH_SANDBOX_PORT") or str(_free_port(current.get("SLEUTH_PORT", "")))
    return {
        "SLEUTH_DATA_DIR": str(Path(current.get("SLEUTH_DATA_DIR") or "var", FOLDER)),
        "SLEUTH_DATABASE_URL": "",
        "SLEUTH_REDIS_URL": "",
        "SLEUTH_DEMO": "1",
        "SLEUTH_SANDBOX_PORT": port,
        "SLEUTH_SENTRY_URL": f"http://127.0.0.1:{port}",
    }


def children(environ: Mapping[str, str]) -> tuple[Child, ...]:
    """Return what runs besides the product."""
    port = environ["SLEUTH_SANDBOX_PORT"]
    return (Child("sandbox", python("plugins.sentry.sandbox", "--port", port)),)


def ask_for_reset(data_dir: Path) -> None:
    """Let the demo begin again when the web server starts."""
    (data_dir / RESET_FILE).touch()


def _free_port(taken: str) -> int:
    """Return the first of three free ports: the same as the last time if nobody took them,
    because links to the stand-in are kept in the database.

    Args:
        taken: The port that the web server will take.
    """
    ranges = [range(at, at + PORTS) for at in range(FIRST_PORT, FIRST_PORT + 100 * PORTS, PORTS)]
    candidates = [each[0] for each in ranges if taken not in map(str, each)]
    return next((port for port in candidates if _are_free(port)), candidates[0])


def _are_free(first: int) -> bool:
    with ExitStack() as probes:
        try:
            for port in range(first, first + PORTS):
                probes.enter_context(socket.create_server(("127.0.0.1", port)))
        except OSError:
            return False
    return True
