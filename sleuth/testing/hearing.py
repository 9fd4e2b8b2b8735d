"""Hearing all that a plugin prints or logs, and nothing of what its sandbox does."""

from __future__ import annotations

import io
import logging
import os
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from typing import IO
from weakref import WeakSet

from sleuth.text import clean

OUTPUT, ERROR = 1, 2
_of_sandbox: WeakSet[threading.Thread] = WeakSet()


@contextmanager
def telling_sandbox_apart() -> Iterator[None]:
    """Remember which threads are the sandbox's: those that its threads start."""
    start = threading.Thread.start

    def started(self: threading.Thread) -> None:
        if threading.current_thread() in _of_sandbox:
            _of_sandbox.add(self)
        start(self)

    threading.Thread.start = started  # type: ignore[method-assign] # for a while
    try:
        yield
    finally:
        threading.Thread.start = start  # type: ignore[method-assign] # for a while


@contextmanager
def as_sandbox() -> Iterator[None]:
    """Count this thread, and all that it starts, as the sandbox's while the context lasts."""
    _of_sandbox.add(threading.current_thread())
    try:
        yield
    finally:
        _of_sandbox.discard(threading.current_thread())


class Descriptors:
    """What arrives at the descriptors of standard output and error, from children as well."""

    def __init__(self) -> None:
        self._file: IO[bytes] | None = None

    @contextmanager
    def heard(self) -> Iterator[None]:
        """Keep it instead of letting it out, while the context lasts."""
        with ExitStack() as stack:
            self._file = stack.enter_context(tempfile.TemporaryFile())
            for descriptor in (OUTPUT, ERROR):
                stack.callback(_put_back, descriptor, os.dup(descriptor))
                os.dup2(self._file.fileno(), descriptor)
            try:
                yield
            finally:
                _flush()
                self._file = None

    def length(self) -> int:
        """Return how many bytes have arrived."""
        _flush()
        return os.fstat(self._file.fileno()).st_size if self._file else 0

    def since(self, length: int) -> str:
        """Return what has arrived after so many bytes; nothing where nobody listens."""
        more = self.length() - length
        if self._file is None or more <= 0:
            return ""
        return os.pread(self._file.fileno(), more, length).decode(errors="backslashreplace")


descriptors = Descriptors()


def _put_back(descriptor: int, own: int) -> None:
    os.dup2(own, descriptor)
    os.close(own)


def _flush() -> None:
    for stream in (sys.__stdout__, sys.__stderr__):
        if stream is not None and not stream.closed:
            stream.flush()


class _Bytes(io.BytesIO):
    """Drops what a thread of the sandbox writes: that may say what it likes."""

    def write(self, data: bytes) -> int:  # type: ignore[override] # bytes are what comes
        is_heard = threading.current_thread() not in _of_sandbox
        return super().write(data) if is_heard else len(data)

    def fileno(self) -> int:
        """Return where a child may write, which is heard as well."""
        return OUTPUT


class Heard:
    """What was printed or logged; complete once the context has ended."""

    def __init__(self) -> None:
        self._bytes = _Bytes()
        self.stream = io.TextIOWrapper(
            self._bytes, "utf-8", errors="backslashreplace", newline="\n", write_through=True
        )
        self._length = descriptors.length()
        self._beyond = ""

    def end(self) -> None:
        """Add what did not come by the streams of Python."""
        self._beyond = descriptors.since(self._length)

    @property
    def text(self) -> str:
        """All of it."""
        return self._bytes.getvalue().decode(errors="backslashreplace") + self._beyond


@contextmanager
def captured_prints() -> Iterator[Heard]:
    """Collect what is printed, from whatever thread; nothing of it is shown.

    Where :data:`descriptors` are heard, what does without ``sys.stdout`` is collected, too.
    """
    heard = Heard()
    try:
        with redirect_stdout(heard.stream), redirect_stderr(heard.stream):
            yield heard
    finally:
        heard.end()


@contextmanager
def captured_output() -> Iterator[Heard]:
    """Collect what a plugin prints or logs, at whatever level; nothing of it is shown."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    with captured_prints() as heard:
        handler = logging.StreamHandler(heard.stream)
        handler.setFormatter(logging.Formatter("%(name)s: %(message)s"))
        root.handlers[:] = [handler]
        root.setLevel(logging.DEBUG)
        try:
            yield heard
        finally:
            root.handlers[:] = handlers
            root.setLevel(level)


@contextmanager
def overheard(say: Callable[[str], None], scrub: Callable[[str], str]) -> Iterator[None]:
    """Say what is printed in the block, on whatever way, once that has ended.

    Args:
        say: Told what is left after ``scrub``, unless that is nothing.
    """
    with ExitStack() as stack:
        stack.enter_context(descriptors.heard())
        heard = stack.enter_context(captured_prints())
        try:
            yield
        finally:
            stack.close()
            if text := scrub(clean(heard.text)):
                say(text)
