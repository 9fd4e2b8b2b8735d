"""Plugins that harm the process in which they are tried, or what is said about it."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from sleuth.trackers import Registry, Tracker, record

ROOT = Path(__file__).resolve().parent.parent.parent
SECRET = "correct-horse-battery-staple"
Start = Callable[..., Registry]


def error_of(registry: Registry) -> str:
    (failure,) = registry.failures
    return failure.error


def loaded(registry: Registry) -> Tracker:
    return registry.trackers["good"]


# Children of the child


@pytest.mark.parametrize(
    "leave",
    [
        "import os; os.system('sleep 60 &')",
        "import os, time\nif os.fork() == 0:\n    time.sleep(60); os._exit(0)",
        "import subprocess; subprocess.Popen(['sleep', '60'], start_new_session=True)",
    ],
    ids=["a shell's", "a fork", "in a session of its own"],
)
def test_processes_that_a_plugin_leaves_behind_keep_nobody_waiting(
    start_with: Start, leave: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sleuth.trackers.admission.Attempt.run", lambda _self: None)
    begun = time.monotonic()
    start_with(leave)
    assert time.monotonic() - begun < 30


def test_processes_that_a_plugin_leaves_behind_are_ended_and_pointed_out(
    start_with: Start, tmp_path: Path
) -> None:
    file = tmp_path / "pid"
    program = (
        "import os, subprocess, sys\n"
        "if 'sleuth.trackers.tryout' in sys.orig_argv:\n"
        f"    open({str(file)!r}, 'w').write(str(subprocess.Popen(['sleep', '60']).pid))"
    )
    tracker = loaded(start_with(program))
    assert tracker.notes == ("It leaves processes running when it is loaded.",)
    assert not is_running(int(file.read_text()))


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


# Keys


@pytest.mark.parametrize(
    "last", ["os._exit(1)", "raise KeyboardInterrupt(SEEN)", "raise ValueError(SEEN)"]
)
def test_the_keys_of_the_installation_are_neither_handed_over_nor_recorded(
    start_with: Start,
    tmp_path: Path,
    last: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setenv("SLEUTH_SECRET_KEY", SECRET)
    monkeypatch.setenv("SLEUTH_DATABASE_URL", f"postgresql://sleuth:{SECRET}@db/sleuth")
    monkeypatch.setenv("SLEUTH_HINT", "harmless")
    program = (
        "import os\n"
        "SEEN = repr({k: v for k, v in os.environ.items() if k.startswith('SLEUTH_')})\n"
        "os.write(1, SEEN.encode())\n"
    )
    error = error_of(start_with(program + last))
    kept = (tmp_path / "data" / record.FILE).read_text()
    assert SECRET not in error + kept + caplog.text
    assert "harmless" in error + caplog.text


def test_a_key_that_a_plugin_finds_elsewhere_is_hidden_in_what_it_says(
    start_with: Start, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    program = f"import os; print({SECRET!r}, flush=True); raise KeyboardInterrupt({SECRET!r})"
    error = error_of(start_with(program, SLEUTH_ENCRYPTION_KEYS=f"another-key-of-ours, {SECRET}"))
    assert error == "It raised KeyboardInterrupt: [hidden], which would end the product."
    assert SECRET not in caplog.text + (tmp_path / "data" / record.FILE).read_text()


# Trials that go wrong themselves


@pytest.mark.parametrize("noise", [b"{", b"\xff\n", b"[]\n", b"{}\n", b'{"fatal": 1}\n', b"7"])
def test_one_that_writes_where_it_must_not_is_not_loaded(start_with: Start, noise: bytes) -> None:
    program = f"import os, sys\nos.write(int(sys.argv[1]), {noise!r})"
    error = error_of(start_with(program))
    assert error == "It wrote to a file that is not its own while ending."


def test_one_that_closes_what_is_not_its_own_is_not_loaded(start_with: Start) -> None:
    error = error_of(start_with("import os; os.closerange(3, 1000)"))
    assert error == "It ended the process with status 1 while being imported."


def test_a_signal_without_a_name_is_told_by_its_number(start_with: Start) -> None:
    number = signal.SIGRTMIN + 3
    error = error_of(start_with(f"import os; os.kill(os.getpid(), {number})"))
    assert error == f"It crashed the process (signal {number}) while being imported."


@pytest.mark.parametrize(
    "executable", ["/nowhere/python", "/bin/false"], ids=["not there", "no Python"]
)
def test_where_no_process_can_be_had_plugins_are_loaded_with_a_note(
    start_with: Start, monkeypatch: pytest.MonkeyPatch, executable: str
) -> None:
    monkeypatch.setattr(sys, "executable", executable)
    (note,) = loaded(start_with("")).notes
    assert note.startswith("It could not be tried before it was loaded: ")


def test_an_attempt_that_could_not_be_made_is_made_by_the_next_start(
    start_with: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(sys, "executable", "/nowhere/python")
        start_with("")
    assert loaded(start_with("")).notes == ()


# Threads


def test_a_pool_of_threads_that_is_idle_keeps_no_process_from_ending(start_with: Start) -> None:
    pool = (
        "from concurrent.futures import ThreadPoolExecutor\n"
        "POOL = ThreadPoolExecutor(2); POOL.submit(print).result()"
    )
    assert loaded(start_with(pool)).notes == ("It starts threads when it is imported: 1.",)


# The whole product


@pytest.mark.parametrize("data", ["data", "nowhere"], ids=["empty", "missing"])
def test_a_server_of_the_operators_choice_survives_a_plugin_that_would_end_it(
    tmp_path: Path, data: str
) -> None:
    for folder in ("data", "own"):
        (tmp_path / folder).mkdir()
    (tmp_path / "own" / "dies.py").write_text("import os; os._exit(3)")
    program = (
        "from app import app; r = app.extensions['sleuth_trackers'];"
        "print([f.error for f in r.failures], sorted(r.trackers))"
    )
    environ = {
        "PATH": os.environ["PATH"],
        "SLEUTH_DATA_DIR": str(tmp_path / data),
        "SLEUTH_PLUGINS_DIR": str(tmp_path / "own"),
        "SLEUTH_SECRET_KEY": "key",
    }
    told = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=environ,
        check=True,
    )
    assert "It ended the process with status 3 while being imported." in told.stdout
    assert "'sentry'" in told.stdout
