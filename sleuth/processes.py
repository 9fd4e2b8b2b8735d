"""What the processes of one installation owe each other."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
from contextlib import suppress

PR_SET_PDEATHSIG = 1

_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent(parent_pid: int, with_signal: signal.Signals = signal.SIGKILL) -> None:
    """Ask the kernel to end this process when its parent ends; Linux only.

    Call it in the child, right after the fork: a fork inherits no such request.

    Args:
        parent_pid: Who the parent was before the fork; if it is gone by now, so are we.
    """
    if _libc is None:
        return
    _libc.prctl(PR_SET_PDEATHSIG, with_signal)
    if os.getppid() != parent_pid:
        os._exit(1)


def limit_memory(most_bytes: int) -> None:
    """Let this process and its children have so much address space and no more.

    Where the system knows no such limit, or a lower one is set already, nothing changes.
    """
    with suppress(ValueError, OSError):
        soft, hard = resource.getrlimit(resource.RLIMIT_AS)
        if soft == resource.RLIM_INFINITY or soft > most_bytes:
            resource.setrlimit(resource.RLIMIT_AS, (most_bytes, hard))
