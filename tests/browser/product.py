"""The whole product in processes of its own, started and stopped as a user does it."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from threading import Timer
from typing import Self

from flask import Flask

from plugins.sentry.sandbox import Sandbox
from sleuth.extensions import db
from sleuth.factory import create_app

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60
STOP_SECONDS = 10


class Product:
    """``python -m sleuth.serve`` on a fresh data directory, next to a stand-in for sentry.io.

    Args:
        folder: Where the data directory and the log are created.
        options: Of the start script.
    """

    def __init__(self, folder: Path, *options: str) -> None:
        self.options = options
        self.data_dir = folder / "data"
        self.log_file = folder / "log"
        self.sentry = Sandbox()
        self.url = f"http://127.0.0.1:{free_port()}"
        self.setup_code = ""

    def __enter__(self) -> Self:
        self.sentry.start()
        port = self.url.rpartition(":")[2]
        with self.log_file.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "sleuth.serve", *self.options, "--port", port],
                cwd=ROOT,
                env=self.environ(),
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        self._read_announcement()
        return self

    def __exit__(self, *_: object) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            assert self.process.wait(STOP_SECONDS) == 0, self.log()
        finally:
            self.process.kill()
            self.process.communicate()
            self.sentry.stop()
        assert not self.pids(), "Processes outlived the product."
        assert "Traceback" not in self.log(), self.log()

    def environ(self) -> dict[str, str]:
        """Return the environment of the product and its commands."""
        ours = {name: text for name, text in os.environ.items() if not name.startswith("SLEUTH_")}
        return ours | {
            "PYTHONPATH": str(ROOT),
            "SLEUTH_DATA_DIR": str(self.data_dir),
            "SLEUTH_PUBLIC_URL": self.url,
            "SLEUTH_SENTRY_URL": self.sentry.url,
        }

    @cached_property
    def application(self) -> Flask:
        """The application over the running product's database, in the test's own process."""
        names = dict.fromkeys(("SLEUTH_DATABASE_URL", "SLEUTH_REDIS_URL"), "")
        return create_app(names | {k: v for k, v in self.environ().items() if "SLEUTH_" in k})

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Open the running product's database, to prepare what a test is not about."""
        with self.application.app_context():
            yield
            db.session.remove()
            db.engine.dispose()

    def command(self, *arguments: str, password: str) -> str:
        """Run ``./run sleuth …`` and return what it prints."""
        return subprocess.run(
            [sys.executable, "-m", "sleuth", *arguments, "--password-stdin"],
            check=True,
            cwd=ROOT,
            env=self.environ(),
            input=password,
            stdout=subprocess.PIPE,
            text=True,
        ).stdout

    def log(self) -> str:
        """Return what all its processes have logged."""
        return self.log_file.read_text()

    def pids(self, part: str = "") -> list[int]:
        """Return its processes whose command line contains ``part``; Linux only."""
        return [
            int(folder.name)
            for folder in Path("/proc").glob("[0-9]*")
            if self._is_ours(folder) and part in _read(folder / "cmdline")
        ]

    def files_containing(self, text: str) -> list[str]:
        """Return the files it has written, log included, that hold a text."""
        files = [self.log_file, *(each for each in self.data_dir.rglob("*") if each.is_file())]
        return [str(each) for each in files if text.encode() in each.read_bytes()]

    def _is_ours(self, folder: Path) -> bool:
        return f"SLEUTH_DATA_DIR={self.data_dir}" in _read(folder / "environ")

    def _read_announcement(self) -> None:
        """Wait for the printed address; an answer that never comes ends the wait, too."""
        assert self.process.stdout is not None
        impatience = Timer(START_SECONDS, self.process.kill)
        impatience.start()
        said = ""
        for line in self.process.stdout:
            said += line
            if "Ctrl-C" in line:
                break
        impatience.cancel()
        assert f"Sleuth runs at {self.url}\n" in said, said + self.log()
        code = re.search(r"set-up page asks for (\S+)", said)
        self.setup_code = code[1] if code else ""


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port


def _read(path: Path) -> str:
    """Return a file of ``/proc``; empty if its process is gone or somebody else's."""
    try:
        return path.read_bytes().decode(errors="replace")
    except OSError:
        return ""
