"""What plugins print and log: sent to the log, without secrets, line by line and not for ever.

While a hook runs, standard output and standard error of its thread are ours, and so are the
records that are logged from it. Which thread is the plugin's own cannot be told, so whatever any
other prints or logs meanwhile, and as long as one lives that a hook may have left, is printed and
logged without the secrets of whoever is asked. What is written past ``sys.stdout`` and
``sys.stderr``, to descriptors or by other processes, is not seen.
"""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TextIO, cast
from weakref import WeakSet

from sleuth.text import clean
from sleuth.trackers.errors import shortened

MOST_LINES = 100
"""Of one call; what a plugin says beyond is counted only."""

LONGEST_LINE = 10_000

logger = logging.getLogger(__name__)
Scrub = Callable[[str], str]


@contextmanager
def captured(plugin: str, scrub: Scrub) -> Iterator[None]:
    """Log what this thread prints in the block, and take secrets out of what any logs.

    Args:
        plugin: Its name, for the log.
        scrub: Hides secrets in a text.
    """
    voice = _Voice(plugin, scrub)
    _switches.enter(voice)
    token = _here.set(voice)
    try:
        yield
    finally:
        _here.reset(token)
        voice.close()
        _switches.leave(voice)


class _Voice:
    """What one plugin says during one call."""

    def __init__(self, plugin: str, scrub: Scrub) -> None:
        self.scrub = scrub
        self.is_open = True
        self._plugin = shortened(plugin)
        self._begun = ""
        self._lines = 0

    def write(self, text: str) -> None:
        *lines, rest = (self._begun + text[: LONGEST_LINE * MOST_LINES]).split("\n")
        self._begun = rest[:LONGEST_LINE]
        for line in lines:
            self._say(line)

    def close(self) -> None:
        self.is_open = False
        self._say(self._begun)
        if self._lines > MOST_LINES:
            more = self._lines - MOST_LINES
            logger.info("Plugin %s printed %d lines more.", self._plugin, more)

    def _say(self, line: str) -> None:
        line = shortened(self.scrub(line[:LONGEST_LINE]))
        if not line:
            return
        self._lines += 1
        if self._lines <= MOST_LINES:
            with _host():
                logger.info("Plugin %s printed: %s", self._plugin, line)


class _Switch:
    """Standard output or error: of the plugin in its thread, the process's own elsewhere."""

    def __init__(self, own: TextIO) -> None:
        self.own = own

    @property
    def buffer(self) -> Any:
        return _Bytes(self, self.own.buffer)

    def write(self, text: str) -> int:
        if voice := _speaker():
            voice.write(str(text))
            return len(text)
        return self.own.write(_switches.scrubbed(text))

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.own, name)


class _Bytes:
    """What lies below a switch, for who writes bytes."""

    def __init__(self, switch: _Switch, own: Any) -> None:
        self._switch = switch
        self._own = own

    def write(self, raw: Any) -> int:
        text = bytes(raw).decode(errors="surrogateescape")
        if _speaker():
            self._switch.write(text)
        else:
            self._own.write(_switches.scrubbed(text).encode(errors="surrogateescape"))
        return len(raw)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._own, name)


class _Switches:
    """Puts the switches in place while anybody needs them, or may yet."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._open: list[_Voice] = []
        self._late: dict[Scrub, None] = {}
        self._known: WeakSet[threading.Thread] = WeakSet()
        self._make_record: Callable[..., logging.LogRecord] | None = None

    def enter(self, voice: _Voice) -> None:
        with self._lock:
            if self._make_record is None:
                self._known = WeakSet(threading.enumerate())
                self._make_record = logging.getLogRecordFactory()
                logging.setLogRecordFactory(self._record)
            self._known.add(threading.current_thread())
            self._open.append(voice)
            for name in ("stdout", "stderr"):
                if not isinstance(own := getattr(sys, name), _Switch):
                    setattr(sys, name, cast("TextIO", _Switch(own)))

    def leave(self, voice: _Voice) -> None:
        with self._lock:
            self._open.remove(voice)
            if any(each not in self._known for each in threading.enumerate()):
                self._late[voice.scrub] = None
                return
            self._late.clear()
            if not self._open:
                self._remove()

    def _remove(self) -> None:
        if self._make_record is not None:
            logging.setLogRecordFactory(self._make_record)
        self._make_record = None
        for name in ("stdout", "stderr"):
            if isinstance(switch := getattr(sys, name), _Switch):
                setattr(sys, name, switch.own)

    def scrubbed(self, text: str) -> str:
        """Take out the secrets of all plugins, unless the host speaks, which has done so."""
        if _is_host.get():
            return text
        with self._lock:
            scrubs = {voice.scrub: None for voice in self._open} | self._late
        for scrub in scrubs:
            text = scrub(text)
        return text

    def _record(self, *args: Any, **kwargs: Any) -> logging.LogRecord:
        make = self._make_record or logging.LogRecord
        record = make(*args, **kwargs)
        if voice := _speaker():
            _scrub_record(record, lambda text: clean(voice.scrub(text)))
        elif not _is_host.get():
            _scrub_record(record, self.scrubbed)
        return record


def _scrub_record(record: logging.LogRecord, scrub: Scrub) -> None:
    try:
        record.msg = scrub(record.getMessage())
    except Exception:
        record.msg = "(a message that cannot be formatted)"
    record.args = ()
    if record.exc_info:
        text = "".join(traceback.format_exception(*record.exc_info))
        record.exc_text, record.exc_info = scrub(text), None
    if record.stack_info:
        record.stack_info = scrub(record.stack_info)


_here: ContextVar[_Voice | None] = ContextVar("voice", default=None)
_is_host: ContextVar[bool] = ContextVar("is_host", default=False)
_switches = _Switches()


def _speaker() -> _Voice | None:
    voice = _here.get()
    return voice if voice is not None and voice.is_open and not _is_host.get() else None


@contextmanager
def _host() -> Iterator[None]:
    """Let the log itself write where it always does."""
    token = _is_host.set(True)
    try:
        yield
    finally:
        _is_host.reset(token)
