"""What one plugin must not change for everybody: put back after it was loaded, and noted."""

from __future__ import annotations

import locale
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple


class _Thing(NamedTuple):
    """Something that a process has one of.

    Args:
        restore: Given what ``read`` returned before, makes it so again.
    """

    name: str
    read: Callable[[], Any]
    restore: Callable[[Any], object]


@contextmanager
def unchanged(notes: list[str]) -> Iterator[None]:
    """Undo what the block changes of the whole process, and add a sentence to ``notes``."""
    before = [(thing, thing.read()) for thing in THINGS]
    try:
        yield
    finally:
        changed = [(thing, value) for thing, value in before if thing.read() != value]
        stays = [thing.name for thing, value in changed if not _is_restored(thing, value)]
        undone = [thing.name for thing, _ in changed if thing.name not in stays]
        for names, words in ((undone, "was undone"), (stays, "could not be undone")):
            if names:
                notes.append(
                    "What it changed in the whole process when it was loaded "
                    f"{words}: {', '.join(names)}."
                )


def _is_restored(thing: _Thing, value: Any) -> bool:
    try:
        thing.restore(value)
    except (OSError, ValueError, TypeError, locale.Error):
        return False
    return True


def _streams() -> tuple[Any, ...]:
    return sys.stdin, sys.stdout, sys.stderr


def _set_streams(streams: tuple[Any, ...]) -> None:
    sys.stdin, sys.stdout, sys.stderr = streams


def _folder() -> str:
    """Return the working directory, "" if it was removed, which cannot be entered again."""
    try:
        return str(Path.cwd())
    except OSError:
        return ""


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _logging() -> tuple[int, int, list[logging.Handler]]:
    root = logging.root
    return root.manager.disable, root.level, list(root.handlers)


def _set_logging(values: tuple[int, int, list[logging.Handler]]) -> None:
    disabled, level, handlers = values
    logging.disable(disabled)
    logging.root.setLevel(level)
    logging.root.handlers[:] = handlers


def _handlers() -> dict[int, Any]:
    return {number: signal.getsignal(number) for number in signal.valid_signals()}


def _set_handlers(handlers: dict[int, Any]) -> None:
    for number, handler in handlers.items():
        if signal.getsignal(number) != handler:
            signal.signal(number, handler)


def _has_timer() -> bool:
    return signal.getitimer(signal.ITIMER_REAL)[0] > 0


def _set_timer(was_set: bool) -> None:
    if was_set:
        raise ValueError("Nobody knows what it was set to.")
    signal.setitimer(signal.ITIMER_REAL, 0)


THINGS = (
    _Thing("standard input, output or error", _streams, _set_streams),
    _Thing("the working directory", _folder, os.chdir),
    _Thing("the umask", _umask, os.umask),
    _Thing(
        "the locale",
        lambda: locale.setlocale(locale.LC_ALL),
        lambda value: locale.setlocale(locale.LC_ALL, value),
    ),
    _Thing("what is logged", _logging, _set_logging),
    _Thing("the default timeout of sockets", socket.getdefaulttimeout, socket.setdefaulttimeout),
    _Thing("what signals do", _handlers, _set_handlers),
    _Thing("a timer that sends a signal", _has_timer, _set_timer),
)
