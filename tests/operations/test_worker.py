"""The worker, on real queue servers: one application, one context a job, quick recovery."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from redis import exceptions

from sleuth import queue
from sleuth.config import ROOT
from sleuth.factory import create_app
from sleuth.queue.worker import make_worker
from sleuth.serve.working import ROLES
from tests.operations.conftest import PROGRAMS
from tests.operations.jobs import notes_of
from tests.operations.processes import descendants, is_alive, kill, wait_until

pytestmark = [pytest.mark.queue, pytest.mark.usefixtures("clean_signals")]

IMPATIENT_WORKER = """
from sleuth.queue import worker
worker.WORKER_TTL_SECONDS = 16
worker.MAINTENANCE_INTERVAL_SECONDS = 0
worker.MONITORING_INTERVAL_SECONDS = 1
worker.HEARTBEAT_GRACE_SECONDS = 1
import sys
from sleuth.serve import worker
raise SystemExit(worker.main(*sys.argv[1:]))
"""


@pytest.fixture
def queue_app(settings: dict[str, Any], queue_url: str) -> Iterator[Flask]:
    """An application whose queue is real."""
    app = create_app({**settings, "SLEUTH_REDIS_URL": queue_url})
    with app.app_context():
        yield app


@pytest.fixture
def data_dir(queue_app: Flask) -> Path:
    return Path(queue_app.config["SLEUTH_DATA_DIR"])


def work_off(app: Flask) -> None:
    make_worker(app).work(burst=True, logging_level="WARNING")


def test_jobs_run_each_in_a_process_and_context_of_its_own(
    queue_app: Flask, data_dir: Path
) -> None:
    for number in (1, 2):
        assert queue.enqueue("tests.operations.jobs.leave_note", number)
    work_off(queue_app)
    notes = [note.rpartition(" ") for note in notes_of(data_dir)]
    assert [text for text, _, _pid in notes] == ["job 1", "job 2"]
    assert len({pid for _, _, pid in notes}) == 2


def test_a_job_has_a_database_connection_of_its_own(queue_app: Flask, data_dir: Path) -> None:
    queue.enqueue("tests.operations.jobs.look_at_database")
    work_off(queue_app)
    assert len(notes_of(data_dir)) == 1


def test_a_finished_job_leaves_nothing_and_may_come_again(queue_app: Flask, data_dir: Path) -> None:
    for _ in range(2):
        queue.enqueue("tests.operations.jobs.leave_note", 1)
        work_off(queue_app)
    assert len(notes_of(data_dir)) == 2
    assert queue.connection().keys("rq:job:*") == []


def test_a_job_that_raises_is_logged_and_soon_forgotten(queue_app: Flask, tmp_path: Path) -> None:
    logger = logging.getLogger("rq.worker")
    handler = logging.FileHandler(tmp_path / "log")
    logger.addHandler(handler)
    queue.enqueue("tests.operations.jobs.fail")
    work_off(queue_app)
    logger.removeHandler(handler)
    handler.close()
    assert "RuntimeError: This job is broken." in (tmp_path / "log").read_text()
    [key] = queue.connection().keys("rq:job:*")
    assert 0 < queue.connection().ttl(key) <= queue.FAILURE_TTL_SECONDS


@pytest.fixture
def start_worker(queue_app: Flask) -> Iterator[Any]:
    """Start workers that find lost jobs within seconds."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*role: str) -> subprocess.Popen[bytes]:
        config = queue_app.config
        names = ("SLEUTH_REDIS_URL", "SLEUTH_DATA_DIR", "SLEUTH_DATABASE_URL", "SLEUTH_SECRET_KEY")
        environ = {name: config[name] for name in names}
        worker = subprocess.Popen(
            [sys.executable, "-c", IMPATIENT_WORKER, *role],
            cwd=ROOT,
            env={**environ, "PYTHONPATH": str(ROOT)},
        )
        started.append(worker)
        return worker

    yield start
    for worker in started:
        worker.terminate()
        worker.wait()


@pytest.mark.parametrize("queue_url", PROGRAMS[:1], indirect=True, ids=["any"])
def test_the_job_of_a_killed_worker_dies_with_it_and_is_run_again(
    start_worker: Any, data_dir: Path
) -> None:
    queue.enqueue("tests.operations.jobs.wait", 2)
    first = start_worker()
    wait_until(lambda: len(notes_of(data_dir)) == 1)
    [horse] = descendants(first.pid)
    kill(first.pid)
    wait_until(lambda: not is_alive(horse))
    start_worker()
    wait_until(lambda: len(notes_of(data_dir)) == 3)
    assert [note.split()[0] for note in notes_of(data_dir)] == ["began", "began", "ended"]
    wait_until(lambda: queue.connection().keys("rq:job:*") == [])


@pytest.mark.parametrize("queue_url", PROGRAMS[:1], indirect=True, ids=["any"])
def test_two_jobs_that_somebody_waits_for_run_side_by_side(
    start_worker: Any, data_dir: Path
) -> None:
    for seconds in (2, 3):
        queue.enqueue("tests.operations.jobs.wait", seconds)
    start_worker("worker")
    wait_until(lambda: len(notes_of(data_dir)) == 4)
    words = [note.split()[0] for note in notes_of(data_dir)]
    assert words == ["began", "began", "ended", "ended"]


def test_a_worker_without_a_queue_server_says_so(settings: dict[str, Any], tmp_path: Path) -> None:
    environ = {
        "PYTHONPATH": str(ROOT),
        "SLEUTH_DATA_DIR": str(tmp_path),
        "SLEUTH_SECRET_KEY": settings["SLEUTH_SECRET_KEY"],
        "SLEUTH_REDIS_URL": f"unix://{tmp_path}/none.sock",
    }
    command = [sys.executable, "-m", "sleuth.serve.worker"]
    ended = subprocess.run(
        command, check=False, cwd=ROOT, env=environ, capture_output=True, text=True
    )
    assert ended.returncode == 1
    assert ended.stderr.startswith("Sleuth cannot start: The queue server does not answer: ")
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("queue_url", PROGRAMS[:1], indirect=True, ids=["any"])
def test_a_queue_server_that_goes_away_is_one_line_in_the_log(
    queue_app: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_arguments: object) -> None:
        raise exceptions.ConnectionError("Connection refused.")

    worker = make_worker(queue_app)
    queue.enqueue("tests.operations.jobs.leave_note", 1)
    monkeypatch.setattr(worker, "execute_job", fail)
    worker.work(logging_level="WARNING")
    assert "The queue server does not answer any more: Connection refused." in caplog.text
    assert "Traceback" not in caplog.text


def test_what_takes_long_waits_for_what_somebody_waits_for(
    queue_app: Flask, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = "tests.operations.jobs.look_at_database"
    monkeypatch.setitem(queue.ELSEWHERE, slow, queue.SLOW_QUEUE)
    queue.enqueue(slow)
    queue.enqueue("tests.operations.jobs.leave_note", 1)
    make_worker(queue_app, ROLES["worker"]).work(burst=True, logging_level="WARNING")
    assert [note.rpartition(" ")[0] for note in notes_of(data_dir)] == ["job 1", "database"]
