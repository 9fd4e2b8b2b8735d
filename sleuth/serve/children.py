"""A child of the supervisor: how it is started, watched and stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from sleuth.processes import die_with_parent
from sleuth.serve.forked import Forked

FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 30.0
SETTLED_SECONDS = 60.0
"""A child that lived this long and dies is restarted as quickly as one that never died."""


@dataclass(frozen=True, slots=True)
class Child:
    """What to run.

    Args:
        name: As it stands in logs.
        command: Program and arguments.
        stop_seconds: How long it may take to stop before it is killed.
        inherits: File descriptors it keeps open.
    """

    name: str
    command: Sequence[str]
    stop_seconds: float = 1.0
    inherits: Sequence[int] = ()

    def spawn(self) -> subprocess.Popen[bytes]:
        """Start it in a session of its own, so that Ctrl-C reaches the supervisor only."""
        return subprocess.Popen(
            list(self.command),
            stdin=subprocess.DEVNULL,
            pass_fds=tuple(self.inherits),
            start_new_session=True,
            preexec_fn=partial(die_with_parent, os.getpid()),  # noqa: PLW1509 -- no threads here
        )


@dataclass(frozen=True, slots=True)
class Member:
    """What to do in a fork.

    Args:
        name: As it stands in logs.
        work: Returns the exit code.
        stop_seconds: As for :class:`Child`.
    """

    name: str
    work: Callable[[], int]
    stop_seconds: float = 1.0

    def spawn(self) -> Forked:
        """Start it, in a session of its own as well."""
        return Forked(self.work)


def python(*arguments: str) -> list[str]:
    """Return the command that runs a module with this very interpreter."""
    return [sys.executable, "-m", *arguments]


@dataclass(slots=True)
class Running:
    """A child that was started at least once."""

    child: Child | Member
    process: subprocess.Popen[bytes] | Forked
    started_at: float
    pause_seconds: float = FIRST_PAUSE_SECONDS
    restart_at: float | None = None

    @classmethod
    def start(cls, child: Child | Member) -> Running:
        """Start a child.

        Raises:
            OSError: The program cannot be executed.
        """
        return cls(child, child.spawn(), time.monotonic())

    def has_just_ended(self) -> bool:
        """Tell, once for each end, whether the process is gone; plan its restart."""
        if self.restart_at is not None or self.process.poll() is None:
            return False
        lived = time.monotonic() - self.started_at
        if lived >= SETTLED_SECONDS:
            self.pause_seconds = FIRST_PAUSE_SECONDS
        self.restart_at = time.monotonic() + self.pause_seconds
        return True

    def restart_if_due(self) -> None:
        """Start the process again once its pause is over; the next pause is longer."""
        if self.restart_at is None or time.monotonic() < self.restart_at:
            return
        self.process = self.child.spawn()
        self.started_at = time.monotonic()
        self.restart_at = None
        self.pause_seconds = min(2 * self.pause_seconds, LONGEST_PAUSE_SECONDS)

    def stop(self) -> None:
        """Ask to stop, ask again after half of the time, then kill."""
        for ask in (signal.SIGTERM, signal.SIGTERM, signal.SIGKILL):
            if self.process.poll() is not None:
                return
            self.process.send_signal(ask)
            try:
                self.process.wait(self.child.stop_seconds / 2)
            except subprocess.TimeoutExpired:
                continue

    def how_it_ended(self) -> str:
        """Return the exit in words."""
        code = self.process.returncode or 0
        return f"by signal {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"
