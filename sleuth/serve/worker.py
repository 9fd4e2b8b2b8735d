"""The process that runs jobs: ``python -m sleuth.serve.worker [ROLE]``, as often as needed."""

from __future__ import annotations

import sys

from sleuth.serve import logs
from sleuth.serve.crew import look_after
from sleuth.serve.working import ROLES, load_app, run_jobs

AT_ONCE = 2
"""So many workers run what somebody may wait for, so that nobody waits behind a job that hangs."""


def main(role: str = "all") -> int:
    """Run jobs until told to stop.

    Args:
        role: ``worker`` for what somebody may wait for, ``collector`` for collecting
            counts, ``all`` for both.
    """
    logs.configure("worker" if role == "all" else role)
    if role not in ROLES:
        logs.give_up(f"A worker can be one of {', '.join(ROLES)}, not {role}.")
        return 2
    if role == "worker":
        return look_after([role] * AT_ONCE)
    return run_jobs(load_app(), role)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
