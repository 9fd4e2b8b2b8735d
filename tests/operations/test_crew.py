"""Processes that are forked from one, share what that has loaded, and are looked after by it."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sleuth.config import ROOT
from sleuth.serve import crew
from sleuth.serve.forked import Forked
from tests.operations.processes import (
    PATIENCE_SECONDS,
    command_of,
    descendants,
    is_alive,
    kill,
    wait_until,
)

CREW = """
import signal, sys, time
from sleuth.processes import show_module
from sleuth.serve import logs
from sleuth.serve.children import Member
from sleuth.serve.supervisor import Supervisor

def work(name):
    def leave(*_):
        print(name, flush=True)
        sys.exit()
    signal.signal(signal.SIGTERM, leave)
    show_module("member", name)
    time.sleep(3600)

logs.configure("crew")
supervisor = Supervisor()
for name in sys.argv[1:]:
    supervisor.start(Member(name, lambda name=name: work(name), stop_seconds=60))
supervisor.watch()
supervisor.stop()
"""


@pytest.fixture
def members(tmp_path: Path) -> Iterator[Callable[[], list[int]]]:
    """A crew; a function that returns its members who are ready, and the crew as an attribute."""
    (tmp_path / "a_crew.py").write_text(CREW)
    command = [sys.executable, "-m", "a_crew", "tick", "collector", "worker"]
    paths = f"{tmp_path}:{ROOT}"
    with subprocess.Popen(
        command,
        env={"PYTHONPATH": paths},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:

        def ready() -> list[int]:
            return [each for each in descendants(process.pid) if "member" in command_of(each)]

        ready.crew = process  # type: ignore[attr-defined]
        wait_until(lambda: len(ready()) == 3)
        yield ready
        process.kill()


def crew_of(members: Callable[[], list[int]]) -> subprocess.Popen[str]:
    process: subprocess.Popen[str] = members.crew  # type: ignore[attr-defined]
    return process


def test_a_fork_may_be_looked_after_by_several_threads() -> None:
    def look_after(fork: Forked) -> int:
        fork.kill()
        return fork.wait(timeout=PATIENCE_SECONDS)

    with ThreadPoolExecutor(4) as threads:
        for _ in range(50):
            fork = Forked(lambda: 0)
            codes = set(threads.map(look_after, [fork] * 4))
            assert codes in ({0}, {-signal.SIGKILL})


def test_told_to_end_it_ends_its_workers_before_the_tick(members: Callable[[], list[int]]) -> None:
    pids, process = members(), crew_of(members)
    process.terminate()
    said, log = process.communicate(timeout=PATIENCE_SECONDS)
    assert sorted(said.split()[:2]) == ["collector", "worker"]
    assert said.split()[2:] == ["tick"]
    assert (process.returncode, log) == (0, "")
    assert not any(map(is_alive, pids))


def test_one_that_is_killed_comes_back_and_the_others_never_notice(
    members: Callable[[], list[int]],
) -> None:
    killed, *others = members()
    name = command_of(killed)
    kill(killed)
    wait_until(lambda: len(members()) == 3 and killed not in members())
    assert set(others) < set(members())
    assert sorted(map(command_of, members())) == sorted([name, *map(command_of, others)])
    crew_of(members).terminate()
    _, log = crew_of(members).communicate(timeout=PATIENCE_SECONDS)
    assert "ended by signal SIGKILL; it is started again in 1 s." in log


def test_nobody_outlives_the_first(members: Callable[[], list[int]]) -> None:
    pids = members()
    kill(crew_of(members).pid)
    wait_until(lambda: not any(map(is_alive, pids)))
    assert [each for each in pids if is_alive(each)] == []


def test_it_is_shown_by_its_own_name_among_the_processes(
    members: Callable[[], list[int]],
) -> None:
    assert [command_of(each).split()[-2:] for each in members()] == [
        ["member", "tick"],
        ["member", "collector"],
        ["member", "worker"],
    ]


@pytest.mark.parametrize(
    ("work", "code"),
    [
        pytest.param(lambda: 3, 3, id="returns"),
        pytest.param(lambda: sys.exit(4), 4, id="leaves"),
        pytest.param(sys.exit, 0, id="leaves in order"),
        pytest.param(lambda: sys.exit("a sentence"), 1, id="leaves with a sentence"),
        pytest.param(lambda: 1 // 0, 1, id="fails"),
    ],
)
def test_a_fork_ends_with_the_code_of_its_work(work: Callable[[], int], code: int) -> None:
    fork = Forked(work)
    assert fork.wait(PATIENCE_SECONDS) == code
    assert fork.poll() == code
    fork.kill()


def test_a_fork_that_goes_on_is_not_waited_for_longer_than_asked() -> None:
    fork = Forked(lambda: subprocess.call(["sleep", "60"]))
    with pytest.raises(subprocess.TimeoutExpired):
        fork.wait(0.01)
    fork.kill()
    assert fork.wait(PATIENCE_SECONDS) == -9


def test_a_name_that_no_member_has_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert crew.main(["worker", "captain"]) == 2
    assert capsys.readouterr().err == (
        "Sleuth cannot start: A crew has worker, collector, tick, not captain.\n"
    )


def test_who_forks_has_loaded_all_that_jobs_need_and_has_one_thread(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib, sleuth.serve.working as working; working.load_app();"
        "from sleuth.extensions import db;"
        "needed = {'numpy', *working.JOBS};"
        "print(needed <= set(sys.modules), db.Model.registry._new_mappers,"
        "len(list(pathlib.Path('/proc/self/task').iterdir())))"
    )
    environ = {"PYTHONPATH": str(ROOT), "SLEUTH_DATA_DIR": str(tmp_path)}
    ended = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
    )
    assert ended.stdout == "True False 1\n"
