"""The web server: what it says when nothing can answer, and what it leaves behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

from sleuth.config import ROOT
from sleuth.serve import web
from tests.operations.processes import is_alive, wait_until

CANNOT_SERVE = """
import sys
from sleuth.serve import web

def refuse(*_, **__):
    raise OSError("no thread can be started")

web.create_server = refuse
sys.exit(web.main(sys.argv[1:]))
"""

WATCHES = """
import os, sys
from sleuth import processes
processes._libc = None
child = os.fork()
if child == 0:
    processes.watch_parent()
    print(os.getpid(), flush=True)
while True:
    sys.stdin.read(1)
"""


def test_one_in_which_nothing_can_answer_ends_and_says_so(tmp_path: Path) -> None:
    reads, writes = os.pipe()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        given = (listener.fileno(), writes)
        arguments = [f"--listen={given[0]}", f"--report={given[1]}"]
        ended = subprocess.run(
            [sys.executable, "-c", CANNOT_SERVE, *arguments],
            check=False,
            cwd=ROOT,
            env={**os.environ, "SLEUTH_DATA_DIR": str(tmp_path)},
            pass_fds=given,
            capture_output=True,
            text=True,
            timeout=60,
        )
    os.close(writes)
    assert ended.returncode == 1
    assert "no thread can be started" in ended.stderr
    assert ended.stderr.splitlines()[-1] == f"Sleuth cannot start: {web.NOT_READY}"
    with os.fdopen(reads) as report:
        assert report.read() == "", "nobody is told that pages are answered"


def test_what_serves_ends_with_the_process_that_looks_after_it_wherever_it_runs() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WATCHES],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert is_alive(child)
        parent.send_signal(signal.SIGKILL)
        wait_until(lambda: not is_alive(child))
