"""The product's own jobs on a real queue server, run by the real worker."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from sleuth.config import ROOT
from tests.operations.conftest import PROGRAMS, running_queue_server

StartWorker = Callable[[], subprocess.Popen[bytes]]


@pytest.fixture(autouse=True)
def frozen_clock() -> None:
    """Here time goes on, as it does in the worker."""


@pytest.fixture(scope="module")
def queue_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a queue server."""
    with running_queue_server(PROGRAMS[0], tmp_path_factory.mktemp("queue")) as url:
        yield url


@pytest.fixture
def settings(settings: dict[str, Any], queue_server: str) -> dict[str, Any]:
    """The configuration of a test's application, and a queue that is real."""
    return settings | {"SLEUTH_REDIS_URL": queue_server}


@pytest.fixture
def start_worker(app: Flask, settings: dict[str, Any], tmp_path: Path) -> Iterator[StartWorker]:
    """Start a worker process on the application's database and queue."""
    started: list[subprocess.Popen[bytes]] = []
    ours = {name: text for name, text in settings.items() if name.startswith("SLEUTH_")}
    others = {name: text for name, text in os.environ.items() if not name.startswith("SLEUTH_")}

    def start() -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "sleuth.serve.worker"]
        environ = {**others, **ours, "PYTHONPATH": str(ROOT)}
        with (tmp_path / "worker.log").open("a") as log:
            started.append(subprocess.Popen(command, cwd=ROOT, env=environ, stderr=log))
        return started[-1]

    yield start
    for worker in started:
        worker.terminate()
        worker.wait()
