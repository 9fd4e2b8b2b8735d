"""Worker, collector and tick, forked from one process: ``python -m sleuth.serve.crew MEMBER …``.

The application is loaded once, and nobody works in the process that has loaded it: it looks after
the others as the supervisor does after it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import partial

from flask import Flask

from sleuth.processes import show_module
from sleuth.serve import logs, tick
from sleuth.serve.children import Member
from sleuth.serve.supervisor import Supervisor
from sleuth.serve.working import load_app, run_jobs

MODULES = {
    "worker": ("sleuth.serve.worker", "worker"),
    "collector": ("sleuth.serve.worker", "collector"),
    "tick": ("sleuth.serve.tick",),
}
"""Under which each is shown among the processes of the machine: that by which it starts alone."""

STOP_SECONDS = {"worker": 4.5, "collector": 4.5}


def main(names: Sequence[str]) -> int:
    """Start those named, as often as named, and look after them until told to stop."""
    logs.configure("crew")
    if unknown := [name for name in names if name not in MODULES]:
        logs.give_up(f"A crew has {', '.join(MODULES)}, not {', '.join(unknown)}.")
        return 2
    return look_after(names)


def look_after(names: Sequence[str]) -> int:
    """Fork so many processes, and again what dies, until told to stop.

    Returns:
        The exit code.
    """
    supervisor = Supervisor()
    app = load_app()
    for name in names:
        supervisor.start(Member(name, partial(_be, app, name), STOP_SECONDS.get(name, 1.0)))
    supervisor.watch()
    supervisor.stop()
    return 0


def _be(app: Flask, name: str) -> int:
    show_module(*MODULES[name])
    logs.rename(name)
    work: Callable[[], int] = partial(run_jobs, app, name)
    if name == "tick":
        work = partial(tick.work, app)
    return work()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
