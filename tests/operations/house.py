"""A whole installation, started as an operator starts it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import requests

from sleuth.config import ROOT
from tests.operations.processes import PATIENCE_SECONDS, command_of, descendants, is_alive, kill


class House:
    """The supervisor with its children, on a free port and a data directory of its own."""

    def __init__(self, command: Sequence[str], data_dir: Path) -> None:
        self.command = list(command)
        self.data_dir = data_dir
        self.log = data_dir.parent / "house.log"
        self.process: subprocess.Popen[str] | None = None
        self.address = ""
        self.printed = ""
        self.seen: set[int] = set()

    def start(self, *arguments: str, **environ: str) -> subprocess.Popen[str]:
        """Start, and return at once."""
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                [*self.command, *(arguments or ("--port", "0"))],
                cwd=ROOT,
                env=self.environ(**environ),
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        return self.process

    def environ(self, **more: str) -> dict[str, str]:
        """Return the environment without the settings of whoever runs the tests."""
        clean = {name: value for name, value in os.environ.items() if name[:7] != "SLEUTH_"}
        return {**clean, "PYTHONPATH": str(ROOT), "SLEUTH_DATA_DIR": str(self.data_dir), **more}

    def open(self, *arguments: str, **environ: str) -> None:
        """Start, and wait until everything runs."""
        stdout = self.start(*arguments, **environ).stdout
        assert stdout is not None
        while "Press Ctrl-C" not in self.printed:
            line = stdout.readline()
            assert line, f"It ended: {self.log.read_text()}"
            self.printed += line
        self.address = re.findall(r"Sleuth runs at (\S+)", self.printed)[0]

    def refuse(self, *arguments: str, **environ: str) -> tuple[int, str]:
        """Start, wait for the end, and return exit code and what was said."""
        process = self.start(*arguments, **environ)
        process.communicate(timeout=PATIENCE_SECONDS)
        return process.returncode, self.log.read_text()

    def get(self, path: str = "/") -> requests.Response:
        """Ask for a page."""
        return requests.get(self.address + path, timeout=PATIENCE_SECONDS, allow_redirects=False)

    def children(self) -> list[int]:
        """Return every process below the supervisor, by id."""
        assert self.process is not None
        children = descendants(self.process.pid)
        self.seen.update(children)
        return children

    def find(self, word: str) -> list[int]:
        """Return the processes below the supervisor whose command has a word."""
        return [pid for pid in self.children() if word in command_of(pid)]

    def stop(self, number: int = signal.SIGTERM) -> float:
        """Ask to stop; return how many seconds it took."""
        assert self.process is not None
        self.children()
        began = time.monotonic()
        self.process.send_signal(number)
        self.process.communicate(timeout=PATIENCE_SECONDS)
        return time.monotonic() - began

    def left(self) -> list[int]:
        """Return what still runs of all that was ever seen."""
        return [pid for pid in self.seen if is_alive(pid)]

    def end(self) -> None:
        """Leave nothing behind, however the test went."""
        if self.process is not None:
            self.children()
            self.process.kill()
            self.process.communicate()
        for pid in self.left():
            kill(pid)
