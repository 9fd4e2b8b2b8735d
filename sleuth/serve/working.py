"""What the processes that run jobs, and the tick, have in common: an application that is loaded."""

from __future__ import annotations

import gc
import os
from importlib import import_module

from flask import Flask
from redis.exceptions import RedisError
from sqlalchemy.orm import configure_mappers

from sleuth.factory import create_app
from sleuth.processes import step_back
from sleuth.queue import COLLECT_QUEUE, JOBS_QUEUE, QUEUES, SLOW_QUEUE
from sleuth.queue.worker import make_worker
from sleuth.serve import logs

ROLES = {"worker": (JOBS_QUEUE, SLOW_QUEUE), "collector": (COLLECT_QUEUE,), "all": QUEUES}

ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1"}
"""Without it, NumPy is loaded with a thread and memory for each core, and who has threads must not
fork. Nothing here is large enough to be shared among cores."""

JOBS = (
    "sleuth.accounts.jobs",
    "sleuth.health.jobs",
    "sleuth.impact.jobs",
    "sleuth.integrations.jobs",
    "sleuth.notifications.jobs",
)
"""Loaded before there is any: each job is a fork, and would load them again. Those of the demo are
left to the demo."""

NICE = {"worker": 5, "collector": 10, "all": 5}
"""Whoever opens a page waits for it; whoever has a token checked does, too, but counts with
seconds; of when counts are collected nobody notices anything."""


def load_app() -> Flask:
    """Return the application, in a process that is to be forked."""
    for name, value in ONE_THREAD.items():
        os.environ.setdefault(name, value)
    app = create_app()
    for module in JOBS:
        import_module(module)
    configure_mappers()
    gc.freeze()  # what is loaded by now stays, and no job need look through it again
    return app


def run_jobs(app: Flask, role: str) -> int:
    """Run jobs until told to stop.

    Args:
        role: Which jobs, see :data:`ROLES`.

    Returns:
        The exit code: 1 if the queue server is out of reach.
    """
    step_back(NICE[role])
    try:
        make_worker(app, ROLES[role]).work(logging_level="WARNING")
    except RedisError as error:
        logs.give_up(f"The queue server does not answer: {error}")
        return 1
    return 0
