"""The process that a plugin is checked in, as seen from the one that gives the orders."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from sleuth.testing.telling import ending

GRACE_SECONDS = 2


class Process:
    """Runs :mod:`sleuth.testing.child`, with all that it starts in a group of its own.

    Args:
        seconds: How long a call of a hook may take.

    ``calling`` is what is called just now, "" between calls.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._waited_for = 0.0
        self.calling = ""
        reader, theirs = os.pipe()
        # without a buffer, because select() would not see a second line that is in it already
        self._report = os.fdopen(reader, "rb", buffering=0)
        try:
            self._child = _started(theirs)
        finally:
            os.close(theirs)

    def answer(self, order: str, seconds: float) -> dict[str, Any] | None:
        """Give an order and return the answer, None if there is none.

        Args:
            seconds: How long it may take, with all calls of hooks.
        """
        until = time.monotonic() + seconds
        self.calling = ""
        if self._child.stdin is None:
            return None
        try:
            self._child.stdin.write(order)
            self._child.stdin.flush()
        except BrokenPipeError:
            return None
        while (said := self._said(until, seconds)) and "calls" in said:
            self.calling = said["calls"]
        return said

    def _said(self, until: float, in_all: float) -> dict[str, Any] | None:
        """Return what it says next, None if it is silent for too long or has ended."""
        rest, self._waited_for = max(until - time.monotonic(), 0), in_all
        if self.calling and self._seconds < rest:
            rest = self._waited_for = self._seconds
        if not select.select([self._report], [], [], rest)[0]:
            return None
        line = self._report.readline()
        return json.loads(line) if line.endswith(b"\n") else None

    def end(self) -> str:
        """End it, and return what it did instead of answering, as the end of a sentence."""
        is_silent = not select.select([self._report], [], [], 0)[0]
        try:
            code = self._child.wait(0 if is_silent else GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self._kill()
            return f"did not come to an end within {self._waited_for:.0f} seconds"
        return ending(code)

    def close(self, grace_seconds: float = GRACE_SECONDS) -> None:
        """End it and all that it has started.

        Args:
            grace_seconds: How long it has to do so by itself.
        """
        if self._child.stdin is not None:
            with suppress(BrokenPipeError, subprocess.TimeoutExpired):
                self._child.stdin.close()
                self._child.wait(grace_seconds)
        self._kill()
        self._report.close()

    def _kill(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._child.pid, signal.SIGKILL)
        self._child.wait()


def _started(report: int) -> subprocess.Popen[str]:
    path = [each or str(Path.cwd()) for each in sys.path]
    flags = ["-P", *(["-S"] if sys.flags.no_site else [])]
    return subprocess.Popen(
        [
            *(sys.executable, *flags, "-m", "sleuth.testing.child"),
            *(str(report), str(os.getpid())),
        ],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path)},
        stdin=subprocess.PIPE,
        pass_fds=(report,),
        start_new_session=True,
        text=True,
    )
