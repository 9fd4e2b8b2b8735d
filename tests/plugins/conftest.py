"""Loopback servers that behave as badly as a test wants, and plugins written on the spot."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sleuth.trackers import Registry, load, sources, try_plugins

GOOD_PLUGIN = """
from sleuth.plugin_api import *

@hookimpl
def sleuth_tracker_info():
    return TrackerInfo(slug="good", name="Good", description="Enable Good.",
                       credential_fields=(CredentialField("token", "Auth Token"),))

@hookimpl
def sleuth_impact_fields():
    return [ImpactField("project", "Project", "remote_project")]

@hookimpl
def sleuth_validate_token():
    return TokenCheck(ok=True, message="")

@hookimpl
def sleuth_list_projects():
    return []

@hookimpl
def sleuth_collect_counts(until):
    return CountSeries(60, (), complete_until=until)
"""

Script = Callable[[socket.socket, int], None]


class RawServer:
    """Hands every connection, with the number of those before it, to a script."""

    def __init__(self, script: Script, *, reads_request: bool = True) -> None:
        self._script = script
        self._reads_request = reads_request
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.requests: list[str] = []
        self.done = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        number = 0
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(connection, number), daemon=True).start()
            number += 1

    def _talk(self, connection: socket.socket, number: int) -> None:
        with connection:
            try:
                if self._reads_request:
                    self.requests.append(connection.recv(65536).decode("latin-1"))
                self._script(connection, number)
            except OSError:
                return

    def close(self) -> None:
        if self.done.is_set():
            return
        self.done.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@pytest.fixture
def raw_server() -> Iterator[Callable[[Script], RawServer]]:
    """Start a server that runs a script for every connection."""
    servers: list[RawServer] = []

    def start(script: Script, **options: Any) -> RawServer:
        servers.append(RawServer(script, **options))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def _http_answer(body: bytes = b"{}", *headers: str, status: str = "200 OK") -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


@pytest.fixture
def http_answer() -> Callable[..., bytes]:
    """Build one whole HTTP answer, after which the connection is closed."""
    return _http_answer


@pytest.fixture
def answering(raw_server: Callable[[Script], RawServer]) -> Callable[..., RawServer]:
    """Start a server that gives the same answer to every request."""

    def start(*arguments: Any, **options: Any) -> RawServer:
        answer = _http_answer(*arguments, **options)
        return raw_server(lambda connection, _number: connection.sendall(answer))

    return start


@pytest.fixture
def load_plugins(tmp_path: Path) -> Callable[..., Registry]:
    """Write plugins into a folder, a file each, and load that folder with some settings."""

    def write_and_load(settings: dict[str, Any] | None = None, **sources: str) -> Registry:
        for name, source in sources.items():
            (tmp_path / f"{name}.py").write_text(source)
        return load({"SLEUTH_PLUGINS_DIR": str(tmp_path), **(settings or {})})

    return write_and_load


@pytest.fixture
def good_plugin() -> str:
    """The source of a plugin that implements what is required and nothing else."""
    return GOOD_PLUGIN


@pytest.fixture
def start_with(
    tmp_path: Path, good_plugin: str, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Registry]:
    """Start the product with a plugin that first does something when it is imported."""
    monkeypatch.setattr(sources, "BUNDLED_DIR", tmp_path / "none")
    for folder in ("data", "own"):
        (tmp_path / folder).mkdir()

    def begin(first: str, **settings: Any) -> Registry:
        (tmp_path / "own" / "plugin.py").write_text(f"{first}\n{good_plugin}")
        folders = {
            "SLEUTH_DATA_DIR": str(tmp_path / "data"),
            "SLEUTH_PLUGINS_DIR": str(tmp_path / "own"),
        }
        return load(folders | settings, try_plugins(folders | settings))

    return begin
