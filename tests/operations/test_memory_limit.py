"""How much memory a job may have: beside what is there, whatever machine it runs on."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from sleuth.config import ROOT

THREADS_THAT_ALLOCATE = """
import threading
from sleuth.processes import limit_memory, share_arenas
share_arenas()
limit_memory(2**30)
go = threading.Event()
def work():
    kept = [bytearray(1000) for _ in range(1000)]
    go.wait()
threads = [threading.Thread(target=work, daemon=True) for _ in range(44)]
for each in threads:
    each.start()
go.set()
print("started", len(threads))
"""

MAPPED_BEFORE = """
import mmap
from sleuth.processes import limit_memory
before = mmap.mmap(-1, 2**30)
limit_memory(2**29)
kept = bytearray(2**28)
try:
    bytearray(2**29)
except MemoryError:
    print("refused")
"""

RAISES_THE_LIMIT = """
import resource
from sleuth.processes import limit_memory
limit_memory(2**29)
soft, hard = resource.getrlimit(resource.RLIMIT_AS)
print("same", soft == hard != resource.RLIM_INFINITY)
"""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits are Linux's")


@pytest.mark.parametrize(
    ("script", "said"),
    [
        pytest.param(THREADS_THAT_ALLOCATE, "started 44", id="threads share what they reserve"),
        pytest.param(MAPPED_BEFORE, "refused", id="what was mapped before does not count"),
        pytest.param(RAISES_THE_LIMIT, "same True", id="it cannot be raised again"),
    ],
)
def test_a_job_has_so_much_memory_and_no_more(script: str, said: str) -> None:
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "MALLOC_ARENA_MAX": "128"}
    ended = subprocess.run(
        [sys.executable, "-c", script], check=False, env=environ, capture_output=True, text=True
    )
    assert ended.stdout.strip() == said, ended.stderr
