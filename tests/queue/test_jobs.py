"""Rows are the truth: whatever happens to queue and worker, what is due is done, once."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis
from sqlalchemy import select, update

from plugins.sentry.sandbox import TOKENS, Sandbox
from sleuth import clock, queue
from sleuth.extensions import db, write
from sleuth.integrations import checks, service
from sleuth.integrations.models import CheckState, ConnectionCheck, Integration
from sleuth.queue.periodic import Tick
from tests.conftest import Cast
from tests.operations.processes import descendants, kill, wait_until
from tests.queue.conftest import StartWorker

pytestmark = pytest.mark.queue

TOKEN = TOKENS["full"].value


@pytest.fixture(autouse=True)
def empty_queue(sandbox: Sandbox, cast: Cast) -> None:
    """Begin with an empty queue, over the stand-in, before anybody has connected anything."""
    queue.connection().flushall()


def connect(cast: Cast) -> int:
    """Paste a token, as the dialog does; returns the id of the attempt."""
    service.connect_integration(cast.acme.id, "sentry", {"token": TOKEN}, cast.developer.id)
    return db.session.scalars(select(ConnectionCheck.id)).one()


def state() -> str:
    """Return where the only attempt stands."""
    db.session.rollback()
    return db.session.scalars(select(ConnectionCheck.state)).one()


def wait_for_success() -> None:
    wait_until(lambda: state() == CheckState.SUCCEEDED)


def requests_for(sandbox: Sandbox, path: str) -> int:
    """Return how often the stand-in was asked for something with the token."""
    return len([each for each in sandbox.requests if each.path == path and each.token == TOKEN])


def test_what_a_page_enqueues_a_worker_decides(cast: Cast, start_worker: StartWorker) -> None:
    connect(cast)
    start_worker()
    wait_for_success()
    integration = db.session.scalars(select(Integration)).one()
    assert integration.credentials["token"] == TOKEN
    assert integration.connected_by_id == cast.developer.id


def test_the_list_of_projects_follows_by_itself(cast: Cast, start_worker: StartWorker) -> None:
    connect(cast)
    start_worker()
    wait_for_success()
    is_listed = select(Integration.id).where(Integration.projects_listed_at.is_not(None))
    wait_until(lambda: (db.session.rollback(), db.session.scalar(is_listed))[1])


def test_a_job_enqueued_twice_asks_the_tracker_once(
    cast: Cast, start_worker: StartWorker, sandbox: Sandbox
) -> None:
    check_id = connect(cast)
    for _again in range(3):
        assert queue.enqueue(service.CONNECT_JOB, check_id)
    Tick().run(clock.now())
    # Even if the same work waits under another name, the row is decided only once.
    assert queue.enqueue(service.CONNECT_JOB, check_id, job_id="another")
    start_worker()
    wait_for_success()
    wait_until(lambda: not waiting())
    assert requests_for(sandbox, "/api/0/") == 1


def waiting() -> list[str]:
    """Return the jobs that wait or run."""
    return list(queue.connection().scan_iter("rq:job:*"))


def test_an_emptied_queue_costs_nothing_because_the_tick_looks_at_rows(
    cast: Cast, start_worker: StartWorker
) -> None:
    connect(cast)
    queue.connection().flushall()
    assert waiting() == []
    Tick().run(clock.now())
    assert waiting() != []
    start_worker()
    wait_for_success()


def test_an_attempt_in_the_hands_of_a_killed_worker_is_made_again_when_its_lease_ends(
    cast: Cast, start_worker: StartWorker, sandbox: Sandbox
) -> None:
    sandbox.misbehave("slow", token=TOKEN, times=1, seconds=30)
    check_id = connect(cast)
    first = start_worker()
    wait_until(lambda: requests_for(sandbox, "/api/0/"))
    for pid in (first.pid, *descendants(first.pid)):
        kill(pid)
    db.session.rollback()
    assert service.due_check_ids(clock.now()) == []
    assert service.due_check_ids(clock.now() + checks.LEASE) == [check_id]
    assert checks.LEASE.total_seconds() <= 90
    let_the_lease_end(check_id)
    queue.connection().flushall()
    Tick().run(clock.now())
    start_worker()
    wait_for_success()


def let_the_lease_end(check_id: int) -> None:
    """Do to the row what a minute and a half would do."""
    with write():
        statement = update(ConnectionCheck).where(ConnectionCheck.id == check_id)
        db.session.execute(statement.values(claimed_until=clock.now()))


def test_a_killed_job_leaves_the_worker_alive_for_others(
    cast: Cast, start_worker: StartWorker, sandbox: Sandbox
) -> None:
    sandbox.misbehave("slow", token=TOKEN, times=1, seconds=30)
    check_id = connect(cast)
    worker = start_worker()
    wait_until(lambda: requests_for(sandbox, "/api/0/"))
    [job] = descendants(worker.pid)
    kill(job)
    let_the_lease_end(check_id)
    queue.enqueue(service.CONNECT_JOB, check_id, job_id="again")
    wait_for_success()


def test_no_secret_travels_through_the_queue(
    cast: Cast, start_worker: StartWorker, tmp_path: Path
) -> None:
    check_id = connect(cast)
    assert [job.args for job in queue.queue().jobs] == [[check_id]]
    assert TOKEN.encode() not in b"".join(everything_in(queue.connection()))
    start_worker()
    wait_for_success()
    assert TOKEN.encode() not in b"".join(everything_in(queue.connection()))
    assert TOKEN not in (tmp_path / "worker.log").read_text()


def everything_in(server: Redis) -> Iterator[bytes]:
    """Yield every key and value, unpacked where RQ has packed it."""
    read = {
        b"none": lambda _key: [],  # it ran out while we looked
        b"string": lambda key: [server.get(key) or b""],
        b"hash": lambda key: [part for pair in server.hgetall(key).items() for part in pair],
        b"list": lambda key: server.lrange(key, 0, -1),
        b"set": server.smembers,
        b"zset": lambda key: server.zrange(key, 0, -1),
        b"stream": lambda key: [str(server.xrange(key)).encode()],
    }
    for key in server.scan_iter():
        yield key
        for value in read[server.type(key)](key):
            yield value
            yield unpacked(value)


def unpacked(value: bytes) -> bytes:
    """Return what a job's data says; empty for anything else."""
    try:
        return zlib.decompress(value)
    except zlib.error:
        return b""
