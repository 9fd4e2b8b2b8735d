"""The worker: loads the application once, forks for every job, recovers quickly."""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Sequence
from typing import Any, NoReturn

import rq.worker
from flask import Flask
from redis import Redis, RedisError
from rq import Queue
from rq.executions import Execution
from rq.job import Job
from rq.serializers import JSONSerializer

from sleuth import config, trackers
from sleuth.extensions import db
from sleuth.processes import (
    close_descriptors_to_others,
    die_with_parent,
    limit_memory,
    share_arenas,
)
from sleuth.queue import AFTER_A_DEATH, QUEUES, enqueue, stopping

WORKER_TTL_SECONDS = 30
"""An idle worker wakes 15 seconds before this, to say it lives and to look for lost jobs."""
MAINTENANCE_INTERVAL_SECONDS = 10
MONITORING_INTERVAL_SECONDS = 10
HEARTBEAT_GRACE_SECONDS = 15
"""A job whose worker has been silent for the interval and this long is run again."""

OVERDUE_SECONDS = 5.0
"""After its time limit a job is killed, if it goes on; RQ itself would wait for a minute."""

MOST_MEMORY_BYTES = 3 * 1024**3
"""Of one job, beside what its worker has, and with what its threads only reserve; a plugin that
wants more fails, instead of having the whole machine run out of it."""

STOP_SOON = signal.SIGUSR1


class Worker(rq.worker.Worker):
    """RQ's forking worker with one application context for each job."""

    log_result_lifespan = False
    max_connection_wait_time = 5.0

    def __init__(
        self, app: Flask, connection: Redis, queues: Sequence[str] = QUEUES, **options: Any
    ) -> None:
        self.app = app
        self._status: int | None = None
        self._has_killed = False
        self._began_at = 0.0
        super().__init__(
            [Queue(name, connection=connection, serializer=JSONSerializer) for name in queues],
            connection=connection,
            serializer=JSONSerializer,
            worker_ttl=WORKER_TTL_SECONDS,
            maintenance_interval=MAINTENANCE_INTERVAL_SECONDS,
            job_monitoring_interval=MONITORING_INTERVAL_SECONDS,
            **options,
        )

    def subscribe(self) -> None:
        """Listen to no remote commands: nobody sends any, and the thread that listens
        would receive signals in place of the main one and outlive a fork."""

    def get_heartbeat_ttl(self, job: Job, working_time: float = 0.0) -> int:
        """Return after how many silent seconds a job counts as abandoned."""
        return int(self.job_monitoring_interval) + HEARTBEAT_GRACE_SECONDS

    def handle_warm_shutdown_request(self) -> None:
        """Pass the wish to stop on to the job that runs; only a long one listens."""
        super().handle_warm_shutdown_request()  # type: ignore[no-untyped-call]
        if self.horse_pid:
            os.kill(self.horse_pid, STOP_SOON)

    def fork_work_horse(self, job: Job, queue: Queue) -> None:
        """Fork, and let the child note which plugins it asks."""
        trackers.notes.share()
        self._status, self._has_killed = None, False
        self._began_at = time.monotonic()
        super().fork_work_horse(job, queue)

    def maintain_heartbeats(self, job: Job, execution: Execution) -> None:
        """Say that the job is alive, as long as it may be."""
        super().maintain_heartbeats(job, execution)
        limit = float(job.timeout or 0)
        if 0 < limit < time.monotonic() - self._began_at - OVERDUE_SECONDS:
            self.kill_horse()

    def kill_horse(self, sig: signal.Signals = signal.SIGKILL) -> None:
        """Kill the job that runs; remembered, because then it is known why it ended."""
        self._has_killed = True
        super().kill_horse(sig)

    def wait_for_horse(self) -> tuple[int | None, int | None, Any]:
        """Wait for the job's process, and remember how it ended."""
        ended = super().wait_for_horse()
        self._status = ended[1] if ended[1] is not None else self._status
        return ended

    def monitor_work_horse(self, job: Job, queue: Queue, execution: Execution) -> None:
        """Watch over the job's process; if a plugin has ended it, do not ask that so soon."""
        super().monitor_work_horse(job, queue, execution)
        if self._status is None or self._stop_requested:
            return
        registry = self.app.extensions["sleuth_trackers"]
        trackers.believe(registry)
        if trackers.blame(registry, self._status, is_overdue=self._has_killed) or self._status:
            self._give_back(job)

    def _give_back(self, job: Job) -> None:
        """Let what the dead job was about be taken up again, before its lease runs out."""
        if name := AFTER_A_DEATH.get(str(job.func_name)):
            with self.app.app_context():
                enqueue(name, *job.args)

    def main_work_horse(self, job: Job, queue: Queue) -> NoReturn:
        """Run one job in the forked child, which must not share the parent's connections."""
        die_with_parent(self.pid or 0)
        limit_memory(MOST_MEMORY_BYTES)
        close_descriptors_to_others()
        signal.signal(STOP_SOON, lambda *_: stopping.set())
        with self.app.app_context():
            db.engine.dispose(close=False)
        super().main_work_horse(job, queue)
        raise AssertionError("unreachable: RQ ends the child itself")

    def perform_job(self, job: Job, queue: Queue, execution: Execution) -> bool:
        """Run one job in an application context of its own."""
        _forget_other_executions(job, execution)
        try:
            with self.app.app_context():
                return bool(super().perform_job(job, queue, execution))
        finally:
            trackers.notes.close()


def _forget_other_executions(job: Job, execution: Execution) -> None:
    """Drop what a killed worker left of this job.

    Its record runs out while the registry still names it; at the end of the job RQ 3.0
    would fail over that. A job that is run again has been given up by whoever had it.
    """
    registry = job.execution_registry
    for id_ in registry.get_execution_ids():
        if id_ != execution.id:
            job.connection.zrem(registry.key, id_)


def _without_traceback(record: logging.LogRecord) -> bool:
    """Say in one line that the queue server went away: where we noticed it tells nobody more."""
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, RedisError):
        record.msg = f"The queue server does not answer any more: {error}"
        record.args, record.exc_info = (), None
    return True


def make_worker(app: Flask, queues: Sequence[str] = QUEUES) -> Worker:
    """Return a worker on a connection of its own, patient enough to wait for jobs.

    Args:
        queues: Names of the queues it serves, the most urgent first.
    """
    share_arenas()
    logging.getLogger("rq.worker").addFilter(_without_traceback)
    signal.signal(STOP_SOON, signal.SIG_IGN)  # until a job can hear it
    return Worker(app, Redis.from_url(config.redis_url(app.config)), queues)
