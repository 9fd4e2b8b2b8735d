"""How many browsers may stay connected, whatever the system allows a process to open."""

from __future__ import annotations

import subprocess
import sys

from sleuth.config import ROOT

ALLOWED = """
import resource
from sleuth.serve.web import allow_connections
for now, most in ((4096, 4096), (256, 4096), (256, 1024)):
    resource.setrlimit(resource.RLIMIT_NOFILE, (now, most))
    print(allow_connections(), resource.getrlimit(resource.RLIMIT_NOFILE)[0])
"""


def test_connections_leave_descriptors_for_the_database() -> None:
    told = subprocess.run(
        [sys.executable, "-c", ALLOWED], check=True, cwd=ROOT, stdout=subprocess.PIPE, text=True
    ).stdout
    assert told.splitlines() == ["1000 4096", "1000 1150", "874 1024"]
