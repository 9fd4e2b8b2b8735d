"""The whole product in processes of its own, next to a stand-in for sentry.io."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from typing import Self

from flask import Flask

from plugins.sentry.sandbox import Sandbox
from sleuth.config import ROOT
from sleuth.extensions import db
from sleuth.factory import create_app
from tests.operations.house import House
from tests.operations.ports import free_port

STOP_SECONDS = 10
DECLARED = ROOT / "tests" / "dummies" / "hourglass.py"
"""A tracker that declares everything at once, offered beside the bundled ones."""


class Product(House):
    """What ``./run`` starts, on a fresh data directory, from its start to an ordered stop.

    Args:
        folder: Where the data directory and the log are created.
        options: Of the start script.
    """

    def __init__(self, folder: Path, *options: str) -> None:
        super().__init__([sys.executable, "-m", "sleuth.serve"], folder / "var")
        self.options = options
        self.plugins = folder / "plugins"
        self.plugins.mkdir()
        (self.plugins / DECLARED.name).symlink_to(DECLARED)
        self.sentry = Sandbox()
        self.port = free_port()
        self.ending = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self.sentry.start()
            stack.callback(self.sentry.stop)
            stack.callback(self.end)
            self.open(*self.options, "--port", str(self.port))
            self.ending = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        with self.ending:
            assert self.stop() < STOP_SECONDS
            assert self.process is not None
            assert (self.process.returncode, self.left()) == (0, [])
            assert self.traceback == "", self.traceback

    @property
    def traceback(self) -> str:
        """What it logged from the first unexpected error on, or nothing."""
        _, found, after = self.log.read_text().partition("Traceback")
        return found + after[:10_000]

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def setup_code(self) -> str:
        """What it printed for the first visitor."""
        return re.findall(r"set-up page asks for (\S+)", self.printed)[0]

    def environ(self, **more: str) -> dict[str, str]:
        """Return the environment of the product and of its commands."""
        return super().environ(
            SLEUTH_PUBLIC_URL=self.url,
            SLEUTH_SENTRY_URL=self.sentry.url,
            SLEUTH_PLUGINS_DIR=str(self.plugins),
            **more,
        )

    @cached_property
    def application(self) -> Flask:
        """The application over the running product's database, in the test's own process."""
        nothing = dict.fromkeys(("SLEUTH_DATABASE_URL", "SLEUTH_REDIS_URL"), "")
        return create_app(nothing | {k: v for k, v in self.environ().items() if "SLEUTH_" in k})

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Open the running product's database, to prepare what a test is not about."""
        with self.application.app_context():
            yield
            db.session.remove()
            db.engine.dispose()

    def order(self, *arguments: str, password: str) -> str:
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

    def files_containing(self, text: str) -> list[str]:
        """Return the files it has written, log included, that hold a text."""
        files = [self.log, *(each for each in self.data_dir.rglob("*") if each.is_file())]
        return [str(each) for each in files if text.encode() in each.read_bytes()]
