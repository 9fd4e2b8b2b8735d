"""A process forked from this one: what it shares of memory, it need not load."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from threading import Lock

from sleuth.processes import die_with_parent

STOP_SIGNALS = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP})
LOOK_SECONDS = 0.02

log = logging.getLogger(__name__)


class Forked:
    """Has the face of :class:`subprocess.Popen`, as far as a supervisor needs it.

    Args:
        work: Done in the child; returns its exit code.
    """

    def __init__(self, work: Callable[[], int]) -> None:
        self.returncode: int | None = None
        self._reaping = Lock()
        self.pid = _fork(work)

    def poll(self) -> int | None:
        """Return the exit code as Popen does, None while the process runs."""
        if self._reaping.acquire(blocking=False):
            try:
                self._reap()
            finally:
                self._reaping.release()
        return self.returncode

    def _reap(self) -> None:
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self.returncode = os.waitstatus_to_exitcode(status) if pid else None

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end.

        Args:
            timeout: In seconds.

        Raises:
            subprocess.TimeoutExpired: it still runs.
        """
        give_up_at = float("inf") if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            if time.monotonic() > give_up_at:
                raise subprocess.TimeoutExpired("a fork", timeout or 0)
            time.sleep(LOOK_SECONDS)
        return code

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            with suppress(ProcessLookupError):  # another thread has seen it end
                os.kill(self.pid, number)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)


def _fork(work: Callable[[], int]) -> int:
    """Fork; what is told to stop meanwhile hears it when it can."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    parent = os.getpid()
    try:
        pid = os.fork()
        if pid == 0:
            _be_child(parent, work)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return pid


def _be_child(parent: int, work: Callable[[], int]) -> None:
    """Do the work in a session of its own, as a process that is started by itself would."""
    code: object = 1
    try:
        die_with_parent(parent)
        os.setsid()
        signal.set_wakeup_fd(-1)
        for each in (*STOP_SIGNALS, signal.SIGCHLD):
            if signal.getsignal(each) is not signal.SIG_IGN:
                signal.signal(each, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)
        code = work()
    except SystemExit as end:
        code = end.code
    except BaseException:
        log.exception("A process failed unexpectedly.")
    finally:
        os._exit(code if isinstance(code, int) else 0 if code is None else 1)
