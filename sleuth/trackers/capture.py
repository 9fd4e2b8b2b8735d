"""What plugins print and log: sent to the log, without secrets, line by line and not for ever.

While a hook runs, standard output and standard error of its thread are ours, and so are the
records that are logged from it. Other threads are not concerned.
"""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TextIO, cast

from sleuth.text import clean
from sleuth.trackers.errors import shortened

MOST_LINES = 100
"""Of one call; what a plugin says beyond is counted only."""

LONGEST_LINE = 10_000

logger = logging.getLogger(__name__)
Scrub = Callable[[str], str]


@contextmanager
def captured(plugin: str, scrub: Scrub) -> Iterator[None]:
    """Log what this thread prints in the block, and take secrets out of what it logs.

    Args:
        plugin: Its name, for the log.
        scrub: Hides secrets in a text.
    """
    voice, before = _Voice(plugin, scrub), _of_thread()
    _switches.install()
    _here.voice = voice
    try:
        yield
    finally:
        _here.voice = before
        _switches.remove()
        voice.close()


class _Voice:
    """What one plugin says during one call."""

    def __init__(self, plugin: str, scrub: Scrub) -> None:
        self._plugin = shortened(plugin)
        self._scrub = scrub
        self._begun = ""
        self._lines = 0

    def write(self, text: str) -> None:
        *lines, rest = (self._begun + text[: LONGEST_LINE * MOST_LINES]).split("\n")
        self._begun = rest[:LONGEST_LINE]
        for line in lines:
            self._say(line)

    def close(self) -> None:
        self._say(self._begun)
        if self._lines > MOST_LINES:
            more = self._lines - MOST_LINES
            logger.info("Plugin %s printed %d lines more.", self._plugin, more)

    def _say(self, line: str) -> None:
        line = shortened(self._scrub(line[:LONGEST_LINE]))
        if not line:
            return
        self._lines += 1
        if self._lines <= MOST_LINES:
            with _silence():
                logger.info("Plugin %s printed: %s", self._plugin, line)

    def scrub_record(self, record: logging.LogRecord) -> None:
        """Take secrets and control characters out of what is logged."""
        try:
            record.msg = clean(self._scrub(record.getMessage()))
        except Exception:
            record.msg = "(a message that cannot be formatted)"
        record.args = ()
        if record.exc_info:
            text = "".join(traceback.format_exception(*record.exc_info))
            record.exc_text, record.exc_info = clean(self._scrub(text)), None
        if record.stack_info:
            record.stack_info = clean(self._scrub(record.stack_info))


class _Switch:
    """Standard output or error: of the plugin in its thread, the process's own elsewhere."""

    def __init__(self, own: TextIO) -> None:
        self.own = own

    def write(self, text: str) -> int:
        if voice := _of_thread():
            voice.write(str(text))
            return len(text)
        return self.own.write(text)

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.own, name)


class _Switches:
    """Puts the switches in place while anybody needs them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0

    def install(self) -> None:
        with self._lock:
            self._users += 1
            if self._users == 1:
                sys.stdout = cast("TextIO", _Switch(sys.stdout))
                sys.stderr = cast("TextIO", _Switch(sys.stderr))
                self._make_record = logging.getLogRecordFactory()
                logging.setLogRecordFactory(self._record)

    def remove(self) -> None:
        with self._lock:
            self._users -= 1
            if self._users == 0:
                logging.setLogRecordFactory(self._make_record)
                for name in ("stdout", "stderr"):
                    if isinstance(switch := getattr(sys, name), _Switch):
                        setattr(sys, name, switch.own)

    def _record(self, *args: Any, **kwargs: Any) -> logging.LogRecord:
        record: logging.LogRecord = self._make_record(*args, **kwargs)
        if voice := _of_thread():
            voice.scrub_record(record)
        return record


_here = threading.local()
_switches = _Switches()


def _of_thread() -> _Voice | None:
    return getattr(_here, "voice", None)


@contextmanager
def _silence() -> Iterator[None]:
    """Let the log itself write where it always does."""
    before, _here.voice = _of_thread(), None
    try:
        yield
    finally:
        _here.voice = before
