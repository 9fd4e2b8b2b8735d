"""What the processes of one installation owe each other."""

from __future__ import annotations

import ctypes
import gc
import logging
import os
import resource
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import TextIO

PR_SET_PDEATHSIG = 1
M_ARENA_MAX = -8
MAPPED_PAGES = Path("/proc/self/statm")
SESSION_NICE = Path("/proc/self/autogroup")
TRIES_TO_TELL = 20
BETWEEN_LOOKS_SECONDS = 1.0
BETWEEN_TRIES_SECONDS = 0.11
"""Linux lets one such wish pass in 100 ms, whoever's it is; a worker has that long as it starts."""

ARGUMENTS_BEGIN = 45
"""Place of their address in /proc/self/stat, after the name of the program."""

_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None

SEARCHED_AFTER = 50_000
"""So many objects are made before a search for garbage; Python's own number is 700."""


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


def watch_parent() -> None:
    """End this process when its parent ends, where :func:`die_with_parent` cannot.

    Only for a process that has threads and forks no more.
    """
    if _libc is None:
        Thread(target=_follow, args=(os.getppid(),), daemon=True).start()


def _follow(parent_pid: int) -> None:
    # Nothing else tells of a parent's end there: one has to look, and sleep in between.
    while os.getppid() == parent_pid:
        time.sleep(BETWEEN_LOOKS_SECONDS)
    os._exit(1)


def limit_memory(most_bytes: int) -> None:
    """Let this process and its children have so much more address space, and never again more.

    What is mapped by now, shared libraries and all, does not count. Where the system knows no
    such limit, or a lower one is set already, nothing changes.
    """
    most = _mapped_bytes() + most_bytes
    with suppress(ValueError, OSError):
        soft, _ = resource.getrlimit(resource.RLIMIT_AS)
        if soft == resource.RLIM_INFINITY or soft > most:
            resource.setrlimit(resource.RLIMIT_AS, (most, most))


def share_arenas(most: int = 2) -> None:
    """Keep glibc from reserving 64 MB of address space for each thread to allocate in.

    Threads of one job would use up its limit on a machine with many cores. To be called
    before there are threads; does nothing where another library allocates.
    """
    if _libc is not None and hasattr(_libc, "mallopt"):
        _libc.mallopt(M_ARENA_MAX, most)


def step_back(nice: int) -> None:
    """Leave the processor to others while they want it.

    Linux may be set up to share it between sessions first, and by the nice values of processes
    only within one. Hence the session is told, too, if it is this process's own.
    """
    os.nice(nice)
    if os.getsid(0) == os.getpid():
        _tell_session(nice)


def _tell_session(nice: int) -> None:
    """Set the niceness of this session; of people without privileges one passes every 100 ms."""
    for _ in range(TRIES_TO_TELL):
        try:
            SESSION_NICE.write_text(str(nice))
        except BlockingIOError:
            time.sleep(BETWEEN_TRIES_SECONDS)
        except OSError:
            return  # another system, or one that is set up otherwise
        else:
            return


def collect_garbage_seldom() -> None:
    """Leave what is loaded by now out of the search for garbage, and search less often.

    A page is made of tens of thousands of objects that go by themselves with the last that
    refers to them; looking through them several times a page costs a tenth of its time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(SEARCHED_AFTER)


def show_module(*arguments: str) -> None:
    """Have lists of processes show another module and its arguments than this was started with.

    A fork is told from others by it. What is longer than what stands there is cut off; a program
    that was not started by ``-m``, and other systems than Linux, show what they did.
    """
    with suppress(OSError, IndexError):
        whole = Path("/proc/self/cmdline").read_bytes()
        fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
        before, found, room = whole.partition(b"\0-m\0")
        begin = int(fields[ARGUMENTS_BEGIN])
        if found and begin:
            shown = "\0".join(arguments).encode()[: len(room) - 1].ljust(len(room), b"\0")
            ctypes.memmove(begin + len(before) + len(found), shown, len(shown))


def close_descriptors_to_others() -> None:
    """Let standard output and error lead where they did, and their descriptors nowhere.

    What is written to 1 and 2 as such, by a library in C or a further process say, cannot be
    searched for secrets, so it is dropped.
    """
    moved = {name: getattr(sys, name) for name in ("stdout", "stderr")}
    with Path(os.devnull).open("wb") as nowhere:
        for number, (name, before) in enumerate(moved.items(), start=1):
            before.flush()
            own = os.fdopen(os.dup(number), "w", buffering=1, errors="backslashreplace")
            setattr(sys, name, own)
            _log_to(own, instead_of=before)
            os.dup2(nowhere.fileno(), number)


def _log_to(stream: TextIO, *, instead_of: TextIO) -> None:
    known = [logging.getLogger(name) for name in logging.root.manager.loggerDict]
    for logger in (logging.root, *known):
        for handler in logger.handlers:
            if isinstance(handler, logging.StreamHandler) and handler.stream is instead_of:
                handler.setStream(stream)


def _mapped_bytes() -> int:
    try:
        return int(MAPPED_PAGES.read_text().split()[0]) * resource.getpagesize()
    except (OSError, ValueError, IndexError):
        return 0
