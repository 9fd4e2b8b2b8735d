"""Processes for the tests: queue servers, the supervisor, a whole installation."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sleuth import config
from sleuth.serve import queue_server
from sleuth.serve.supervisor import STOP_SIGNALS, Supervisor
from tests.operations.house import House
from tests.operations.processes import wait_until

PROGRAMS = list(queue_server.candidates())


@pytest.fixture
def clean_signals() -> Iterator[None]:
    """Give back the signal handlers that a test takes."""
    numbers = (*STOP_SIGNALS, signal.SIGCHLD, signal.SIGALRM)
    handlers = [(number, signal.getsignal(number)) for number in numbers]
    yield
    signal.set_wakeup_fd(-1)
    for number, handler in handlers:
        signal.signal(number, handler)


@pytest.fixture
def supervisor(clean_signals: None) -> Iterator[Supervisor]:
    """A supervisor in the test's process; its children end with the test."""
    supervisor = Supervisor()
    yield supervisor
    for running in supervisor.running:
        running.process.kill()
        running.process.wait()


@contextmanager
def running_queue_server(program: str, data_dir: Path) -> Iterator[str]:
    """Run a queue server; yields its URL."""
    values = config.load({"SLEUTH_DATA_DIR": str(data_dir)})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(queue_server, "candidates", lambda: iter([program]))
        process = subprocess.Popen(queue_server.make_child(values).command)
    wait_until(lambda: queue_server.is_ready(values))
    yield config.redis_url(values)
    process.terminate()
    process.wait()


@pytest.fixture(params=PROGRAMS, ids=[Path(program).name for program in PROGRAMS])
def queue_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Every queue server of this machine in turn, running; its URL."""
    with running_queue_server(request.param, tmp_path / "server") as url:
        yield url


@pytest.fixture
def one_queue_url(tmp_path: Path) -> Iterator[str]:
    """The URL of a queue server that runs."""
    with running_queue_server(PROGRAMS[0], tmp_path / "server") as url:
        yield url


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """An installation that is not started yet."""
    house = House([sys.executable, "-m", "sleuth.serve"], tmp_path / "var")
    yield house
    house.end()
