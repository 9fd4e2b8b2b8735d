"""Jobs on RQ: functions by dotted name, ids as arguments, JSON on the wire.

Redis is transport, never the truth: whoever enqueues has committed a row that is due,
so that a job which is lost, refused or run twice changes nothing in the end.
"""

from __future__ import annotations

import logging
from threading import Event

from flask import current_app
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.retry import Retry as RedisRetry
from rq import Queue, Retry
from rq.exceptions import DuplicateJobError
from rq.serializers import JSONSerializer

from sleuth import clock, config

JOBS_QUEUE = "sleuth"
COLLECT_QUEUE = "sleuth-collect"
SLOW_QUEUE = "sleuth-slow"
QUEUES = (JOBS_QUEUE, SLOW_QUEUE, COLLECT_QUEUE)
ELSEWHERE = {
    "sleuth.impact.jobs.collect_round": COLLECT_QUEUE,
    "sleuth.impact.jobs.listen": SLOW_QUEUE,
    "sleuth.impact.jobs.prune_source": SLOW_QUEUE,
    "sleuth.health.jobs.purge_integration": SLOW_QUEUE,
    "sleuth.health.jobs.refresh_strips": SLOW_QUEUE,
    "sleuth.health.jobs.sample_placebos": SLOW_QUEUE,
    "sleuth.health.jobs.replay": SLOW_QUEUE,
    "sleuth.health.jobs.ask_new_errors": SLOW_QUEUE,
    "sleuth.health.jobs.ask_usual_new_errors": SLOW_QUEUE,
    "sleuth.notifications.jobs.deliver": SLOW_QUEUE,
}
"""Jobs that take long. For collecting there is a worker of its own; the others are taken up
when nobody waits for an answer, so that whoever does waits for one of them at most."""

_CHECK = "sleuth.integrations.jobs.give_back_check"
AFTER_A_DEATH = {
    "sleuth.integrations.jobs.check_connection": _CHECK,
    "sleuth.integrations.jobs.recheck": _CHECK,
    "sleuth.impact.jobs.check_impact_source": _CHECK,
    "sleuth.impact.jobs.replace_token": _CHECK,
    "sleuth.impact.jobs.restore": _CHECK,
    "sleuth.integrations.jobs.list_choices": "sleuth.integrations.jobs.give_back_list",
    "sleuth.health.jobs.replay": "sleuth.health.jobs.give_back_replay",
}
"""What gives back the lease of a job whose process was ended, where somebody waits for it."""

JOB_TIMEOUT_SECONDS = 75
"""Also the length of leases on rows, so that a job that was killed is run again within 90 s."""

UNIQUE_WINDOW_SECONDS = 60
WAITING_TTL_SECONDS = 300
FAILURE_TTL_SECONDS = 60
CONNECT_TIMEOUT_SECONDS = 0.4
ANSWER_TIMEOUT_SECONDS = 0.8

stopping = Event()
"""Set in the process of a running job when its worker is asked to stop."""

log = logging.getLogger(__name__)


def enqueue(name: str, *ids: int, job_id: str | None = None) -> bool:
    """Put a job on the queue, unless it waits there already.

    Call it after the transaction that made the row due has been committed.

    Args:
        name: Dotted name of the function, e.g. ``sleuth.impact.jobs.collect_round``.
        ids: Its arguments.
        job_id: What makes the job the same as another; by default name, ids and minute.

    Returns:
        Whether the job is on the queue now. If not, a warning was logged, and the tick
        tries again for as long as the row is due.
    """
    try:
        queue(queue_of(name)).enqueue(
            name,
            args=ids,
            job_id=job_id or _windowed_id(name, ids),
            unique=True,
            retry=Retry(max=1),
            ttl=WAITING_TTL_SECONDS,
            result_ttl=0,
            failure_ttl=FAILURE_TTL_SECONDS,
        )
    except DuplicateJobError:
        return True
    except RedisError as error:
        log.warning("The queue is out of reach, so %s has to wait: %s", name, error)
        return False
    return True


def is_reachable() -> bool:
    """Tell whether the queue server answers, within about a second."""
    try:
        return bool(connection().ping())
    except RedisError:
        return False


def waiting(name: str) -> int:
    """Return how many jobs wait on a queue; 0 if the queue server is away."""
    try:
        return queue(name).count
    except RedisError:
        return 0


def is_stopping() -> bool:
    """Tell whether the worker was asked to stop, so that a long job should end early."""
    return stopping.is_set()


def queue_of(job: str) -> str:
    """Return the name of the queue that a job belongs on."""
    return ELSEWHERE.get(job, JOBS_QUEUE)


def queue(name: str = JOBS_QUEUE) -> Queue:
    """Return a queue of the current application."""
    return Queue(
        name,
        connection=connection(),
        serializer=JSONSerializer,
        default_timeout=JOB_TIMEOUT_SECONDS,
    )


def connection() -> Redis:
    """Return the current application's client, made on first use and quick to give up.

    A connection that broke while it lay idle is replaced once; nothing else is retried,
    because a page may be waiting.
    """
    extensions = current_app.extensions
    if "sleuth_redis" not in extensions:
        extensions["sleuth_redis"] = Redis.from_url(
            config.redis_url(current_app.config),
            socket_connect_timeout=CONNECT_TIMEOUT_SECONDS,
            socket_timeout=ANSWER_TIMEOUT_SECONDS,
            retry=RedisRetry(NoBackoff(), 1, supported_errors=(RedisConnectionError,)),
        )
    client: Redis = extensions["sleuth_redis"]
    return client


def _windowed_id(name: str, ids: tuple[int, ...]) -> str:
    window = int(clock.now().timestamp()) // UNIQUE_WINDOW_SECONDS
    return "-".join([name.replace(".", "_"), *map(str, ids), str(window)])
