"""What ``./run demo`` adds: a data directory of its own and the stand-in for sentry.io."""

from __future__ import annotations

import socket
from collections.abc import Mapping

from sleuth.serve.children import Child, python

DATA_DIR = "var/demo"


def environ(current: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that make it a demo; the operator's own win."""
    port = _free_port()
    wanted = {
        "SLEUTH_DATA_DIR": DATA_DIR,
        "SLEUTH_DEMO": "1",
        "SLEUTH_SANDBOX_PORT": str(port),
        "SLEUTH_SENTRY_URL": f"http://127.0.0.1:{port}",
    }
    return {name: value for name, value in wanted.items() if not current.get(name)}


def children(environ: Mapping[str, str]) -> tuple[Child, ...]:
    """Return what runs besides the product."""
    port = environ["SLEUTH_SANDBOX_PORT"]
    return (Child("sandbox", python("plugins.sentry.sandbox", "--port", port)),)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port
