"""Starts children in order, keeps them alive, stops them in the reverse of their need."""

from __future__ import annotations

import logging
import os
import select
import signal
import time
from collections.abc import Callable
from itertools import groupby
from threading import Thread
from types import FrameType

from sleuth.serve.children import Child, Member, Running
from sleuth.serve.forked import STOP_SIGNALS

log = logging.getLogger(__name__)


class StartError(Exception):
    """Something indispensable did not start; the message is one sentence, or empty if
    the child has said it already."""


class Supervisor:
    """Owns the children of one installation; lives in the main thread."""

    def __init__(self) -> None:
        self.running: list[Running] = []
        self.is_stopping = False
        self._wakeup, self._wakeup_write = os.pipe()
        for end in (self._wakeup, self._wakeup_write):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(self._wakeup_write, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in STOP_SIGNALS:
            if not _is_to_be_ignored(number):
                signal.signal(number, self._request_stop)

    def _request_stop(self, _number: int, _frame: FrameType | None) -> None:
        """Begin an ordered stop; asked a second time, kill everything at once."""
        if self.is_stopping:
            for running in self.running:
                running.process.kill()
        self.is_stopping = True

    def start(self, child: Child | Member) -> Running:
        """Start a child and look after it from now on."""
        running = Running.start(child)
        self.running.append(running)
        return running

    def wait_until_ready(
        self, running: Running, is_ready: Callable[[], bool], seconds: float, sentence: str
    ) -> None:
        """Wait for a child that the others need.

        Raises:
            StartError: It ended, or was not ready in time.
        """
        give_up_at = time.monotonic() + seconds
        while not is_ready():
            if self.is_stopping:
                return
            if running.process.poll() is not None or time.monotonic() > give_up_at:
                raise StartError(sentence)
            self._sleep(0.02)

    def watch(self) -> None:
        """Restart what dies, until told to stop."""
        while not self.is_stopping:
            for running in self.running:
                self._look_after(running)
            self._sleep(self._seconds_to_next_restart())

    def stop(self) -> None:
        """Stop every child: whoever feeds others first, whoever is needed last.

        Children are stopped in the order web server, crew, queue server, and in a crew all workers
        at once before the tick, which is not the one they were started in. Those of a web server
        are alike.
        """
        self.is_stopping = True
        ranked = sorted(self.running, key=_stop_rank)
        for _, alike in groupby(ranked, key=_stop_rank):
            stops = [Thread(target=running.stop) for running in alike]
            for stop in stops:
                stop.start()
            for stop in stops:
                stop.join()

    def _look_after(self, running: Running) -> None:
        if running.has_just_ended():
            log.warning(
                "The %s ended %s; it is started again in %.0f s.",
                running.child.name,
                running.how_it_ended(),
                running.pause_seconds,
            )
        try:
            running.restart_if_due()
        except OSError as error:
            log.warning("The %s cannot be started: %s", running.child.name, error)

    def _seconds_to_next_restart(self) -> float | None:
        moments = [running.restart_at for running in self.running if running.restart_at]
        return max(0.0, min(moments) - time.monotonic()) if moments else None

    def _sleep(self, seconds: float | None) -> None:
        """Sleep until a signal arrives or the time is over."""
        if select.select([self._wakeup], [], [], seconds)[0]:
            os.read(self._wakeup, 4096)


def _is_to_be_ignored(number: signal.Signals) -> bool:
    """Tell whether we were started by ``nohup``, to go on when the terminal is closed."""
    return number is signal.SIGHUP and signal.getsignal(number) is signal.SIG_IGN


def _stop_rank(running: Running) -> int:
    order = {"web server": 0, "crew": 1, "worker": 1, "collector": 1, "tick": 2, "queue server": 3}
    return order.get(running.child.name, 0)
