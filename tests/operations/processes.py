"""Looking at processes, for the tests of those that start them; Linux only."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

PATIENCE_SECONDS = 60.0


def wait_until(is_true: Callable[[], object], seconds: float = PATIENCE_SECONDS) -> None:
    """Return as soon as something is true; fail if it does not become so."""
    give_up_at = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < give_up_at, f"still not so after {seconds} s"
        time.sleep(0.02)


def is_alive(pid: int) -> bool:
    """Tell whether a process exists and has not ended."""
    state = _read(pid, "stat").rpartition(")")[2].split()
    return bool(state) and state[0] != "Z"


def descendants(pid: int) -> list[int]:
    """Return the processes below one, by id."""
    children = map(int, _read(pid, f"task/{pid}/children").split())
    return [each for child in children for each in (child, *descendants(child))]


def command_of(pid: int) -> str:
    """Return the command line of a process, empty if it has ended."""
    return _read(pid, "cmdline").replace("\0", " ")


def kill(pid: int) -> None:
    """End a process as a crash would."""
    os.kill(pid, signal.SIGKILL)


def _read(pid: int, name: str) -> str:
    try:
        return Path(f"/proc/{pid}/{name}").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""
