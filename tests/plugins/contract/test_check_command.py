"""``./run sleuth plugin check``, as an author reads it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from plugins import example
from sleuth.cli import main

EXAMPLE = Path(example.__file__).read_text()
Written = Callable[..., Path]


def check(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["plugin", "check", *arguments])


def test_a_plugin_that_keeps_every_rule_is_told_so() -> None:
    result = check("example")
    assert result.exit_code == 0
    assert "C301  ok           401 is a permanent error about the credentials" in result.output
    assert "C904  not checked" in result.output
    assert "because the plugin does not implement sleuth_list_deploys" in result.output
    assert "0 failed" in result.output.splitlines()[-1]


def test_a_rule_that_fails_says_what_was_asked_what_came_and_what_was_expected(
    written: Written,
) -> None:
    path = written(EXAMPLE.replace("    429", "    428").replace("== 429", "== 428"))
    result = check(str(path), "--rule", "C304")
    assert result.exit_code == 1
    assert "C304  FAILED" in result.output
    assert "when the tracker answers with status 429, raised TrackerError(" in result.output
    assert "Expected TrackerError(permanent=False) with the reason rate_limited." in result.output
    assert "docs/plugins/rules.md#c304" in result.output


def test_a_program_reads_the_same(written: Written) -> None:
    path = written(EXAMPLE.replace("permanent=True", "permanent=False"))
    result = check(str(path), "--rule", "c301", "--rule", "C101", "--json")
    assert result.exit_code == 1
    loads, refused = json.loads(result.output)
    assert (loads["rule"], loads["state"]) == ("C101", "ok")
    assert (refused["rule"], refused["state"]) == ("C301", "failed")
    assert refused["page"] == "docs/plugins/rules.md#c301"


def test_a_plugin_that_ends_the_process_as_if_all_were_well_fails(written: Written) -> None:
    get = "    answer = tracker.http.get(\n"
    result = check(str(written(EXAMPLE.replace(get, f"    __import__('os')._exit(0)\n{get}"))))
    assert result.exit_code == 1
    assert "ended the process with status 0 while this was tried." in result.output
    assert "1 failed, " in result.output.splitlines()[-1]


def test_a_rule_is_explained() -> None:
    result = check("--explain", "c606")
    assert result.exit_code == 0
    assert "The newest bucket still grows." in result.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere"], "There is no plugin nowhere"),
        (["example", "--rule", "C9"], "There is no rule C9"),
        (["--explain", "C9"], "There is no rule C9"),
        ([], "Name a plugin, or the path of its file or folder."),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(arguments: list[str], words: str) -> None:
    result = check(*arguments)
    assert result.exit_code != 0
    assert words in result.output


def test_a_sandbox_that_cannot_be_served_is_said_in_a_sentence(written: Written) -> None:
    broken = (
        "from dataclasses import replace\nfrom plugins.example.sandbox import SANDBOX\n"
        "SANDBOX = replace(SANDBOX, serve=lambda clock: 1 / 0)"
    )
    result = check(str(written(sandbox=broken)))
    assert result.exit_code == 1
    assert "Error: The sandbox of mine cannot be served: ZeroDivisionError" in result.output


def test_a_plugin_of_the_operators_folder_is_found_by_name(
    written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLEUTH_PLUGINS_DIR", str(written().parent))
    assert check("mine", "--rule", "C101").exit_code == 0
