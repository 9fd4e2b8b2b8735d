"""The supervisor: starts in order, restarts what dies, stops in order."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from itertools import permutations
from pathlib import Path

import pytest

from sleuth.serve import children
from sleuth.serve.children import Child, Running
from sleuth.serve.supervisor import StartError, Supervisor
from tests.operations.processes import is_alive, wait_until

POLITE = """
import pathlib, signal, sys, time
def leave(*_):
    with open(sys.argv[1], "a") as file:
        file.write(sys.argv[2] + "\\n")
    sys.exit()
signal.signal(signal.SIGTERM, leave)
pathlib.Path(sys.argv[1] + "." + sys.argv[2]).touch()
while True:
    time.sleep(60)
"""
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"


def polite(name: str, log: Path) -> Child:
    return Child(name, [sys.executable, "-c", POLITE, str(log), name], stop_seconds=10)


def short_lived(code: int = 0) -> Child:
    return Child("moth", [sys.executable, "-c", f"raise SystemExit({code})"])


def end_soon(supervisor: Supervisor, is_time: object = None) -> threading.Thread:
    """Ask the supervisor to stop, from another thread, as a signal would."""

    def ask() -> None:
        if callable(is_time):
            wait_until(is_time)
        os.kill(os.getpid(), signal.SIGTERM)

    thread = threading.Thread(target=ask)
    thread.start()
    return thread


def test_children_stop_before_what_they_need(supervisor: Supervisor, tmp_path: Path) -> None:
    log = tmp_path / "log"
    for name in ("queue server", "web server", "tick", "crew", "worker"):
        supervisor.start(polite(name, log))
        wait_until(Path(f"{log}.{name}").exists)
    supervisor.stop()
    assert log.read_text().splitlines() in (
        ["web server", *workers, "tick", "queue server"]
        for workers in permutations(["crew", "worker"])
    )


def test_what_does_not_stop_is_killed(supervisor: Supervisor) -> None:
    running = supervisor.start(Child("mule", [sys.executable, "-c", STUBBORN], stop_seconds=0.1))
    supervisor.stop()
    running.process.wait()
    assert running.process.returncode in (-signal.SIGKILL, -signal.SIGTERM)


def test_a_child_that_dies_is_started_again(
    supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(children, "FIRST_PAUSE_SECONDS", 0.01)
    running = Running(short_lived(3), Running.start(short_lived(3)).process, time.monotonic(), 0.01)
    supervisor.running.append(running)
    pids = {running.process.pid}

    def is_reborn() -> bool:
        pids.add(running.process.pid)
        return len(pids) > 1

    with caplog.at_level(logging.WARNING):
        thread = end_soon(supervisor, is_reborn)
        supervisor.watch()
        thread.join()
    assert "The moth ended with exit code 3; it is started again in 0 s." in caplog.text


def test_pauses_grow_while_a_child_keeps_dying() -> None:
    running = Running.start(short_lived())
    pauses = []
    for _ in range(7):
        running.process.wait()
        assert running.has_just_ended()
        assert not running.has_just_ended()
        pauses.append(running.pause_seconds)
        running.restart_at = time.monotonic()
        running.restart_if_due()
    running.process.wait()
    assert pauses == [1, 2, 4, 8, 16, 30, 30]


def test_a_child_that_lived_long_is_restarted_quickly() -> None:
    running = Running.start(short_lived())
    running.process.wait()
    running.pause_seconds = 30
    running.started_at -= children.SETTLED_SECONDS
    assert running.has_just_ended()
    assert running.pause_seconds == children.FIRST_PAUSE_SECONDS


def test_a_child_is_not_restarted_before_its_pause_is_over() -> None:
    running = Running.start(short_lived())
    running.process.wait()
    running.has_just_ended()
    ended = running.process
    running.restart_if_due()
    assert running.process is ended


def test_the_way_a_child_ended_is_told_in_words() -> None:
    running = Running.start(Child("mule", ["sleep", "60"]))
    running.process.kill()
    running.process.wait()
    assert running.how_it_ended() == "by signal SIGKILL"


def test_a_program_that_vanished_is_a_warning_not_the_end(
    supervisor: Supervisor, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    program = tmp_path / "program"
    program.symlink_to("/bin/true")
    running = supervisor.start(Child("moth", [str(program)]))
    running.process.wait()
    running.pause_seconds = 0.0
    program.unlink()
    with caplog.at_level(logging.WARNING):
        thread = end_soon(supervisor, lambda: "cannot be started" in caplog.text)
        supervisor.watch()
        thread.join()
    assert "The moth cannot be started: " in caplog.text


def test_what_the_others_need_must_not_end(supervisor: Supervisor) -> None:
    running = supervisor.start(short_lived(1))
    with pytest.raises(StartError, match="It broke"):
        supervisor.wait_until_ready(running, lambda: False, 60, "It broke.")


def test_what_the_others_need_must_be_ready_in_time(supervisor: Supervisor) -> None:
    running = supervisor.start(Child("mule", ["sleep", "60"]))
    with pytest.raises(StartError, match="It hangs"):
        supervisor.wait_until_ready(running, lambda: False, 0.1, "It hangs.")


def test_a_stop_while_something_starts_ends_the_wait(supervisor: Supervisor) -> None:
    running = supervisor.start(Child("mule", ["sleep", "60"]))
    end_soon(supervisor).join()
    supervisor.wait_until_ready(running, lambda: False, 60, "Not said.")
    assert supervisor.is_stopping


def test_asked_twice_the_supervisor_kills_at_once(supervisor: Supervisor) -> None:
    running = supervisor.start(Child("mule", [sys.executable, "-c", STUBBORN], stop_seconds=60))
    end_soon(supervisor).join()
    end_soon(supervisor).join()
    running.process.wait(10)
    assert not is_alive(running.process.pid)


@pytest.mark.usefixtures("clean_signals")
def test_started_with_nohup_it_survives_its_terminal() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    Supervisor()
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
