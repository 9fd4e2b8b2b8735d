"""A plugin that misbehaves on request harms nobody: while it loads, and in a hook."""

from __future__ import annotations

import logging
import os
import re
import shutil
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sleuth import clock
from sleuth.plugin_api import ImpactConfig, TrackerError
from sleuth.trackers import (
    PluginBug,
    Registry,
    Tracker,
    believe,
    blame,
    describe,
    hang_of,
    load,
    notes,
)
from sleuth.trackers.bars import Bars

MISBEHAVING = Path(__file__).parent.parent / "dummies" / "misbehaving.py"
TOKEN = "s3cret/token+0123456789"
NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
CONFIG = ImpactConfig("", "1", None)
Load = Callable[..., Registry]


@pytest.fixture
def load_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    """Load the bundled plugins and the one that misbehaves as requested."""
    shutil.copy(MISBEHAVING, tmp_path)

    def load_asking_for(request: str, **settings: Any) -> Registry:
        monkeypatch.setenv("SLEUTH_MISBEHAVE", request)
        return load({"SLEUTH_PLUGINS_DIR": str(tmp_path), **settings})

    return load_asking_for


@pytest.fixture
def tracker(load_it: Load) -> Tracker:
    return load_it("").trackers["misbehaving"]


def validate(tracker: Tracker, mode: str) -> Any:
    return tracker.validate_token({"token": TOKEN, "mode": mode}, NOW)


# While it loads


@pytest.mark.parametrize(
    ("request_", "sentence"),
    [
        ("raises", "It raised RuntimeError: boom"),
        ("exits", "It raised SystemExit: 3 ("),
        (
            "raises on registration",
            "It raised RuntimeError: no registration (misbehaving.py, line ",
        ),
        ("raises in a hook", "It raised RuntimeError: no info (misbehaving.py, line "),
        ("answers a number", "It breaks the plugin contract: TrackerInfo is int, not TrackerInfo."),
        ("answers 200 MB", "It breaks the plugin contract: the answer of sleuth_tracker_info has"),
        ("claims a slug", "Another plugin already has the slug sentry: sentry (bundled)."),
        ("is from the future", "It was written for version 99 of the plugin API; this Sleuth"),
        ("misspells a hook", "It has a hook that this Sleuth does not know, sleuth_list_project."),
        ("forgets hookimpl", "It does not implement sleuth_list_projects. Is @hookimpl missing?"),
    ],
)
def test_whatever_goes_wrong_while_it_loads_is_said_and_others_are_there(
    load_it: Load, request_: str, sentence: str
) -> None:
    registry = load_it(request_)
    (failure,) = registry.failures
    assert failure.error.startswith(sentence)
    assert "sentry" in registry.trackers
    assert "misbehaving" not in registry.trackers


def test_what_it_prints_while_it_loads_is_in_the_log_without_the_keys(
    load_it: Load, monkeypatch: pytest.MonkeyPatch, caplog: Any, capsys: Any
) -> None:
    key = "the-key-that-signs-everything"
    monkeypatch.setenv("SLEUTH_SECRET_KEY", key)
    with caplog.at_level(logging.INFO):
        load_it("prints secrets", SLEUTH_SECRET_KEY=key)
    assert "Plugin misbehaving printed: printed" in caplog.text
    assert key not in caplog.text + "".join(capsys.readouterr())


def test_no_text_of_its_info_keeps_what_a_terminal_obeys(load_it: Load) -> None:
    registry = load_it("answers escapes")
    said = repr((registry.trackers["misbehaving"].info, registry.trackers["misbehaving"].fields))
    assert "alert(1)" in said
    assert "\\x1b" not in said
    assert "\\x07" not in said


def test_no_error_keeps_what_a_terminal_obeys(load_it: Load, caplog: Any) -> None:
    (row,) = [each for each in describe(load_it("raises")) if each["state"] == "failed"]
    assert "\x1b" not in row["detail"]
    assert "\x1b" not in caplog.text


# In a hook


@pytest.mark.parametrize("mode", ["raises", "interrupts", "exits", "takes all memory"])
def test_whatever_a_hook_raises_is_a_bug_of_the_plugin(tracker: Tracker, mode: str) -> None:
    with pytest.raises(PluginBug, match="The Misbehaving plugin failed in sleuth_"):
        validate(tracker, mode)


def test_a_bug_is_told_by_hook_type_and_line_and_not_by_its_message(tracker: Tracker) -> None:
    with pytest.raises(PluginBug) as caught:
        validate(tracker, "raises")
    assert re.fullmatch(
        r"The Misbehaving plugin failed in sleuth_validate_token: RuntimeError "
        r"\(misbehaving\.py, line \d+\)\. This is a fault of the plugin, not of your settings; "
        r"the log of the server has the details\.",
        caught.value.message,
    )


@pytest.mark.parametrize(
    "mode",
    [
        "raises what cannot be read",
        "raises what exits when read",
        "raises a hollow TrackerError",
        "raises a TrackerError that exits",
        "raises StopIteration",
        "raises GeneratorExit",
        "raises BaseException",
        "is cancelled",
    ],
)
def test_an_error_that_nobody_expects_is_a_bug_with_nothing_attached(
    tracker: Tracker, caplog: Any, mode: str
) -> None:
    with pytest.raises(PluginBug, match="plugin failed in sleuth_validate_token: ") as caught:
        validate(tracker, mode)
    chain = "".join(traceback.format_exception(caught.value))
    assert "401 for" not in chain
    assert "in sleuth_validate_token" in caplog.text
    assert TOKEN not in caplog.text


def test_nobody_is_made_to_wait_longer_than_a_day(tracker: Tracker) -> None:
    with pytest.raises(TrackerError, match="Later") as caught:
        validate(tracker, "waits for ever")
    assert caught.value.retry_after == 86_400
    assert "401 for" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    ("mode", "fault"),
    [
        ("answers a number", "TokenCheck is int"),
        ("answers lazily", "TokenCheck is generator"),
        ("answers 200 MB", "the answer of sleuth_validate_token has more than 500000 items"),
        ("answers a long text", "the answer of sleuth_validate_token has more text"),
    ],
)
def test_an_answer_that_cannot_be_used_is_refused_at_once(
    tracker: Tracker, mode: str, fault: str
) -> None:
    began_at = time.process_time()
    with pytest.raises(PluginBug, match=fault):
        validate(tracker, mode)
    assert time.process_time() - began_at < 2


def test_a_list_that_raises_while_it_is_read_is_refused(tracker: Tracker) -> None:
    with pytest.raises(PluginBug, match="projects is generator, not list"):
        tracker.list_projects({"token": TOKEN, "mode": "answers lazily"}, NOW)


def test_more_points_than_anybody_asks_for_are_refused_unread(tracker: Tracker) -> None:
    credentials = {"token": TOKEN, "mode": "counts for ever"}
    with pytest.raises(PluginBug, match="more than 200000 points"):
        tracker.collect_counts(credentials, CONFIG, NOW, NOW + timedelta(minutes=5), NOW)


def test_what_it_prints_logs_and_warns_is_in_the_log_without_the_token(
    tracker: Tracker, caplog: Any, capsys: Any
) -> None:
    with caplog.at_level(logging.INFO), pytest.warns(UserWarning, match="warned"):
        assert validate(tracker, "tells the token").ok
    for words in ("printed [hidden]", "complained [hidden]", "logged [hidden]"):
        assert words in caplog.text
    assert TOKEN not in caplog.text + "".join(capsys.readouterr())


def test_what_its_threads_print_and_log_and_what_it_writes_as_bytes_has_no_token(
    tracker: Tracker, caplog: Any, capsys: Any
) -> None:
    with caplog.at_level(logging.INFO), pytest.warns(UserWarning, match="warned"):
        assert validate(tracker, "tells the token in a thread").ok
    said = caplog.text + "".join(capsys.readouterr())
    for words in ("printed [hidden]", "complained [hidden]", "logged [hidden]", "as bytes [hid"):
        assert words in said
    assert TOKEN not in said


def _validate_and_wait(tracker: Tracker) -> None:
    assert validate(tracker, "tells the token later").ok
    for thread in threading.enumerate():
        if thread.name == "afterwards":
            thread.join()


def test_nor_has_what_a_thread_says_that_it_left_behind(
    tracker: Tracker, caplog: Any, capsys: Any
) -> None:
    caplog.set_level(logging.INFO)
    with pytest.warns(UserWarning, match="warned"):
        _validate_and_wait(tracker)
    said = caplog.text + "".join(capsys.readouterr())
    assert "printed [hidden]" in said
    assert "logged [hidden]" in said
    assert TOKEN not in said


def test_afterwards_everybody_prints_as_before(tracker: Tracker, capsys: Any) -> None:
    validate(tracker, "")
    sys.stdout.write("mine\n")
    assert capsys.readouterr().out == "mine\n"


@pytest.mark.parametrize("mode", ["answers escapes", "labels with escapes"])
def test_no_answer_keeps_what_a_terminal_obeys(tracker: Tracker, mode: str) -> None:
    ask = tracker.list_projects if mode.startswith("labels") else tracker.validate_token
    said = repr(ask({"token": TOKEN, "mode": mode}, NOW))
    assert "<script>" in said
    assert "\\x1b" not in said


def test_a_key_that_cannot_be_handed_back_as_it_is_is_refused(tracker: Tracker) -> None:
    with pytest.raises(PluginBug, match=r"RemoteProject\.key has control characters"):
        tracker.list_projects({"token": TOKEN, "mode": "has escapes in a key"}, NOW)


# When it has ended the process


@pytest.fixture
def noting() -> Iterator[None]:
    notes.share()
    yield
    notes.close()


@pytest.mark.usefixtures("noting")
class TestBlame:
    @pytest.mark.parametrize(
        ("status", "is_overdue", "words"),
        [
            (3 << 8, False, "ended the worker's process (exit status 3) in sleuth_list_projects"),
            (0, False, "ended the worker's process (exit status 0)"),
            (signal.SIGSEGV, False, "crashed the worker's process (SIGSEGV)"),
            (signal.SIGKILL, True, "did not heed the time limit of a job"),
        ],
    )
    def test_what_it_did_is_said_instead_of_asking_again(
        self, load_it: Load, status: int, is_overdue: bool, words: str
    ) -> None:
        registry = load_it("")
        with notes.asking("misbehaving", "sleuth_list_projects"):
            blame(registry, status, is_overdue=is_overdue)
        with pytest.raises(PluginBug) as caught:
            registry.trackers["misbehaving"].list_projects({"token": TOKEN}, NOW)
        assert words in caught.value.message
        assert caught.value.message.startswith("Not asked until ")

    def test_its_other_hooks_are_called_as_ever(self, load_it: Load) -> None:
        registry = load_it("")
        with notes.asking("misbehaving", "sleuth_list_projects"):
            blame(registry, 3 << 8, is_overdue=False)
        assert validate(registry.trackers["misbehaving"], "").ok

    def test_nobody_is_blamed_for_a_kill_from_outside(self, load_it: Load) -> None:
        with notes.asking("misbehaving", "sleuth_list_projects"):
            assert blame(load_it(""), signal.SIGKILL, is_overdue=False) == []

    def test_a_second_kill_in_the_same_hook_is_taken_for_want_of_memory(
        self, load_it: Load
    ) -> None:
        registry, asked = load_it(""), ("misbehaving", "sleuth_list_projects")
        with notes.asking(*asked):
            blame(registry, signal.SIGKILL, is_overdue=False)
            assert blame(registry, signal.SIGKILL, is_overdue=False) == [asked]
        with pytest.raises(PluginBug) as caught:
            registry.trackers["misbehaving"].list_projects({"token": TOKEN}, NOW)
        assert "killed from outside, twice within an hour, in sleuth_list_projects" in str(
            caught.value
        )
        assert "more memory than this server has" in str(caught.value)

    def test_nobody_is_blamed_when_nobody_was_asked(self, load_it: Load) -> None:
        assert blame(load_it(""), 1 << 8, is_overdue=False) == []

    def test_a_bundled_plugin_that_was_asked_meanwhile_is_believed(self, load_it: Load) -> None:
        asked = ("misbehaving", "sleuth_list_projects")
        with notes.asking(*asked), notes.asking("sentry", "sleuth_collect_counts"):
            assert blame(load_it(""), 3 << 8, is_overdue=False) == [asked]

    def test_a_hook_hangs_that_is_in_no_request_and_its_parent_hears_of_it(
        self, load_it: Load
    ) -> None:
        registry, go_on = load_it(""), threading.Event()
        tracker = registry.trackers["misbehaving"]

        def ask() -> None:
            with notes.asking("misbehaving", "sleuth_list_projects"):
                go_on.wait()

        thread = threading.Thread(target=ask)
        thread.start()
        error = hang_of(tracker, thread)
        go_on.set()
        thread.join()
        notes.close()
        assert "hung in sleuth_list_projects, outside of any request." in str(error)
        believe(registry)
        assert "hung in sleuth_list_projects" in tracker.bars.sentence("sleuth_list_projects")

    def test_a_thread_that_asks_nobody_does_not_hang(self, tracker: Tracker) -> None:
        assert hang_of(tracker, threading.current_thread()) is None

    def test_a_parent_reads_what_its_child_was_in(self) -> None:
        pid = os.fork()
        if pid == 0:
            with notes.asking("misbehaving", "sleuth_list_projects"):
                os._exit(5)
        os.waitpid(pid, 0)
        assert notes.asked() == {("misbehaving", "sleuth_list_projects")}


def test_each_time_it_is_barred_for_twice_as_long_up_to_an_hour() -> None:
    seconds = [0.0]
    bars = Bars(clock=lambda: seconds[0])
    waits = []
    for _ in range(9):
        bar = bars.put_up("hook", "It died.")
        waits.append(bar.until - bar.since)
        seconds[0] = bar.until
        assert bars.sentence("hook") == ""
    assert waits == [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]
    seconds[0] += 86_400
    assert bars.put_up("hook", "It died.").times == 1


def test_who_meets_a_bar_reads_until_when_and_because_of_what() -> None:
    seconds = [0.0]
    bars = Bars(clock=lambda: seconds[0])
    bars.put_up("hook", "It died.")
    seconds[0] = 20.0
    with clock.frozen(NOW):
        assert bars.sentence("hook") == (
            "Not asked until 12:00:40 UTC, because of what happened at 11:59:40 UTC: It died."
        )


def test_kills_that_are_an_hour_apart_are_nobodys_fault() -> None:
    seconds = [0.0]
    bars = Bars(clock=lambda: seconds[0])
    assert not bars.was_killed("hook")
    seconds[0] = 3600.0
    assert not bars.was_killed("hook")
    seconds[0] += 3599.0
    assert bars.was_killed("hook")


# What the operator can have logged


class TestTrace:
    @pytest.fixture
    def traced(self, tracker: Tracker) -> Tracker:
        tracker.surroundings = replace(tracker.surroundings, is_traced=True)
        return tracker

    def test_a_call_is_logged_with_what_for_and_what_came_of_it(
        self, traced: Tracker, caplog: Any
    ) -> None:
        caplog.set_level(logging.INFO)
        traced.collect_counts({"token": TOKEN}, CONFIG, NOW, NOW + timedelta(minutes=5), NOW)
        (line,) = [each for each in caplog.messages if each.startswith("Hook ")]
        assert line.startswith(
            "Hook sleuth_collect_counts of misbehaving(config=/1 in all, "
            "since=2026-03-04T12:00:00Z, until=2026-03-04T12:05:00Z) took "
        )
        assert line.endswith("ms: CountSeries with 1 points until 2026-03-04T12:05:00Z")

    def test_a_bug_is_logged_without_the_token(self, traced: Tracker, caplog: Any) -> None:
        caplog.set_level(logging.INFO)
        with pytest.raises(TrackerError):
            validate(traced, "raises")
        (line,) = [each for each in caplog.messages if each.startswith("Hook ")]
        assert line.endswith("ms: a bug, RuntimeError: boom [hidden]")

    def test_loading_is_logged_too(self, load_it: Load, caplog: Any) -> None:
        caplog.set_level(logging.INFO)
        load_it("", SLEUTH_TRACE_PLUGINS=True)
        assert "Hook sleuth_tracker_info of misbehaving() took" in caplog.text

    def test_nothing_is_logged_unless_the_operator_asks(
        self, tracker: Tracker, caplog: Any
    ) -> None:
        caplog.set_level(logging.INFO)
        validate(tracker, "")
        assert caplog.messages == []
