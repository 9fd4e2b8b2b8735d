"""Processes that share what one of them has loaded, and end together."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from sleuth.config import ROOT
from tests.operations.processes import descendants, is_alive, kill, wait_until

TEAM = """
import signal, sys, time
from sleuth.serve.team import work_as_team

def work():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    time.sleep(3600)

print("ready", flush=True)
sys.exit(work_as_team(2, work))
"""


@pytest.fixture
def team() -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-c", TEAM]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        wait_until(lambda: len(descendants(process.pid)) == 2)
        yield process
        process.kill()


def test_all_end_when_the_first_is_told_to(team: subprocess.Popen[bytes]) -> None:
    members = descendants(team.pid)
    team.terminate()
    team.wait(10)
    assert not any(map(is_alive, members))


def test_all_end_when_one_of_them_dies(team: subprocess.Popen[bytes]) -> None:
    members = descendants(team.pid)
    kill(members[0])
    assert team.wait(10) != 0
    assert not any(map(is_alive, members))


def test_nobody_outlives_the_first(team: subprocess.Popen[bytes]) -> None:
    members = descendants(team.pid)
    kill(team.pid)
    wait_until(lambda: not any(map(is_alive, members)))
