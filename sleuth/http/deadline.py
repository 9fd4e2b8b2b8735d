"""Ending work at a deadline, whatever it is waiting for."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from threading import Thread
from typing import TypeVar

GRACE_SECONDS = 0.2
"""For work to notice by itself that it is late, so that it need not be abandoned."""

THREAD_NAME = "tracker request"

T = TypeVar("T")

_is_expendable: ContextVar[bool] = ContextVar("is_expendable", default=False)


@contextmanager
def expendable() -> Iterator[None]:
    """Say that this thread ends with its process, soon, and that nobody waits for it.

    What is run until a deadline is not guarded then: a thread for each request costs a
    tenth of the request.
    """
    token = _is_expendable.set(True)
    try:
        yield
    finally:
        _is_expendable.reset(token)


def run_until(deadline: float, work: Callable[[], T]) -> T:
    """Run the work in a thread of its own, because only that bounds how long it takes.

    Socket timeouts do not: they start again with every byte, and none covers DNS. In an
    expendable thread the work is run as it is, and has to look at the time by itself. The
    thread has the caller's context, so that what it logs is the caller's, too.

    Args:
        deadline: By the monotonic clock, in seconds.

    Raises:
        TimeoutError: the deadline came first; the work is left to end by itself.
    """
    if _is_expendable.get():
        return work()
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:
            future.set_exception(error)

    context = copy_context()
    Thread(target=context.run, args=(run,), daemon=True, name=THREAD_NAME).start()
    return future.result(timeout=max(deadline - time.monotonic(), 0) + GRACE_SECONDS)
