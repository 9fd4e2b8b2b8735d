"""The process in which a plugin is tried: ``python -m sleuth.trackers.tryout REPORT PARENT``."""

from __future__ import annotations

import atexit
import json
import logging
import os
import resource
import signal
import sys
import threading
import time

from sleuth.processes import die_with_parent, limit_memory
from sleuth.trackers.errors import one_line
from sleuth.trackers.loading import load_one
from sleuth.trackers.trial import LIMIT_SECONDS

MOST_MEMORY_MB = 2048
"""Address space: libraries that compute reserve much of it on machines with many cores."""

MOST_OUTPUT_BYTES = 1024**2
END_SECONDS = 2.0
"""How long the process may take to end; a pool of threads that is idle ends at once."""


class Report:
    """What is said to the process that started this one; nothing that the plugin starts has it."""

    def __init__(self, descriptor: int) -> None:
        os.set_inheritable(descriptor, False)
        self._descriptor = descriptor
        self._lock = threading.Lock()
        self.last_step = ""

    def step(self, words: str) -> None:
        """Say what is done next."""
        self.last_step = words
        self._write({"step": words})

    def close(self, fatal: str, notes: list[str]) -> None:
        """Say what came of it, once, and end the process."""
        self._lock.acquire()
        self._write({"fatal": fatal, "notes": notes})
        sys.stderr.flush()
        os._exit(0)

    def _write(self, line: object) -> None:
        os.write(self._descriptor, f"\n{json.dumps(line)}\n".encode())


def main() -> None:
    """Load what standard input says, report, and end as every process of the product ends."""
    report = Report(int(sys.argv[1]))
    _guard(int(sys.argv[2]))
    order = json.load(sys.stdin)
    notes: list[str] = []
    atexit.register(report.close, "", notes)  # the first here is the last that is called
    try:
        registry = load_one(order["config"], order["key"], report.step)
    except BaseException as error:
        report.close(f"It raised {one_line(error)}, which would end the product.", [])
    if any(each.error.startswith("It raised MemoryError") for each in registry.failures):
        report.close(f"It took more than {MOST_MEMORY_MB} MB while {report.last_step}.", [])
    count = len(threading.enumerate()) - 1
    notes.extend([f"It starts threads when it is imported: {count}."] if count else [])
    report.step("ending")
    threading.Thread(target=_give_up, args=(report,), daemon=True).start()


def _give_up(report: Report) -> None:
    time.sleep(END_SECONDS)
    others = [each for each in threading.enumerate() if each is not threading.main_thread()]
    names = ", ".join(sorted({each.name for each in others if not each.daemon}))
    if names:
        report.close(f"It left a thread running that keeps every process from ending: {names}.", [])
    report.close("It registered something with atexit that keeps every process from ending.", [])


def _guard(parent_pid: int) -> None:
    """Let the child outlive neither its parent nor its time, nor fill memory or disk."""
    die_with_parent(parent_pid)
    signal.alarm(int(2 * LIMIT_SECONDS))
    limit_memory(MOST_MEMORY_MB * 1024**2)
    resource.setrlimit(resource.RLIMIT_FSIZE, (MOST_OUTPUT_BYTES, MOST_OUTPUT_BYTES))
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)


if __name__ == "__main__":
    main()
