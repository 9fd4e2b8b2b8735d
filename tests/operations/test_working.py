"""What is loaded before jobs run."""

from __future__ import annotations

from sleuth import queue
from sleuth.queue.periodic import PERIODIC
from sleuth.serve import working


def test_no_job_but_the_demos_has_to_load_its_module() -> None:
    names = {each.job for each in PERIODIC} | set(queue.ELSEWHERE)
    needed = {name.rpartition(".")[0] for name in names} - {"sleuth.demo.jobs"}
    assert needed == set(working.JOBS)
