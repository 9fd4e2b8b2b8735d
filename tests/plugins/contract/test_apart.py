"""A plugin is checked in a process of its own, and whatever it does to that is told."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from plugins import example
from sleuth.testing.apart import check_apart
from sleuth.testing.checking import Outcome
from sleuth.testing.finding import CandidateError
from sleuth.testing.rules import RULES

EXAMPLE = Path(example.__file__).read_text()
GET = "    answer = tracker.http.get(\n"
Written = Callable[..., Path]


def checked(path: Path, *numbers: str, seconds: float = 40) -> list[Outcome]:
    return list(check_apart(str(path), numbers=numbers, seconds=seconds))


def test_it_keeps_the_same_rules_as_in_ours() -> None:
    outcomes = list(check_apart("example"))
    assert [each.rule for each in outcomes] == list(RULES)
    assert [each.words for each in outcomes if each.state == "failed"] == []


@pytest.mark.parametrize(
    ("ending", "words"),
    [
        ("os._exit(0)", "ended the process with status 0"),
        ("os._exit(3)", "ended the process with status 3"),
        ("os.abort()", "crashed the process (SIGABRT)"),
    ],
)
def test_a_hook_that_ends_the_process_breaks_the_rule_that_was_tried(
    written: Written, ending: str, words: str
) -> None:
    path = written(EXAMPLE.replace(GET, f"    import os\n    {ending}\n{GET}"))
    loads, described, ends = checked(path, "C101", "C104", "C201")
    assert [each.state for each in (loads, described, ends)] == ["ok", "ok", "failed"]
    hook = "sleuth_validate_token"
    assert ends.words == f"The plugin, or its sandbox, {words} while this was tried, in {hook}."


def test_a_plugin_that_uses_up_three_processes_is_not_tried_on(written: Written) -> None:
    path = written(EXAMPLE.replace(GET, f"    __import__('os')._exit(0)\n{GET}"))
    *ends, rest = checked(path, "C201", "C202", "C203", "C301")
    assert [each.state for each in ends] == ["failed"] * 3
    assert (rest.state, rest.words) == (
        "not checked",
        "because 3 processes were used up: C201, C202 and C203 say why",
    )


def test_after_a_hook_that_hangs_the_others_are_tried_in_a_new_process(written: Written) -> None:
    asking = '        account = _get(tracker, "/me")\n'
    hang = "        __import__('re').match('(a*)*b', 'a' * 40)\n"
    path = written(EXAMPLE.replace(asking, hang + asking))
    token, projects = checked(path, "C201", "C401", seconds=8)
    assert (
        "did not come to an end within 8 seconds while this was tried, in sleuth_validate_token."
        in token.words
    )
    assert (projects.rule.number, projects.state) == ("C401", "ok")


def test_a_plugin_that_ends_the_process_when_imported_is_refused(written: Written) -> None:
    with pytest.raises(CandidateError, match="cannot be imported: it ended the process"):
        checked(written("import os\nos._exit(0)\n"))


def test_a_plugin_that_ends_the_process_when_described_breaks_the_first_rule(
    written: Written,
) -> None:
    path = written(
        EXAMPLE.replace(
            "    return TrackerInfo(", "    __import__('os')._exit(0)\n    return TrackerInfo("
        )
    )
    first, second = checked(path, "C101", "C301")
    assert first.state == "failed"
    assert "ended the process with status 0 while it was loaded" in first.words
    assert second.state == "not checked"


def test_a_process_that_hangs_altogether_is_ended(written: Written) -> None:
    hang = "    __import__('re').match('(a*)*b', 'a' * 40)\n"  # holds the interpreter's lock
    begun = time.monotonic()
    (outcome,) = checked(written(EXAMPLE.replace(GET, hang + GET)), "C201", seconds=8)
    assert outcome.state == "failed"
    assert (
        "did not come to an end within 8 seconds while this was tried, in sleuth_validate_token."
        in outcome.words
    )
    assert time.monotonic() - begun < 40


@pytest.mark.parametrize(
    "printing",
    [
        "print(told)",
        "import sys; sys.stdout.buffer.write(told.encode())",
        "import sys; sys.__stderr__.write(told)",
        "import os; os.write(1, told.encode())",
        "import os; os.write(2, told.encode())",
        "import subprocess; subprocess.run(['echo', told])",
        "import subprocess, sys; subprocess.run(['echo', told], stdout=sys.stderr)",
        "import threading; t = threading.Thread(target=print, args=(told,)); t.start(); t.join()",
    ],
)
def test_a_secret_is_noticed_on_whatever_way_it_is_printed(written: Written, printing: str) -> None:
    body = f"    told = str(tracker.credentials)\n    {printing}\n"
    (outcome,) = checked(written(EXAMPLE.replace(GET, body + GET)), "C206")
    assert outcome.state == "failed"
    assert "what it printed or logged tells a secret: " in outcome.words
    assert "{'token': '[the secret]'}" in outcome.words


def test_what_a_sandbox_prints_from_its_threads_is_not_held_against_the_plugin(
    written: Written,
) -> None:
    loud = """
import threading
from plugins.example.sandbox import SANDBOX, ExampleServer
answer = ExampleServer.answer

def aloud(self, path, query, authorization):
    thread = threading.Thread(target=print, args=(authorization,))
    thread.start()
    thread.join()
    return answer(self, path, query, authorization)

ExampleServer.answer = aloud
"""
    (outcome,) = checked(written(sandbox=loud), "C206")
    assert outcome.state == "ok"


def test_two_settings_that_end_alike_are_told_apart(written: Written) -> None:
    path = written(
        EXAMPLE.replace(
            "        settings=(",
            "        settings=(__import__('sleuth.plugin_api').plugin_api.PluginSetting("
            "'api_url', '', 'Where nothing is.'),",
        ).replace(GET, "    assert not tracker.settings['api_url']\n" + GET)
    )
    (outcome,) = checked(path, "C201")
    assert outcome.words == ""
