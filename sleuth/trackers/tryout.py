"""The process in which a plugin is tried: ``python -m sleuth.trackers.tryout REPORT PARENT``."""

from __future__ import annotations

import json
import logging
import os
import resource
import signal
import sys
import threading

from sleuth.processes import die_with_parent, limit_memory
from sleuth.trackers.errors import one_line
from sleuth.trackers.loading import load_one
from sleuth.trackers.trial import DONE, LIMIT_SECONDS

MOST_MEMORY_BYTES = 2 * 1024**3
MOST_OUTPUT_BYTES = 1024**2


def main() -> None:
    """Load what standard input says, and report."""
    report = os.fdopen(int(sys.argv[1]), "w", buffering=1, encoding="utf-8")
    _guard(int(sys.argv[2]))
    order = json.load(sys.stdin)
    fatal = ""
    try:
        load_one(order["config"], order["key"], lambda step: print(step, file=report))
    except BaseException as error:
        fatal = f"It raised {one_line(error)}, which would end the product."
    others = [each for each in threading.enumerate() if each is not threading.main_thread()]
    names = ", ".join(sorted({each.name for each in others if not each.daemon}))
    if names and not fatal:
        fatal = f"It left a thread running that keeps every process from ending: {names}."
    notes = [f"It starts threads when it is imported: {len(others)}."] if others else []
    print(json.dumps({"fatal": fatal, "notes": notes}), file=report, flush=True)
    sys.stderr.flush()
    os._exit(DONE)


def _guard(parent_pid: int) -> None:
    """Let the child outlive neither its parent nor its time, nor fill memory or disk."""
    die_with_parent(parent_pid)
    signal.alarm(int(2 * LIMIT_SECONDS))
    limit_memory(MOST_MEMORY_BYTES)
    resource.setrlimit(resource.RLIMIT_FSIZE, (MOST_OUTPUT_BYTES, MOST_OUTPUT_BYTES))
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)


if __name__ == "__main__":
    main()
