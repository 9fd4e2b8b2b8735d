"""The process that runs jobs: ``python -m sleuth.serve.worker [ROLE]``, as often as needed."""

from __future__ import annotations

import gc
import sys

from flask import Flask
from redis.exceptions import RedisError

from sleuth.factory import create_app
from sleuth.queue import COLLECT_QUEUE, JOBS_QUEUE, QUEUES, SLOW_QUEUE
from sleuth.queue.worker import make_worker
from sleuth.serve import logs
from sleuth.serve.team import work_as_team

ROLES = {"worker": (JOBS_QUEUE, SLOW_QUEUE), "collector": (COLLECT_QUEUE,), "all": QUEUES}
PROCESSES = {"worker": 2}
"""So that nobody waits behind a job that hangs; they share the memory of what is loaded."""


def main(role: str = "all") -> int:
    """Run jobs until told to stop.

    Args:
        role: ``worker`` for what somebody may wait for, ``collector`` for collecting
            counts, ``all`` for both.
    """
    logs.configure("worker" if role == "all" else role)
    if role not in ROLES:
        logs.give_up(f"A worker can be one of {', '.join(ROLES)}, not {role}.")
        return 2
    app = create_app()
    gc.freeze()  # what is loaded by now stays, and no job need look through it again
    if role in PROCESSES:
        return work_as_team(PROCESSES[role], lambda: _work(app, role))
    return _work(app, role)


def _work(app: Flask, role: str) -> int:
    try:
        make_worker(app, ROLES[role]).work(logging_level="WARNING")
    except RedisError as error:
        logs.give_up(f"The queue server does not answer: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
