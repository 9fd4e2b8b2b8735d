"""Doing something in a child that tells what comes of it, so that its silence is noticed.

It is a fork, because what is told to the command, a token on standard input or at a prompt, then
reaches the child without passing through anything else.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, NoReturn, TextIO

from sleuth.testing.telling import ending

Tell = Callable[..., None]
_LAST = {"is_last": True}


class EndedError(Exception):
    """The child ended before its work did; the message is the end of a sentence."""


def told(work: Callable[[Tell], None]) -> Iterator[dict[str, Any]]:
    """Do the work in a child, and yield what it tells.

    Args:
        work: Tells by name what JSON can express; nothing else of it is kept.

    Raises:
        EndedError: it did not come to its end.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        _work(work, writer)
    os.close(writer)
    try:
        with os.fdopen(reader, encoding="utf-8") as lines:
            for said in _told(lines):
                if said == _LAST:
                    return
                yield said
        raise EndedError(ending(_waited_for(child)))
    finally:
        _end(child)


def _told(lines: TextIO) -> Iterator[dict[str, Any]]:
    return (json.loads(line) for line in lines if line.endswith("\n"))


def _waited_for(child: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _end(child: int) -> None:
    """End it, unless it was waited for: its number may be somebody else's then."""
    with suppress(ChildProcessError):
        if os.waitpid(child, os.WNOHANG)[0] == 0:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def _work(work: Callable[[Tell], None], writer: int) -> NoReturn:
    """Do it, and end without what would be done once more at the end of the parent."""
    code = 1
    try:
        with os.fdopen(writer, "w", encoding="utf-8") as channel:

            def tell(**said: Any) -> None:
                print(json.dumps(said), file=channel, flush=True)

            work(tell)
            tell(**_LAST)
        code = 0
    except BaseException as error:
        # a fault of the kit itself: its message is left out, as it may hold a secret
        sys.stderr.writelines([*traceback.format_tb(error.__traceback__), type(error).__name__])
        sys.stderr.flush()
    finally:
        os._exit(code)
