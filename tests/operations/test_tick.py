"""The tick: turns rows that are due into jobs."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from importlib import import_module
from types import ModuleType
from typing import Any

import pytest
from fakeredis import FakeStrictRedis
from flask import Flask

from sleuth import queue
from sleuth.queue.periodic import PERIODIC, Periodic, Tick
from tests.conftest import NOW

pytestmark = pytest.mark.usefixtures("app")

Enqueued = list[tuple[Any, ...]]


@pytest.fixture
def due(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Ids that ``finder:due`` finds."""
    ids: list[int] = [1, 2]
    finder = ModuleType("finder")
    finder.due = lambda _now: list(ids)  # type: ignore[attr-defined]
    finder.broken = lambda _now: 1 / 0  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "finder", finder)
    return ids


COLLECT = Periodic("collect", 5, "jobs.collect", "finder:due")
HOURLY = Periodic("hourly", 3600, "jobs.hourly")
BROKEN = Periodic("broken", 5, "jobs.broken", "finder:broken")


@pytest.mark.usefixtures("due")
def test_each_row_that_is_due_becomes_a_job(queued: Enqueued) -> None:
    assert Tick([COLLECT]).run(NOW) == 2
    assert queued == [("jobs.collect", 1), ("jobs.collect", 2)]


def test_nothing_due_is_no_job(due: list[int], queued: Enqueued) -> None:
    due.clear()
    assert Tick([COLLECT]).run(NOW) == 0
    assert queued == []


def test_a_job_without_ids_is_enqueued_as_often_as_the_table_says(queued: Enqueued) -> None:
    tick = Tick([HOURLY])
    for seconds in (0, 5, 3595, 3600, 3605):
        tick.run(NOW + timedelta(seconds=seconds))
    assert queued == [("jobs.hourly",)] * 2


def test_a_clock_that_is_set_back_does_not_keep_the_tick_waiting(queued: Enqueued) -> None:
    tick = Tick((Periodic("hourly", 3600, "tests.jobs.note"),))
    tick.run(NOW + timedelta(hours=5))
    tick.run(NOW)
    assert len(queued) == 2


@pytest.mark.usefixtures("due")
def test_a_row_that_cannot_be_looked_up_holds_up_no_other(
    queued: Enqueued, caplog: pytest.LogCaptureFixture
) -> None:
    tick = Tick([BROKEN, COLLECT])
    with caplog.at_level(logging.ERROR):
        assert tick.run(NOW) == 2
        tick.run(NOW + timedelta(seconds=5))
    assert [record.getMessage() for record in caplog.records] == [
        "The tick cannot tell what is due for broken."
    ] * 2
    assert caplog.text.count("ZeroDivisionError") == 1


@pytest.mark.usefixtures("due")
def test_without_a_queue_server_the_tick_tries_the_whole_row_again_next_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tried: Enqueued = []

    def refuse(name: str, *ids: int) -> bool:
        tried.append((name, *ids))
        return False

    monkeypatch.setattr(queue, "enqueue", refuse)
    tick = Tick([COLLECT, HOURLY])
    assert [tick.run(NOW), tick.run(NOW + timedelta(seconds=1))] == [0, 0]
    assert tried == [("jobs.collect", 1), ("jobs.hourly",)] * 2


@pytest.mark.usefixtures("due")
def test_two_ticks_at_once_enqueue_each_job_once(app: Flask) -> None:
    app.extensions["sleuth_redis"] = FakeStrictRedis()
    assert [Tick([COLLECT]).run(NOW), Tick([COLLECT]).run(NOW)] == [2, 2]
    assert len(queue.queue().job_ids) == 2


@pytest.mark.parametrize("row", PERIODIC, ids=lambda row: row.name)
def test_every_row_of_the_table_names_functions_that_exist(row: Periodic) -> None:
    module, _, name = row.job.rpartition(".")
    assert callable(getattr(import_module(module), name))
    if row.find:
        assert find_function(row)(NOW) == []


def find_function(row: Periodic) -> Callable[[datetime], list[int]]:
    module, _, name = row.find.partition(":")
    function: Callable[[datetime], list[int]] = getattr(import_module(module), name)
    return function


def test_names_in_the_table_are_unique() -> None:
    assert len({row.name for row in PERIODIC}) == len(PERIODIC)
