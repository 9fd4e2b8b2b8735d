"""What ``./run demo`` adds: a data directory of its own and the tracker's stand-in."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from sleuth.demo import RESET_FILE, declaration
from sleuth.serve.children import Child, python

FOLDER = "demo"
FIRST_PORT = 8200


def environ(current: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that make it a demo, and keep it away from real data.

    The demo has a folder of its own in the data directory, with its own database and queue.
    """
    tracker = declaration.current()
    taken = current.get("SLEUTH_PORT", "")
    port = current.get("SLEUTH_SANDBOX_PORT") or str(_free_port(taken, tracker.ports))
    return {
        "SLEUTH_DATA_DIR": str(Path(current.get("SLEUTH_DATA_DIR") or "var", FOLDER)),
        "SLEUTH_DATABASE_URL": "",
        "SLEUTH_REDIS_URL": "",
        "SLEUTH_DEMO": "1",
        "SLEUTH_SANDBOX_PORT": port,
        tracker.url_setting: f"http://127.0.0.1:{port}",
    }


def children(environ: Mapping[str, str]) -> tuple[Child, ...]:
    """Return what runs besides the product."""
    port = environ["SLEUTH_SANDBOX_PORT"]
    return (Child("sandbox", python(declaration.current().module, "--port", port)),)


def ask_for_reset(data_dir: Path) -> None:
    """Let the demo begin again when the web server starts."""
    (data_dir / RESET_FILE).touch()


def _free_port(taken: str, count: int) -> int:
    """Return the first of some free ports in a row: the same as the last time if nobody took
    them, because links to the stand-in are kept in the database.

    Args:
        taken: The port that the web server will take.
        count: How many the stand-in takes.
    """
    ranges = [range(at, at + count) for at in range(FIRST_PORT, FIRST_PORT + 100 * count, count)]
    candidates = [each[0] for each in ranges if taken not in map(str, each)]
    return next((port for port in candidates if _are_free(port, count)), candidates[0])


def _are_free(first: int, count: int) -> bool:
    with ExitStack() as probes:
        try:
            for port in range(first, first + count):
                probes.enter_context(socket.create_server(("127.0.0.1", port)))
        except OSError:
            return False
    return True
