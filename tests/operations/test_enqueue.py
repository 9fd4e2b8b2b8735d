"""Putting jobs on the queue: once, quickly, and never at the cost of the page."""

from __future__ import annotations

import json
import logging
import socket
import time
import zlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from fakeredis import FakeStrictRedis
from flask import Flask
from rq.job import Job

from sleuth import clock, queue
from sleuth.factory import create_app
from tests.conftest import NOW

JOB = "sleuth.health.jobs.assess_deploy"


@pytest.fixture
def redis(app: Flask) -> FakeStrictRedis:
    """A queue server inside the test's process."""
    server = FakeStrictRedis()
    app.extensions["sleuth_redis"] = server
    return server


def waiting() -> list[Job]:
    return queue.queue().get_jobs()


@pytest.mark.usefixtures("redis")
def test_a_job_is_a_name_and_ids() -> None:
    assert queue.enqueue(JOB, 7) is True
    [job] = waiting()
    assert (job.func_name, list(job.args)) == (JOB, [7])


@pytest.mark.usefixtures("redis")
def test_a_job_waits_only_once() -> None:
    assert [queue.enqueue(JOB, 7), queue.enqueue(JOB, 7)] == [True, True]
    assert len(waiting()) == 1


@pytest.mark.usefixtures("redis")
def test_jobs_for_different_ids_are_different_jobs() -> None:
    queue.enqueue(JOB, 7)
    queue.enqueue(JOB, 8)
    assert len(waiting()) == 2


@pytest.mark.usefixtures("redis")
def test_a_job_that_got_lost_can_be_enqueued_again_in_the_next_minute() -> None:
    queue.enqueue(JOB, 7)
    with clock.frozen(NOW + timedelta(seconds=queue.UNIQUE_WINDOW_SECONDS)):
        queue.enqueue(JOB, 7)
    assert len(waiting()) == 2


@pytest.mark.usefixtures("redis")
def test_the_caller_may_say_what_makes_a_job_the_same() -> None:
    queue.enqueue(JOB, 7, job_id="only-one")
    queue.enqueue(JOB, 8, job_id="only-one")
    assert [job.id for job in waiting()] == ["only-one"]


def test_arguments_travel_as_json(redis: FakeStrictRedis) -> None:
    queue.enqueue(JOB, 7)
    payload = redis.hget(f"rq:job:{waiting()[0].id}", "data")
    assert json.loads(zlib.decompress(payload)) == [JOB, None, [7], {}]


def test_a_job_that_waits_too_long_is_forgotten_because_its_row_is_still_due(
    redis: FakeStrictRedis,
) -> None:
    queue.enqueue(JOB, 7)
    assert 0 < redis.ttl(f"rq:job:{waiting()[0].id}") <= queue.WAITING_TTL_SECONDS


@pytest.mark.usefixtures("redis")
def test_a_queue_that_answers_is_reachable() -> None:
    assert queue.is_reachable()


def test_without_a_queue_server_the_row_stays_due_and_a_warning_says_so(
    app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    assert app.config["SLEUTH_REDIS_URL"] == ""
    with caplog.at_level(logging.WARNING):
        assert queue.enqueue(JOB, 7) is False
    [record] = caplog.records
    assert record.getMessage().startswith(f"The queue is out of reach, so {JOB} has to wait:")
    assert not queue.is_reachable()


@pytest.fixture
def silent_server(tmp_path: Path) -> Iterator[str]:
    """A server that accepts connections and never answers; its URL."""
    path = f"{tmp_path}/silent.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        yield f"unix://{path}"


def test_a_queue_server_that_hangs_holds_a_page_up_for_a_second_at_most(
    settings: dict[str, str], silent_server: str
) -> None:
    app = create_app({**settings, "SLEUTH_REDIS_URL": silent_server})
    with app.app_context():
        began = time.monotonic()
        assert queue.enqueue(JOB, 7) is False
        assert time.monotonic() - began < 1.5
