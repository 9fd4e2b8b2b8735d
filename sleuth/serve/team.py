"""Several processes that share the memory of what one of them has loaded."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from types import FrameType

from sleuth.processes import die_with_parent

STOP_SIGNALS = frozenset({signal.SIGTERM, signal.SIGINT})

log = logging.getLogger(__name__)


def work_as_team(number: int, work: Callable[[], int]) -> int:
    """Fork so many processes that each do the work, and wait for their end.

    What this process is told by a signal, it passes on. When one of them ends, the others are
    told to, so that whoever started this one sees one process that lives or does not.

    Returns:
        The exit code of the one that ended first.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    team = _Team([_fork(work) for _ in range(number)])
    for each in STOP_SIGNALS:
        signal.signal(each, team.tell)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)
    return team.wait()


class _Team:
    def __init__(self, pids: list[int]) -> None:
        self._pids = pids
        self._is_told = False

    def tell(self, number: int, _frame: FrameType | None = None) -> None:
        self._is_told = True
        for pid in self._pids:
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def wait(self) -> int:
        pid, status = os.wait()
        self._pids.remove(pid)
        if not self._is_told:
            self.tell(signal.SIGTERM)
        for other in list(self._pids):
            os.waitpid(other, 0)
            self._pids.remove(other)
        return abs(os.waitstatus_to_exitcode(status))


def _fork(work: Callable[[], int]) -> int:
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        _be_member(parent, work)
    return pid


def _be_member(parent: int, work: Callable[[], int]) -> None:
    """Do the work in a process group of its own, so that Ctrl-C is heard by the parent alone."""
    code = 1
    try:
        die_with_parent(parent)
        os.setpgid(0, 0)
        for each in STOP_SIGNALS:
            signal.signal(each, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)
        code = work()
    except Exception:
        log.exception("A worker failed unexpectedly.")
    finally:
        os._exit(code)
